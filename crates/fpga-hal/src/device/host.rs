//! A host process, the socket to it and the memory shared with it.

use std::{
    env, fs,
    io::{self, Read, Write},
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::Path,
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
    sync::{
        Mutex, MutexGuard, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::Duration,
};

use rustix::net::{SendFlags, Shutdown, send, shutdown};
use tempfile::TempDir;

use super::{DeviceError, Frame, FrameError, Kind, Memory, deadline::Deadline};

/// How long an ended process may take to be gone; one that a driver holds in the kernel never is.
pub(super) const GRACE: Duration = Duration::from_secs(1);

/// How much of a host's standard error is kept, in bytes.
const KEPT: usize = 2048;

/// The variables of the environment that a host is given, and how the names of others begin: what
/// loaders and drivers read. A driver needs no passwords.
const VARIABLES: [&str; 6] = [
    "EMCONFIG_PATH",
    "FAFNIR_DRIVER_PATHS",
    "LANG",
    "LD_LIBRARY_PATH",
    "PATH",
    "RUST_BACKTRACE",
];
const PREFIXES: [&str; 14] = [
    "AMD_", "CUDA_", "GPU_", "HIP_", "HSA_", "INTEL_", "NEO", "NVIDIA_", "OCL_", "POCL_", "ROCR_",
    "XCL_", "XILINX_", "XRT_",
];

/// What names folders that drivers write to. A host may write to its own alone, which ends with it.
const PRIVATE: [&str; 5] = [
    "CUDA_CACHE_PATH",
    "HOME",
    "POCL_CACHE_DIR",
    "TMPDIR",
    "XDG_CACHE_HOME",
];

/// A running host. Dropping it ends the process.
#[derive(Debug)]
pub(super) struct Host {
    socket: UnixStream,
    memory: Memory,
    process: Mutex<Option<Process>>,
    /// Holds the one ICD file that the process sees, and a folder of its own.
    _folder: TempDir,
}

#[derive(Debug)]
struct Process {
    child: Child,
    /// Tells the last of its standard error, once.
    stderr: Receiver<String>,
    /// Keeps the thread that started it.
    _starter: Sender<()>,
}

/// The socket until a deadline.
struct Timed<'a> {
    socket: &'a UnixStream,
    deadline: Deadline,
}

/// The socket for what must go at once.
struct AtOnce<'a>(&'a UnixStream);

