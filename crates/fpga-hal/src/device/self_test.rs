use std::time::Duration;

use super::{Device, DeviceError};
use crate::{extend, known_answer, pairhmm};

impl Device {
    /// Asks known questions of every kernel that the device offers.
    ///
    /// # Errors
    ///
    /// [`DeviceError::KnownAnswer`] if it answers one wrongly, and those of [`Device::extend`], within
    /// `limit` for each kernel.
    pub fn self_test(&self, limit: Duration) -> Result<(), DeviceError> {
        let wrong = |kernel| {
            move |right| match right {
                true => Ok(()),
                false => Err(DeviceError::KnownAnswer { kernel }),
            }
        };
        if self.info().offers("extend", extend::CONTRACT) {
            known_answer::check_extend(|batch, out| self.extend(batch, out, limit))
                .and_then(wrong("extend"))?;
        }
        if self.info().offers("pairhmm", pairhmm::CONTRACT) {
            known_answer::check_pairhmm(|batch, out| self.pairhmm(batch, out, limit))
                .and_then(wrong("pairhmm"))?;
        }
        Ok(())
    }
}
