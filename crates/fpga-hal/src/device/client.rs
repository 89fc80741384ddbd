use std::{path::Path, time::Duration};

use super::{DeviceError, DeviceInfo, Frame, FrameError, Kind, PROTOCOL, host::Host};
use crate::{extend, hal::Backend, pairhmm};

/// An open device.
///
/// After [`DeviceError::TimedOut`], [`DeviceError::Died`], [`DeviceError::WrongAnswer`] or
/// [`DeviceError::OutOfTurn`] its process is gone, and every later call is
/// [`DeviceError::Closed`]. Dropping it ends the process.
#[derive(Debug)]
pub struct Device {
    host: Host,
    info: DeviceInfo,
}

impl Device {
    /// Starts the program `host` on device `index` of the driver that the file `icd` names, and waits
    /// until its kernels are built.
    ///
    /// # Errors
    ///
    /// All of [`DeviceError`] but those of a batch; [`DeviceError::Died`] where no OpenCL loader is
    /// installed.
    pub fn open(
        host: &Path,
        icd: &Path,
        index: usize,
        limit: Duration,
    ) -> Result<Self, DeviceError> {
        let mut host = Host::start(host, &["serve", &index.to_string()], icd)?;
        let hello = host.ask(None, limit)?;
        let info = read_json(&mut host, &hello, Kind::Hello)?;
        Ok(Self { host, info })
    }

    /// Returns what the device says of itself.
    pub fn info(&self) -> &DeviceInfo {
        &self.info
    }

    /// Returns the id of its process, unless that is gone.
    pub fn process_id(&self) -> Option<u32> {
        self.host.id()
    }

    /// Extends every job of `batch` as [`Hal::extend`](crate::Hal::extend) does. On an error `out` is
    /// empty.
    ///
    /// Jobs that the device leaves to the processor are computed here, by the scalar code.
    ///
    /// # Errors
    ///
    /// [`DeviceError`], within `limit` and the time to encode the batch and check its results.
    pub fn extend(
        &mut self,
        batch: &extend::Batch,
        out: &mut extend::Results,
        limit: Duration,
    ) -> Result<(), DeviceError> {
        out.reset(0);
        self.require("extend", extend::CONTRACT)?;
        let jobs = 0..batch.len();
        let question =
            extend::wire::encode(batch, jobs.clone()).map_err(DeviceError::Unsendable)?;
        let answer = self.ask(&question, limit)?;
        out.reset(batch.len());
        let decoded = extend::wire::decode_results(batch, jobs, &answer, out);
        let left = self.close_if_wrong(decoded).inspect_err(|_| out.reset(0))?;
        extend::run(Backend::Scalar, batch, left.into_iter(), out);
        Ok(())
    }

    /// Computes every pair of `batch` as [`Hal::pairhmm`](crate::Hal::pairhmm) does. On an error `out`
    /// is empty.
    ///
    /// # Errors
    ///
    /// [`DeviceError`], within `limit` and the time to encode the batch and check its results.
    pub fn pairhmm(
        &mut self,
        batch: &pairhmm::Batch,
        out: &mut Vec<f64>,
        limit: Duration,
    ) -> Result<(), DeviceError> {
        out.clear();
        self.require("pairhmm", pairhmm::CONTRACT)?;
        let pairs = 0..batch.len();
        let question =
            pairhmm::wire::encode(batch, pairs.clone()).map_err(DeviceError::Unsendable)?;
        let answer = self.ask(&question, limit)?;
        let mut sums = vec![0.0; batch.len()];
        let decoded = pairhmm::wire::decode_results(batch, pairs, &answer, &mut sums);
        self.close_if_wrong(decoded)?;
        pairhmm::finish(batch, &sums, out);
        Ok(())
    }

    fn require(&self, kernel: &'static str, contract: u16) -> Result<(), DeviceError> {
        if self.info.offers(kernel, contract) {
            Ok(())
        } else {
            Err(DeviceError::NoKernel { kernel, contract })
        }
    }

    fn ask(&mut self, question: &Frame, limit: Duration) -> Result<Frame, DeviceError> {
        let answer = self.host.ask(Some(question), limit)?;
        expect(&mut self.host, &answer, Kind::Results)?;
        Ok(answer)
    }

    fn close_if_wrong<T>(&mut self, decoded: Result<T, FrameError>) -> Result<T, DeviceError> {
        decoded.map_err(|error| {
            self.host.end();
            DeviceError::WrongAnswer(error)
        })
    }
}

/// Reads the JSON of a frame that must be of `kind`; ends the host if it is not.
pub(super) fn read_json<T: serde::de::DeserializeOwned>(
    host: &mut Host,
    frame: &Frame,
    kind: Kind,
) -> Result<T, DeviceError> {
    expect(host, frame, kind)?;
    let read = match serde_json::from_slice(&frame.payload) {
        Ok(read) if frame.contract == PROTOCOL => return Ok(read),
        Ok(_) => "it speaks another version",
        Err(_) => "it does not describe devices",
    };
    host.end();
    Err(DeviceError::WrongAnswer(FrameError::Payload { what: read }))
}

fn expect(host: &mut Host, frame: &Frame, kind: Kind) -> Result<(), DeviceError> {
    if frame.kind == kind {
        return Ok(());
    }
    host.end();
    Err(DeviceError::OutOfTurn { kind: frame.kind })
}
