//! Batches spread over CPU lanes and devices.
//!
//! The thread that brings a batch is a CPU lane. What nobody took yet is one queue: devices take
//! parts of it, as large as they can do while the lane does the rest, two at a time each; the lane
//! takes a slice, looks whether a device has answered, and so on. Results of a device are copied,
//! checked for consistency with their jobs, and a sample of them, or all, computed again, before
//! they count. Whatever fails is computed on the CPU, so that a batch always gets the contract's
//! bits; a device that failed or lied is not asked again.

mod extensions;
mod jobs;
mod ledger;
mod pairs;
mod policy;
mod sample;
mod speed;
mod unit;

pub use self::{
    ledger::{Incident, Ledger, Share},
    policy::{Checked, Policy, Usage},
};

pub(crate) use self::{extensions::Extensions, jobs::Kernel, ledger::Counts, pairs::Pairs};

use std::ops::Range;

use self::{
    jobs::Jobs,
    ledger::Incidents,
    sample::Sampler,
    speed::Speed,
    unit::{Flight, Unit},
};
use crate::{
    backend::Backend,
    device::{Device, DeviceError},
};

/// Jobs that a lane computes at least before it looks at the devices again: enough for its vectors
/// to find jobs of like lengths.
const LEAST_SLICE: usize = 1_024;

/// The devices of a run.
#[derive(Debug)]
pub(crate) struct Fleet {
    units: Vec<Unit>,
    policy: Policy,
    sampler: Sampler,
    incidents: Incidents,
    /// Of one CPU lane, by kernel.
    lane: [Speed; 2],
}

/// Why results of a device are not used.
enum Failure {
    /// The device, or its process, failed.
    Failed(DeviceError),
    /// It answered, and the answer is wrong.
    Lied(String),
}

impl Fleet {
    /// Takes those of `devices` that know the answers to the known questions.
    pub(crate) fn new(devices: Vec<Device>, policy: Policy, backend: Backend) -> Self {
        let incidents = Incidents::default();
        let qualify = |device: Device| {
            let backend = format!("opencl:{}", device.info().name);
            Unit::new(device)
                .inspect_err(|error| {
                    incidents.add(Incident {
                        backend,
                        what: error.to_string(),
                        quarantined: true,
                    });
                })
                .ok()
        };
        Self {
            units: devices.into_iter().filter_map(qualify).collect(),
            policy,
            sampler: Sampler::default(),
            incidents,
            lane: speed::of_cpu(backend),
        }
    }

    pub(crate) fn shares(&self) -> impl Iterator<Item = Share> {
        self.units.iter().map(Unit::share)
    }

    pub(crate) fn incidents(&self) -> Vec<Incident> {
        self.incidents.all()
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Computes all jobs of a batch; returns how many the CPU computed.
    pub(crate) fn run<J: Jobs>(&self, backend: Backend, jobs: &mut J) -> usize {
        let mut left = 0..jobs.len();
        let mut on_cpu = 0;
        let mut flights: Vec<Flight<'_>> = Vec::new();
        while !left.is_empty() {
            let mut willing = false;
            for unit in self.units.iter().filter(|unit| unit.offers(J::KERNEL)) {
                let part = unit.part(
                    jobs,
                    &left,
                    &self.lane[J::KERNEL as usize],
                    self.policy.usage,
                );
                if part == 0 {
                    continue;
                }
                willing = true;
                let part = left.start..left.start + part;
                match unit.launch(jobs, part.clone(), self.policy.patience) {
                    Ok(Some(flight)) => {
                        flights.push(flight);
                        left.start = part.end;
                    }
                    Ok(None) => {}
                    Err(error) => self.report(unit, Failure::Failed(error)),
                }
            }
            let slice = match willing {
                true => LEAST_SLICE.max(left.len() / 4).min(left.len()),
                false => left.len(),
            };
            jobs.compute(backend, left.start..left.start + slice);
            left.start += slice;
            on_cpu += slice;
            let done = flights.extract_if(.., |flight| flight.ticket.is_done());
            for flight in done {
                on_cpu += self.land(backend, jobs, flight);
            }
        }
        for flight in flights {
            on_cpu += self.land(backend, jobs, flight);
        }
        on_cpu
    }

    /// Takes a device's answer; returns how many of its jobs the CPU had to compute.
    fn land<J: Jobs>(&self, backend: Backend, jobs: &mut J, flight: Flight<'_>) -> usize {
        let Flight {
            unit,
            jobs: part,
            ticket,
            limit,
        } = flight;
        let answer = unit.land(ticket, limit).map_err(Failure::Failed);
        let taken = answer.and_then(|answer| {
            let left = jobs
                .accept(part.clone(), &answer)
                .map_err(|error| Failure::Lied(error.to_string()))?;
            jobs.compute(backend, left.iter().copied());
            self.compare(backend, jobs, &part)?;
            Ok(left.len())
        });
        match taken {
            Ok(on_cpu) => {
                unit.count(J::KERNEL, part.len() - on_cpu);
                on_cpu
            }
            Err(failure) => {
                self.report(unit, failure);
                jobs.compute(backend, part.clone());
                part.len()
            }
        }
    }

    /// Computes the shadow jobs of a part again.
    fn compare<J: Jobs>(
        &self,
        backend: Backend,
        jobs: &J,
        part: &Range<usize>,
    ) -> Result<(), Failure> {
        let shadows = self.sampler.draw(part, self.policy.checked);
        match jobs.disagreement(backend, &shadows) {
            None => Ok(()),
            Some(index) => Err(Failure::Lied(format!(
                "the result of job {} of {} is not what the CPU computes",
                index - part.start,
                part.len()
            ))),
        }
    }

    fn report(&self, unit: &Unit, failure: Failure) {
        let (what, quarantined) =
            match failure {
                Failure::Failed(
                    error @ (DeviceError::Refused { .. } | DeviceError::Unsendable(_)),
                ) if unit.forgive() => (error.to_string(), false),
                // Whoever learned why tells it.
                Failure::Failed(DeviceError::Closed) => return unit.quarantine(),
                Failure::Failed(error) => (error.to_string(), true),
                Failure::Lied(what) => (what, true),
            };
        if quarantined {
            unit.quarantine();
            if !unit.is_news() {
                return;
            }
        }
        self.incidents.add(Incident {
            backend: unit.name().to_owned(),
            what,
            quarantined,
        });
    }
}
