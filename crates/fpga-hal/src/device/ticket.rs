use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{DeviceError, Frame, deadline::Deadline, link::Link};

/// A batch under way on a device, and its answer when that has come.
///
/// Dropped, it gives up the answer; its slot is free as soon as that comes. It may outlive its
/// [`Device`](super::Device), and then is [`DeviceError::Closed`] unless its answer came before.
#[derive(Debug)]
pub struct Ticket {
    link: Arc<Link>,
    number: u32,
    sent: Instant,
}

impl Ticket {
    pub(super) fn new(link: Arc<Link>, number: u32) -> Self {
        Self {
            link,
            number,
            sent: Instant::now(),
        }
    }

    /// Returns whether [`wait`](Self::wait) returns at once: the answer is there, or will never be.
    pub fn is_done(&self) -> bool {
        self.link.is_done(self.number)
    }

    /// Waits for the results, until `limit` after they were asked for.
    ///
    /// # Errors
    ///
    /// [`DeviceError::Refused`]; [`DeviceError::TimedOut`], and the host was ended;
    /// [`DeviceError::Died`], [`DeviceError::WrongAnswer`] or [`DeviceError::OutOfTurn`] where this is
    /// the first call to learn of it, whichever batch it concerns; [`DeviceError::Closed`] after that.
    pub fn wait(self, limit: Duration) -> Result<Frame, DeviceError> {
        let deadline = Deadline::new(self.sent, limit);
        self.wait_until(deadline)
    }

    pub(super) fn wait_until(self, deadline: Deadline) -> Result<Frame, DeviceError> {
        match self.link.wait(self.number, deadline)? {
            Ok(results) => Ok(results),
            Err(message) => Err(DeviceError::Refused { message }),
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.link.forget(self.number);
    }
}
