use std::{io, path::PathBuf, time::Duration};

use thiserror::Error;

use super::{FrameError, Kind};

/// What can go wrong between a caller and a device.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// The host process could not be made.
    #[error("cannot start the device host {}: {source}", host.display())]
    Start {
        /// The program.
        host: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The driver's ICD file could not be handed to the host.
    #[error("cannot read the OpenCL driver's file {}: {source}", icd.display())]
    Icd {
        /// The file.
        icd: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The host ended: most likely its driver crashed, or no OpenCL loader is installed.
    #[error("the device host ended ({status}){}", said(stderr))]
    Died {
        /// How.
        status: String,
        /// The last that it wrote to its standard error.
        stderr: String,
    },
    /// The host did not answer in time and was ended.
    #[error("the device did not answer within {limit:?}{}", said(stderr))]
    TimedOut {
        /// The limit.
        limit: Duration,
        /// The last that it wrote to its standard error.
        stderr: String,
    },
    /// What the host sent is not what it must send; it was ended.
    #[error("the device host gave a wrong answer: {0}")]
    WrongAnswer(FrameError),
    /// A frame of another kind than is due, or an answer that nobody waits for; the host was ended.
    #[error("the device host answered out of turn, with {kind:?}")]
    OutOfTurn {
        /// Its kind.
        kind: Kind,
    },
    /// The device gave a wrong answer to a known question; do not use its results.
    #[error("the device fails the known-answer test of kernel {kernel}")]
    KnownAnswer {
        /// The kernel.
        kernel: &'static str,
    },
    /// The batch cannot be sent; the device stays usable.
    #[error("the batch cannot be sent: {0}")]
    Unsendable(FrameError),
    /// The device does not offer the kernel in this contract version.
    #[error("the device offers no kernel {kernel} of contract version {contract}")]
    NoKernel {
        /// The kernel.
        kernel: &'static str,
        /// The contract's version.
        contract: u16,
    },
    /// The host refused; the device stays usable, if it was open.
    #[error("the device host refused: {message}")]
    Refused {
        /// Its reason.
        message: String,
    },
    /// An error before this one closed the device.
    #[error("the device was closed by an earlier error")]
    Closed,
}

fn said(stderr: &str) -> String {
    match stderr.trim() {
        "" => String::new(),
        stderr => format!(": {stderr}"),
    }
}
