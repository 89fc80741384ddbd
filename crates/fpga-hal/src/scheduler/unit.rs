use std::{
    ops::Range,
    sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering},
    time::Duration,
};

use super::{
    Kernel, Usage,
    jobs::Jobs,
    ledger::{Counts, Share},
    speed::{self, Speed},
};
use crate::{
    device::{Device, DeviceError, Frame, SLOTS, Ticket},
    extend, pairhmm,
};

/// Jobs of a part that a device gets whatever its speed, under [`Usage::Always`].
const LEAST_PART: usize = 64;
/// How long a device may take for each batch before it gets work: drivers compile once more when a
/// kernel first runs.
const TRIAL_LIMIT: Duration = Duration::from_secs(60);
/// A device that refuses so many batches is not asked again.
const MAX_REFUSALS: u32 = 8;

/// An open device that knows the answers, and what it did.
#[derive(Debug)]
pub(super) struct Unit {
    device: Device,
    name: String,
    /// Of the kernels that it offers.
    speeds: [Option<Speed>; 2],
    quarantined: AtomicBool,
    /// Why it is quarantined was told.
    told: AtomicBool,
    refusals: AtomicU32,
    /// Batches under way.
    flying: AtomicUsize,
    counts: Counts,
}

/// A part of a batch on its way.
pub(super) struct Flight<'a> {
    pub(super) unit: &'a Unit,
    pub(super) jobs: Range<usize>,
    pub(super) ticket: Ticket,
    pub(super) limit: Duration,
}

impl Unit {
    /// Asks a device the known questions, and how fast it is.
    pub(super) fn new(device: Device) -> Result<Self, DeviceError> {
        device.self_test(TRIAL_LIMIT)?;
        let info = device.info();
        let offers = [
            info.offers("extend", extend::CONTRACT),
            info.offers("pairhmm", pairhmm::CONTRACT),
        ];
        let of = |offered: bool, measure: fn(&Device, Duration) -> Result<Speed, DeviceError>| {
            offered.then(|| measure(&device, TRIAL_LIMIT)).transpose()
        };
        Ok(Self {
            name: format!("opencl:{}", info.name),
            speeds: [
                of(offers[0], speed::at_extension)?,
                of(offers[1], speed::at_pairhmm)?,
            ],
            quarantined: AtomicBool::new(false),
            told: AtomicBool::new(false),
            refusals: AtomicU32::new(0),
            flying: AtomicUsize::new(0),
            counts: Counts::default(),
            device,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn share(&self) -> Share {
        self.counts.share(self.name.clone())
    }

    pub(super) fn count(&self, kernel: Kernel, jobs: usize) {
        self.counts.add(kernel, jobs);
    }

    pub(super) fn offers(&self, kernel: Kernel) -> bool {
        self.speeds[kernel as usize].is_some() && !self.quarantined.load(Ordering::Relaxed)
    }

    /// Returns how many of the first of `jobs` the device should take, so that it is done when a CPU
    /// lane is done with the rest.
    pub(super) fn part<J: Jobs>(
        &self,
        jobs: &J,
        left: &Range<usize>,
        lane: &Speed,
        usage: Usage,
    ) -> usize {
        let Some(speed) = &self.speeds[J::KERNEL as usize] else {
            return 0;
        };
        let cells = jobs.cells(left.clone()) as f64;
        let alone = lane.seconds(cells);
        let part = (alone - speed.launch) / (cells / speed.rate + alone);
        let part = if part > 0.0 { part.min(1.0) } else { 0.0 };
        let count = (part * left.len() as f64) as usize;
        match usage {
            Usage::Always => count.max(LEAST_PART).min(left.len()),
            Usage::WhenFaster if speed.seconds(part * cells) < lane.seconds(part * cells) => count,
            Usage::WhenFaster => 0,
        }
    }

    /// Sends a part of a batch; `None` where the device has enough to do.
    pub(super) fn launch<J: Jobs>(
        &self,
        jobs: &J,
        part: Range<usize>,
        patience: Duration,
    ) -> Result<Option<Flight<'_>>, DeviceError> {
        let Some(speed) = &self.speeds[J::KERNEL as usize] else {
            return Ok(None);
        };
        // What would only wait is not worth making.
        if self.flying.load(Ordering::Relaxed) >= SLOTS {
            return Ok(None);
        }
        let question = jobs.encode(part.clone()).map_err(DeviceError::Unsendable)?;
        let expected = speed.seconds(jobs.cells(part.clone()) as f64);
        let flight = |ticket| {
            self.flying.fetch_add(1, Ordering::Relaxed);
            Flight {
                unit: self,
                jobs: part,
                ticket,
                limit: patience.saturating_add(Duration::from_secs_f64(10.0 * expected)),
            }
        };
        Ok(self.device.submit(&question)?.map(flight))
    }

    /// Waits for the answer to a flight of this device.
    pub(super) fn land(&self, ticket: Ticket, limit: Duration) -> Result<Frame, DeviceError> {
        let answer = ticket.wait(limit);
        self.flying.fetch_sub(1, Ordering::Relaxed);
        answer
    }

    /// Counts a refusal; returns whether the device is to be asked again.
    pub(super) fn forgive(&self) -> bool {
        self.refusals.fetch_add(1, Ordering::Relaxed) + 1 < MAX_REFUSALS
    }

    /// Ends the device.
    pub(super) fn quarantine(&self) {
        self.quarantined.store(true, Ordering::Relaxed);
        self.device.close();
    }

    /// Returns whether nobody told before why the device is quarantined.
    pub(super) fn is_news(&self) -> bool {
        !self.told.swap(true, Ordering::Relaxed)
    }
}
