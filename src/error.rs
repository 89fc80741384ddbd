//! Errors of the program, by what a scheduler should do about them.

use std::{fmt, io, path::Path};

use fafnir_aligner::IndexError;
use fafnir_attest::{AttestError, ErrorKind, verify::VerifyError};
use fafnir_collate::CollateError;
use fafnir_fpga_hal::HalError;
use rustix::io::Errno;

/// What went wrong, as a class. Its [`code`](Class::code) is the program's exit status and an
/// interface for schedulers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Class {
    /// The command line or an option is wrong, or an output exists already.
    Usage,
    /// An input is damaged, inconsistent or not what it should be.
    Input,
    /// A signature or digest is bad or missing.
    Signature,
    /// An input is quarantined by policy.
    Quarantined,
    /// Memory, disk or a device failed: the same command may succeed elsewhere.
    Elsewhere,
    /// A defect of this program.
    Bug,
}

impl Class {
    /// The exit status.
    pub fn code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::Input => 10,
            Self::Signature => 11,
            Self::Quarantined => 12,
            Self::Elsewhere => 20,
            Self::Bug => 30,
        }
    }
}

/// An error with its class and a message that names the file and says what to do.
#[derive(Debug)]
pub struct Error {
    class: Class,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of `class` with a message of its own.
    pub fn new(class: Class, message: impl Into<String>) -> Self {
        Self {
            class,
            message: message.into(),
            source: None,
        }
    }

    /// Shorthand for [`Class::Usage`].
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Class::Usage, message)
    }

    /// Shorthand for [`Class::Input`].
    pub fn input(message: impl Into<String>) -> Self {
        Self::new(Class::Input, message)
    }

    /// An input/output error on `path`; its kind decides the class.
    pub fn io(path: &Path, action: &str, error: io::Error) -> Self {
        let class = class_of_io(&error);
        let advice = match error.kind() {
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => "; free some space or choose another directory",
            io::ErrorKind::NotFound => "; check the path",
            io::ErrorKind::PermissionDenied => "; check its permissions",
            _ => "",
        };
        Self {
            class,
            message: format!("{}: cannot {action}: {error}{advice}", path.display()),
            source: Some(error.into()),
        }
    }

    /// Wraps another crate's error. Where an [`io::Error`] in its chain of sources says that the
    /// machine failed rather than the data, that decides the class instead of `class`.
    pub fn from_source(
        class: Class,
        error: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self {
            class: class_of_chain(&error).unwrap_or(class),
            message: error.to_string(),
            source: Some(Box::new(error)),
        }
    }

    /// An output that could not be written: a reason to try elsewhere, whatever the cause.
    pub(crate) fn writing(
        path: &Path,
        error: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self {
            class: Class::Elsewhere,
            message: format!(
                "{}: {error}; nothing was published: free some space or choose another directory",
                path.display()
            ),
            source: Some(Box::new(error)),
        }
    }

    /// The class.
    pub fn class(&self) -> Class {
        self.class
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|e| &**e as _)
    }
}

impl From<AttestError> for Error {
    fn from(error: AttestError) -> Self {
        Self::from_source(class_of_proof(error.kind()), error)
    }
}

impl From<VerifyError> for Error {
    fn from(error: VerifyError) -> Self {
        Self::from_source(class_of_proof(error.kind()), error)
    }
}

impl From<IndexError> for Error {
    fn from(error: IndexError) -> Self {
        Self::from_source(Class::Input, error)
    }
}

impl From<CollateError> for Error {
    fn from(error: CollateError) -> Self {
        let class = match error {
            CollateError::UnknownReadGroup { .. } => Class::Bug,
            CollateError::OutsideReference { .. } => Class::Bug,
            CollateError::TileTooLarge { .. } => Class::Input,
            _ => Class::Elsewhere,
        };
        Self::from_source(class, error)
    }
}

impl From<HalError> for Error {
    fn from(error: HalError) -> Self {
        let class = match error {
            HalError::UnknownIsa { .. } | HalError::IsaUnavailable { .. } => Class::Usage,
            _ => Class::Elsewhere,
        };
        Self::from_source(class, error)
    }
}

fn class_of_proof(kind: ErrorKind) -> Class {
    match kind {
        ErrorKind::Usage => Class::Usage,
        ErrorKind::BadInput => Class::Input,
        ErrorKind::BadProof => Class::Signature,
        _ => Class::Elsewhere,
    }
}

/// Class of an input/output error: the machine's fault or the data's.
fn class_of_io(error: &io::Error) -> Class {
    machine_fault(error).unwrap_or(Class::Input)
}

fn machine_fault(error: &io::Error) -> Option<Class> {
    use io::ErrorKind as Kind;
    let fault = matches!(
        error.kind(),
        Kind::StorageFull
            | Kind::QuotaExceeded
            | Kind::FileTooLarge
            | Kind::OutOfMemory
            | Kind::ReadOnlyFilesystem
            | Kind::WriteZero
            | Kind::ResourceBusy
            | Kind::BrokenPipe
            | Kind::StaleNetworkFileHandle
            | Kind::TimedOut
    ) || matches!(
        Errno::from_io_error(error),
        // A failing disk, and too many open files: the standard library has no names for them.
        Some(Errno::IO | Errno::MFILE | Errno::NFILE | Errno::NOMEM)
    );
    fault.then_some(Class::Elsewhere)
}

fn class_of_chain(error: &(dyn std::error::Error + 'static)) -> Option<Class> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(class) = error.downcast_ref::<io::Error>().and_then(machine_fault) {
            return Some(class);
        }
        next = error.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_disk_is_a_reason_to_try_elsewhere_however_deep() {
        #[derive(Debug, thiserror::Error)]
        #[error("out.bam: cannot write")]
        struct Wrapped(#[source] io::Error);
        let full = Wrapped(io::ErrorKind::StorageFull.into());
        assert_eq!(
            Error::from_source(Class::Input, full).class(),
            Class::Elsewhere
        );
        let broken = Wrapped(io::ErrorKind::UnexpectedEof.into());
        assert_eq!(
            Error::from_source(Class::Input, broken).class(),
            Class::Input
        );
    }

    #[test]
    fn a_failing_machine_is_not_the_datas_fault() {
        for errno in [
            Errno::IO,
            Errno::MFILE,
            Errno::NFILE,
            Errno::STALE,
            Errno::TIMEDOUT,
            Errno::NOMEM,
        ] {
            let error = io::Error::from_raw_os_error(errno.raw_os_error());
            let error = Error::io(Path::new("a.fastq"), "read", error);
            assert_eq!(error.class(), Class::Elsewhere, "{error}");
        }
    }

    #[test]
    fn a_missing_input_is_bad_input() {
        let error = Error::io(Path::new("a.fastq"), "open", io::ErrorKind::NotFound.into());
        assert_eq!(error.class().code(), 10);
        assert!(error.to_string().starts_with("a.fastq: cannot open"));
    }
}
