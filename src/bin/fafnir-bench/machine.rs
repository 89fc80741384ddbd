//! What the figures were taken on.

use std::{fs, thread};

use fafnir_fpga_hal::Isa;
use serde::Serialize;

/// A machine, as far as speed depends on it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    /// The processor's model; empty where the system does not say.
    pub(crate) processor: String,
    pub(crate) architecture: &'static str,
    /// Cores that this process may use.
    pub(crate) cores: usize,
    /// Instruction sets that kernels exist for and this processor has.
    pub(crate) instruction_sets: Vec<&'static str>,
    /// Programs that wanted a core in the last minute, when the measurement began.
    pub(crate) load: Option<f64>,
    /// Who gets transparent huge pages: always, madvise (who asks) or never.
    pub(crate) huge_pages: Option<String>,
}

impl Machine {
    pub(crate) fn detect() -> Self {
        let known = [Isa::Scalar, Isa::Avx2];
        Self {
            processor: fs::read_to_string("/proc/cpuinfo")
                .ok()
                .and_then(|text| field(&text, "model name"))
                .unwrap_or_default(),
            architecture: std::env::consts::ARCH,
            cores: thread::available_parallelism().map_or(1, usize::from),
            instruction_sets: known
                .into_iter()
                .filter(|isa| isa.is_available())
                .map(Isa::name)
                .collect(),
            load: fs::read_to_string("/proc/loadavg")
                .ok()
                .and_then(|text| text.split(' ').next()?.parse().ok()),
            huge_pages: fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled")
                .ok()
                .and_then(|text| Some(text.split_once('[')?.1.split_once(']')?.0.to_owned())),
        }
    }
}

/// The first value of `name` in the form of `/proc/cpuinfo`.
fn field(text: &str, name: &str) -> Option<String> {
    let mut fields = text.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = fields.find(|(key, _)| key.trim() == name)?;
    Some(value.trim().to_owned())
}