impl Host {
    /// Starts `program` with `arguments`, the driver of `icd` alone in its sight.
    pub(super) fn start(
        program: &Path,
        arguments: &[&str],
        icd: &Path,
    ) -> Result<Self, DeviceError> {
        let no_icd = |source| DeviceError::Icd {
            icd: icd.to_owned(),
            source,
        };
        let no_start = |source| DeviceError::Start {
            host: program.to_owned(),
            source,
        };
        let driver = fs::read(icd).map_err(no_icd)?;
        let folder = TempDir::new().map_err(no_start)?;
        let [drivers, private] = ["drivers", "private"].map(|name| folder.path().join(name));
        fs::create_dir(&drivers).map_err(no_start)?;
        fs::create_dir(&private).map_err(no_start)?;
        fs::write(drivers.join("driver.icd"), driver).map_err(no_start)?;
        let memory = Memory::create().map_err(no_start)?;
        let (socket, childs) = UnixStream::pair().map_err(no_start)?;
        // Drivers talk on standard output.
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .envs(env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_given)))
            .env("OCL_ICD_VENDORS", drivers)
            .env_remove("OCL_ICD_FILENAMES")
            .envs(PRIVATE.map(|name| (name, &private)))
            .stdin(OwnedFd::from(childs))
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let process = Process::start(command).map_err(no_start)?;
        Ok(Self {
            socket,
            memory,
            process: Mutex::new(Some(process)),
            _folder: folder,
        })
    }

    /// Returns the process's id, unless it was ended.
    pub(super) fn id(&self) -> Option<u32> {
        self.process().as_ref().map(|process| process.child.id())
    }

    /// Sends the first frame: a program, empty to build it from source, and the memory with it.
    pub(super) fn send_program(&self, program: &[u8]) -> Result<(), DeviceError> {
        let frame = Frame::message(Kind::Program, program);
        frame.check_length().map_err(DeviceError::Unsendable)?;
        let mut bytes = Vec::new();
        // A host that is gone is found out by the one who waits for its answer.
        let _ = frame
            .write_to(0, &mut bytes, Some(&self.memory))
            .and_then(|()| Ok(self.memory.send(&self.socket, &bytes)?));
        Ok(())
    }

    /// Sends a frame without waiting for the host to take it.
    pub(super) fn send(&self, number: u32, frame: &Frame) -> Result<(), FrameError> {
        frame.write_to(number, &mut AtOnce(&self.socket), Some(&self.memory))
    }

    /// Receives a frame, however long that takes.
    pub(super) fn receive(&self) -> Result<(u32, Frame), FrameError> {
        Frame::read_from(&mut &self.socket, Some(&self.memory))
    }

    /// Receives a frame of `kind` before the deadline. An error ends the host.
    pub(super) fn expect(&self, kind: Kind, deadline: Deadline) -> Result<Frame, DeviceError> {
        let mut timed = Timed {
            socket: &self.socket,
            deadline,
        };
        let error = match Frame::read_from(&mut timed, Some(&self.memory)) {
            Ok((_, frame)) if frame.kind == kind => return Ok(frame),
            Ok((_, frame)) if frame.kind == Kind::Refused => DeviceError::Refused {
                message: String::from_utf8_lossy(&frame.payload).into_owned(),
            },
            Ok((_, Frame { kind, .. })) => DeviceError::OutOfTurn { kind },
            Err(FrameError::Io(error)) if is_timeout(&error) => {
                let (limit, (_, stderr)) = (deadline.limit, self.end());
                DeviceError::TimedOut { limit, stderr }
            }
            Err(error) => return Err(self.end_after(error)),
        };
        self.end();
        Err(error)
    }

    /// Makes both sides see the end of the connection.
    pub(super) fn hang_up(&self) {
        // Has no effect on a closed one.
        let _ = shutdown(&self.socket, Shutdown::Both);
    }

    /// Ends the process after a frame could not be received; returns what that means.
    pub(super) fn end_after(&self, error: FrameError) -> DeviceError {
        let (status, stderr) = self.end();
        match error {
            FrameError::Closed | FrameError::Io(_) => DeviceError::Died { status, stderr },
            error => DeviceError::WrongAnswer(error),
        }
    }

    /// Ends the process; returns how it ended and the last that it wrote to its standard error.
    pub(super) fn end(&self) -> (String, String) {
        let Some(process) = self.process().take() else {
            return Default::default();
        };
        self.hang_up();
        let mut child = process.child;
        // Has no effect on one that has ended.
        let _ = child.kill();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || tell.send(child.wait()));
        let status = match told.recv_timeout(GRACE) {
            Ok(Ok(status)) => ExitStatus::to_string(&status),
            _ => "it does not end".to_owned(),
        };
        let stderr = process.stderr.recv_timeout(GRACE).unwrap_or_default();
        (status, stderr)
    }

    fn process(&self) -> MutexGuard<'_, Option<Process>> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.end();
    }
}

impl Process {
    /// Starts the process in a thread that stays until its end: a host dies with the thread that
    /// started it.
    fn start(mut command: Command) -> io::Result<Self> {
        let (tell_child, child) = mpsc::channel();
        let (tell_stderr, stderr) = mpsc::channel();
        let (starter, ended) = mpsc::channel();
        thread::Builder::new()
            .name("device-host".to_owned())
            .spawn(move || {
                let mut spawned = command.spawn();
                // It holds the host's end of the socket.
                drop(command);
                let stream = spawned.as_mut().ok().and_then(|child| child.stderr.take());
                if tell_child.send(spawned).is_ok() {
                    // Nobody may want to hear it.
                    let _ = tell_stderr.send(last_of(stream));
                    let _ = ended.recv();
                }
            })?;
        let gone = |_| io::Error::other("the thread that starts it ended");
        Ok(Self {
            child: child.recv().map_err(gone)??,
            stderr,
            _starter: starter,
        })
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.deadline.left().ok_or(io::ErrorKind::TimedOut)?;
        self.socket.set_read_timeout(Some(left))?;
        let read = self.socket.read(buffer);
        self.socket.set_read_timeout(None)?;
        read
    }
}

impl Write for AtOnce<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
        Ok(send(self.0, buffer, flags)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn is_given(variable: &str) -> bool {
    let begins = |prefix: &&str| variable.starts_with(prefix);
    VARIABLES.contains(&variable) || PREFIXES.iter().any(begins)
}

fn is_timeout(error: &io::Error) -> bool {
    // A socket's own limit shows as the former.
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

/// Reads a stream to its end, so that its writer never waits, and returns the last of it.
fn last_of(mut stream: Option<ChildStderr>) -> String {
    let mut last = Vec::new();
    let mut buffer = [0; KEPT];
    while let Some(Ok(read @ 1..)) = stream.as_mut().map(|stream| stream.read(&mut buffer)) {
        last.extend_from_slice(&buffer[..read]);
        last.drain(..last.len().saturating_sub(KEPT));
    }
    String::from_utf8_lossy(&last).into_owned()
}
