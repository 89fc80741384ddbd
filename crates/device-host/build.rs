//! Makes a link stub of the OpenCL loader, so that building needs a C compiler and no OpenCL package.
//!
//! At run time the system's `libOpenCL.so.1` is loaded: the stub is named `libOpenCL.so`, which
//! nothing looks for then.

use std::{env, fs, path::PathBuf};

/// What the bindings may refer to: OpenCL 1.2 with its OpenGL sharing, and the calls of 2.0 and 2.1.
const FUNCTIONS: &str = "
clBuildProgram clCloneKernel clCompileProgram clCreateBuffer clCreateCommandQueue
clCreateCommandQueueWithProperties clCreateContext clCreateContextFromType
clCreateFromGLBuffer clCreateFromGLRenderbuffer clCreateFromGLTexture
clCreateFromGLTexture2D clCreateFromGLTexture3D clCreateImage clCreateImage2D
clCreateImage3D clCreateKernel clCreateKernelsInProgram clCreatePipe
clCreateProgramWithBinary clCreateProgramWithBuiltInKernels clCreateProgramWithIL
clCreateProgramWithSource clCreateSampler clCreateSamplerWithProperties clCreateSubBuffer
clCreateSubDevices clCreateUserEvent clEnqueueAcquireGLObjects clEnqueueBarrier
clEnqueueBarrierWithWaitList clEnqueueCopyBuffer clEnqueueCopyBufferRect
clEnqueueCopyBufferToImage clEnqueueCopyImage clEnqueueCopyImageToBuffer
clEnqueueFillBuffer clEnqueueFillImage clEnqueueMapBuffer clEnqueueMapImage
clEnqueueMarker clEnqueueMarkerWithWaitList clEnqueueMigrateMemObjects
clEnqueueNDRangeKernel clEnqueueNativeKernel clEnqueueReadBuffer clEnqueueReadBufferRect
clEnqueueReadImage clEnqueueReleaseGLObjects clEnqueueSVMFree clEnqueueSVMMap
clEnqueueSVMMemFill clEnqueueSVMMemcpy clEnqueueSVMMigrateMem clEnqueueSVMUnmap
clEnqueueTask clEnqueueUnmapMemObject clEnqueueWaitForEvents clEnqueueWriteBuffer
clEnqueueWriteBufferRect clEnqueueWriteImage clFinish clFlush clGetCommandQueueInfo
clGetContextInfo clGetDeviceAndHostTimer clGetDeviceIDs clGetDeviceInfo clGetEventInfo
clGetEventProfilingInfo clGetExtensionFunctionAddress
clGetExtensionFunctionAddressForPlatform clGetGLContextInfoKHR clGetGLObjectInfo
clGetGLTextureInfo clGetHostTimer clGetImageInfo clGetKernelArgInfo clGetKernelInfo
clGetKernelSubGroupInfo clGetKernelWorkGroupInfo clGetMemObjectInfo clGetPipeInfo
clGetPlatformIDs clGetPlatformInfo clGetProgramBuildInfo clGetProgramInfo
clGetSamplerInfo clGetSupportedImageFormats clLinkProgram clReleaseCommandQueue
clReleaseContext clReleaseDevice clReleaseEvent clReleaseKernel clReleaseMemObject
clReleaseProgram clReleaseSampler clRetainCommandQueue clRetainContext clRetainDevice
clRetainEvent clRetainKernel clRetainMemObject clRetainProgram clRetainSampler clSVMAlloc
clSVMFree clSetDefaultDeviceCommandQueue clSetEventCallback clSetKernelArg
clSetKernelArgSVMPointer clSetKernelExecInfo clSetMemObjectDestructorCallback
clSetUserEventStatus clUnloadCompiler clUnloadPlatformCompiler clWaitForEvents
";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let source = out.join("opencl_stub.c");
    let library = out.join("libOpenCL.so");
    let functions: String = FUNCTIONS
        .split_whitespace()
        .map(|name| format!("void {name}(void) {{}}\n"))
        .collect();
    fs::write(&source, functions)?;
    let status = cc::Build::new()
        .try_get_compiler()?
        .to_command()
        .args(["-shared", "-fPIC", "-Wl,-soname,libOpenCL.so.1", "-o"])
        .args([&library, &source])
        .status()?;
    if !status.success() {
        return Err(format!("the C compiler cannot make {}: {status}", library.display()).into());
    }
    println!("cargo::rustc-link-search=native={}", out.display());
    Ok(())
}
