//! A host process and the socket to it.

use std::{
    fs,
    io::{self, Read, Write},
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::Path,
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::{DeviceError, Frame, FrameError, Kind};

/// How long an ended process may take to be gone; one that a driver holds in the kernel never is.
const GRACE: Duration = Duration::from_secs(1);

/// How much of a host's standard error is kept, in bytes.
const KEPT: usize = 2048;

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
    child: Option<Child>,
    stderr: Receiver<String>,
    /// Holds the one ICD file that the process sees.
    _drivers: TempDir,
}

/// The socket until a deadline.
struct Timed<'a> {
    socket: &'a UnixStream,
    deadline: Instant,
}

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
        let drivers = TempDir::new().map_err(no_start)?;
        fs::write(drivers.path().join("driver.icd"), driver).map_err(no_start)?;
        let (socket, childs) = UnixStream::pair().map_err(no_start)?;
        // Drivers talk on standard output.
        let mut child = Command::new(program)
            .args(arguments)
            .env("OCL_ICD_VENDORS", drivers.path())
            .envs(PRIVATE.map(|name| (name, drivers.path())))
            .env_remove("OCL_ICD_FILENAMES")
            .stdin(OwnedFd::from(childs))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(no_start)?;
        let stderr = keep_last(child.stderr.take());
        Ok(Self {
            socket,
            child: Some(child),
            stderr,
            _drivers: drivers,
        })
    }

    /// Returns the process's id.
    pub(super) fn id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Sends a frame, if there is one to send, and returns the answer. An error that leaves the host in
    /// an unknown state ends it.
    pub(super) fn ask(
        &mut self,
        question: Option<&Frame>,
        limit: Duration,
    ) -> Result<Frame, DeviceError> {
        if self.child.is_none() {
            return Err(DeviceError::Closed);
        }
        let mut timed = Timed {
            socket: &self.socket,
            deadline: Instant::now() + limit,
        };
        let sent = question.map_or(Ok(()), |frame| frame.write_to(&mut timed));
        // A host that died has closed its end; what it said before may still be read.
        let answer = match sent {
            Err(FrameError::Io(error)) if is_timeout(&error) => Err(FrameError::Io(error)),
            Err(error @ FrameError::TooLong { .. }) => return Err(DeviceError::Unsendable(error)),
            _ => Frame::read_from(&mut timed),
        };
        match answer {
            Ok(frame) if frame.kind == Kind::Refused => Err(DeviceError::Refused {
                message: String::from_utf8_lossy(&frame.payload).into_owned(),
            }),
            Ok(frame) => Ok(frame),
            Err(error) => {
                let (status, stderr) = self.end();
                Err(match error {
                    FrameError::Io(error) if is_timeout(&error) => {
                        DeviceError::TimedOut { limit, stderr }
                    }
                    FrameError::Closed | FrameError::Io(_) => DeviceError::Died { status, stderr },
                    error => DeviceError::WrongAnswer(error),
                })
            }
        }
    }

    /// Ends the process; returns how it ended and the last that it wrote to its standard error.
    pub(super) fn end(&mut self) -> (String, String) {
        let Some(mut child) = self.child.take() else {
            return Default::default();
        };
        // Has no effect on one that has ended.
        let _ = child.kill();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || tell.send(child.wait()));
        let status = match told.recv_timeout(GRACE) {
            Ok(Ok(status)) => ExitStatus::to_string(&status),
            _ => "it does not end".to_owned(),
        };
        let stderr = self.stderr.recv_timeout(GRACE).unwrap_or_default();
        (status, stderr)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if self.child.is_none() {
            return;
        }
        // It closes its end when it is done, and is ended if that takes too long.
        let mut timed = Timed {
            socket: &self.socket,
            deadline: Instant::now() + GRACE,
        };
        if Frame::message(Kind::Bye, []).write_to(&mut timed).is_ok() {
            let _ = Frame::read_from(&mut timed);
        }
        self.end();
    }
}

impl Timed<'_> {
    fn left(&self) -> io::Result<Option<Duration>> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(Some(left))
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(self.left()?)?;
        self.socket.read(buffer)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(self.left()?)?;
        self.socket.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn is_timeout(error: &io::Error) -> bool {
    // A socket's own limit shows as the former.
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}

/// Reads a stream to its end, so that its writer never waits, and then tells the last of it.
fn keep_last(stream: Option<ChildStderr>) -> Receiver<String> {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let mut last = Vec::new();
        let mut buffer = [0; KEPT];
        let mut stream = stream;
        while let Some(Ok(read @ 1..)) = stream.as_mut().map(|stream| stream.read(&mut buffer)) {
            last.extend_from_slice(&buffer[..read]);
            last.drain(..last.len().saturating_sub(KEPT));
        }
        tell.send(String::from_utf8_lossy(&last).into_owned())
    });
    told
}
