//! What is measured upon: a simulated genome, its reads, and what the stages make of them. The
//! same bytes on every machine.

pub(crate) mod flow;
pub(crate) mod jobs;
mod sample;

use anyhow::Result;

use self::flow::Flow;
pub(crate) use self::sample::Sample;

/// Made when it is first asked for: not every measurement needs all of it.
pub(crate) struct Workload {
    bases: u64,
    depth: f64,
    sample: Option<Sample>,
    flow: Option<Flow>,
}

impl Workload {
    /// Of a genome of so many bases, read so many times over.
    pub(crate) fn new(bases: u64, depth: f64) -> Self {
        Self {
            bases,
            depth,
            sample: None,
            flow: None,
        }
    }

    pub(crate) fn sample(&mut self) -> Result<&Sample> {
        match &mut self.sample {
            Some(sample) => Ok(sample),
            none => Ok(none.insert(Sample::new(self.bases, self.depth)?)),
        }
    }

    pub(crate) fn flow(&mut self) -> Result<&Flow> {
        let flow = match self.flow.take() {
            Some(flow) => flow,
            None => Flow::new(self.sample()?)?,
        };
        Ok(self.flow.insert(flow))
    }
}
