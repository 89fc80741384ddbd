use std::{
    path::Path,
    sync::Arc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use super::{
    DeviceError, DeviceInfo, Frame, FrameError, Kind, PROTOCOL, deadline::Deadline, host::Host,
    link::Link, ticket::Ticket,
};
use crate::{backend::Backend, extend, pairhmm};

/// An open device, which any number of threads may share.
///
/// Up to [`SLOTS`](super::SLOTS) batches are under way on it: while it computes one, the next
/// travels. After [`DeviceError::TimedOut`], [`DeviceError::Died`], [`DeviceError::WrongAnswer`] or
/// [`DeviceError::OutOfTurn`] its process is gone, and every later call is [`DeviceError::Closed`].
/// Dropping it ends the process.
#[derive(Debug)]
pub struct Device {
    link: Arc<Link>,
    info: DeviceInfo,
    /// Reads answers until the process is gone.
    reader: Option<JoinHandle<()>>,
}

impl Device {
    /// Starts the program `host` on device `index` of the driver that the file `icd` names, and waits
    /// until its kernels are loaded from the program `binary`, or built from source if there is none.
    ///
    /// # Errors
    ///
    /// All of [`DeviceError`] but those of a batch; [`DeviceError::Died`] where no OpenCL loader is
    /// installed.
    pub fn open(
        host: &Path,
        icd: &Path,
        index: usize,
        binary: Option<&[u8]>,
        limit: Duration,
    ) -> Result<Self, DeviceError> {
        let deadline = Deadline::new(Instant::now(), limit);
        let program = host;
        let host = Host::start(program, &["serve", &index.to_string()], icd)?;
        host.send_program(binary.unwrap_or_default())?;
        let info = read_json(&host, Kind::Hello, deadline)?;
        let (link, reader) = Link::new(host).map_err(|source| DeviceError::Start {
            host: program.to_owned(),
            source,
        })?;
        Ok(Self {
            link,
            info,
            reader: Some(reader),
        })
    }

    /// Returns what the device says of itself.
    pub fn info(&self) -> &DeviceInfo {
        &self.info
    }

    /// Returns the id of its process, unless that is gone.
    pub fn process_id(&self) -> Option<u32> {
        self.link.host.id()
    }

    /// Sends a batch without waiting; None where all slots are in use.
    ///
    /// # Errors
    ///
    /// [`DeviceError::NoKernel`], [`DeviceError::Unsendable`]; [`DeviceError::Died`],
    /// [`DeviceError::WrongAnswer`] or [`DeviceError::OutOfTurn`] where the host ended and this is the
    /// first call to learn of it; [`DeviceError::Closed`] after that.
    pub fn submit(&self, question: &Frame) -> Result<Option<Ticket>, DeviceError> {
        self.require(question)?;
        self.link.submit(question)
    }

    /// Ends the process; whoever waits for an answer gets [`DeviceError::Closed`].
    pub fn close(&self) {
        self.link.close();
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
        &self,
        batch: &extend::Batch,
        out: &mut extend::Results,
        limit: Duration,
    ) -> Result<(), DeviceError> {
        out.reset(0);
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
        &self,
        batch: &pairhmm::Batch,
        out: &mut Vec<f64>,
        limit: Duration,
    ) -> Result<(), DeviceError> {
        out.clear();
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

    /// Sends a batch as soon as a slot is free, and waits for its results.
    fn ask(&self, question: &Frame, limit: Duration) -> Result<Frame, DeviceError> {
        self.require(question)?;
        let deadline = Deadline::new(Instant::now(), limit);
        let ticket = self.link.submit_when_free(question, deadline)?;
        ticket.wait_until(deadline)
    }

    fn require(&self, question: &Frame) -> Result<(), DeviceError> {
        let kernel = match question.kind {
            Kind::Extend => "extend",
            Kind::Pairhmm => "pairhmm",
            _ => return Err(DeviceError::Unsendable(NO_BATCH)),
        };
        let contract = question.contract;
        if self.info.offers(kernel, contract) {
            Ok(())
        } else {
            Err(DeviceError::NoKernel { kernel, contract })
        }
    }

    fn close_if_wrong<T>(&self, decoded: Result<T, FrameError>) -> Result<T, DeviceError> {
        decoded.map_err(|error| {
            self.close();
            DeviceError::WrongAnswer(error)
        })
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        self.link.say_goodbye();
        // It holds the link, and with that the process's folder.
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
    }
}

const NO_BATCH: FrameError = FrameError::Payload {
    what: "it is no batch",
};

/// Receives a frame of `kind` and reads its JSON. An error ends the host.
pub(super) fn read_json<T: serde::de::DeserializeOwned>(
    host: &Host,
    kind: Kind,
    deadline: Deadline,
) -> Result<T, DeviceError> {
    let frame = host.expect(kind, deadline)?;
    let read = match serde_json::from_slice(&frame.payload) {
        Ok(read) if frame.contract == PROTOCOL => return Ok(read),
        Ok(_) => "it speaks another version",
        Err(_) => "it does not describe devices",
    };
    host.end();
    Err(DeviceError::WrongAnswer(FrameError::Payload { what: read }))
}
