//! Drivers to be found by the program: PoCL, broken ones, and Debian's XRT.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::support::{folder, skip};

/// Makes an ICD file that names a library.
pub(crate) fn register(vendors: &Path, name: &str, library: &str) {
    fs::write(vendors.join(name).with_extension("icd"), library).unwrap();
}

/// A folder of drivers with PoCL alone, if that and the device host are there.
pub(crate) fn pocl() -> Option<TempDir> {
    let host = Path::new(env!("CARGO_BIN_EXE_fafnir")).with_file_name("fafnir-device-host");
    let icd = fs::read_to_string("/etc/OpenCL/vendors/pocl.icd");
    let (true, Ok(icd)) = (host.is_file(), icd) else {
        skip("no PoCL, or no fafnir-device-host beside fafnir: build the workspace");
        return None;
    };
    let vendors = folder();
    register(vendors.path(), "pocl", &icd);
    Some(vendors)
}

/// Builds a driver that does `fault` when asked for its platforms.
pub(crate) fn broken(vendors: &Path, name: &str, fault: &str) -> PathBuf {
    let source = vendors.join(name).with_extension("c");
    let library = vendors.join(format!("lib{name}.so"));
    let code = format!(
        "#include <stdlib.h>
         #include <unistd.h>
         int clIcdGetPlatformIDsKHR(unsigned n, void **p, unsigned *c) {{ {fault}; return -1001; }}
         int clGetPlatformInfo(void) {{ return -30; }}
         void *clGetExtensionFunctionAddress(const char *name) {{
             return name[2] == 'I' ? (void *)clIcdGetPlatformIDsKHR : 0;
         }}"
    );
    fs::write(&source, code).unwrap();
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-w", "-o"])
        .args([&library, &source])
        .status();
    assert!(compiled.unwrap().success());
    register(vendors, name, library.to_str().unwrap());
    library
}

/// The library of Debian's XRT, if it is installed.
pub(crate) fn xrt() -> Option<&'static str> {
    const LIBRARY: &str = "libxilinxopencl.so.2";
    let folders = [
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/usr/lib",
    ];
    let mut libraries = folders.iter().map(|folder| Path::new(folder).join(LIBRARY));
    if libraries.any(|library| library.exists()) {
        return Some(LIBRARY);
    }
    skip("no XRT: Debian's package is libxrt1");
    None
}
