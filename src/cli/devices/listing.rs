//! What `fafnir devices` tells, in the shape of its JSON.

use std::{
    env, fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use fafnir_fpga_hal::{
    Hal, HalError, Isa,
    device::{Device, DeviceError, DeviceInfo, IcdReport, Telemetry},
};
use serde::Serialize;

pub(super) const FORMAT: u32 = 1;

/// How long a device may take to build its kernels, and to answer the questions to each.
const BUILD_LIMIT: Duration = Duration::from_secs(300);
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

#[derive(Serialize)]
pub(super) struct Listing {
    pub(super) format: u32,
    pub(super) cpu: Cpu,
    /// Why no driver was asked.
    pub(super) note: Option<String>,
    pub(super) drivers: Vec<Driver>,
}

#[derive(Serialize)]
pub(super) struct Cpu {
    /// As the system names it.
    pub(super) model: Option<String>,
    pub(super) architecture: &'static str,
    /// Cores that this process may use.
    pub(super) cores: usize,
    pub(super) instruction_sets: Vec<InstructionSet>,
    pub(super) telemetry: Telemetry,
}

/// An instruction set that kernels are written for.
#[derive(Serialize)]
pub(super) struct InstructionSet {
    pub(super) name: &'static str,
    pub(super) state: State,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// All known questions were answered rightly.
    Passed,
    /// One was answered wrongly.
    Failed,
    /// The processor has no such instructions.
    Absent,
    /// The questions could not be asked.
    Impossible,
}

#[derive(Serialize)]
pub(super) struct Driver {
    pub(super) icd: PathBuf,
    pub(super) error: Option<String>,
    pub(super) devices: Vec<Listed>,
}

#[derive(Serialize)]
pub(super) struct Listed {
    pub(super) selector: String,
    #[serde(flatten)]
    pub(super) info: DeviceInfo,
    pub(super) telemetry: Telemetry,
    pub(super) self_test: Option<SelfTest>,
}

#[derive(Serialize)]
pub(super) struct SelfTest {
    pub(super) state: State,
    pub(super) why: Option<String>,
}

impl Listing {
    /// Returns the names of what answered a known question wrongly.
    pub(super) fn failed(&self) -> Vec<String> {
        let sets = self.cpu.instruction_sets.iter();
        let sets = sets
            .filter(|set| set.state == State::Failed)
            .map(|set| format!("the processor's {}", set.name));
        let devices = self.drivers.iter().flat_map(|driver| &driver.devices);
        let devices = devices
            .filter(|device| {
                let test = device.self_test.as_ref();
                test.is_some_and(|test| test.state == State::Failed)
            })
            .map(|device| device.info.name.clone());
        sets.chain(devices).collect()
    }
}

impl Cpu {
    pub(super) fn detect() -> Self {
        let test = |isa: Isa| InstructionSet {
            name: isa.name(),
            state: match Hal::with_isa(isa) {
                Ok(_) => State::Passed,
                Err(HalError::IsaUnavailable { .. }) => State::Absent,
                Err(_) => State::Failed,
            },
        };
        let described = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let mut fields = described.lines().filter_map(|line| line.split_once(':'));
        Self {
            model: fields
                .find(|(key, _)| key.trim() == "model name")
                .map(|(_, model)| model.trim().to_owned()),
            architecture: env::consts::ARCH,
            cores: thread::available_parallelism().map_or(1, usize::from),
            instruction_sets: [Isa::Scalar, Isa::Avx2].map(test).into(),
            telemetry: Telemetry::of_processor(),
        }
    }
}

impl Driver {
    pub(super) fn new(report: IcdReport) -> Self {
        let listed = |info: DeviceInfo| Listed {
            selector: info.selector().to_owned(),
            telemetry: info.pci.map(Telemetry::of_card).unwrap_or_default(),
            self_test: None,
            info,
        };
        Self {
            icd: report.icd,
            error: report.error,
            devices: report.devices.into_iter().map(listed).collect(),
        }
    }
}

/// Tests all devices at the same time, each in a process of the program `host`.
pub(super) fn test(host: &Path, drivers: &mut [Driver]) {
    thread::scope(|scope| {
        for driver in drivers {
            let icd = &driver.icd;
            for device in &mut driver.devices {
                scope.spawn(move || {
                    let tested = test_one(host, icd, device.info.index);
                    device.self_test = Some(tested.into());
                });
            }
        }
    });
}

fn test_one(host: &Path, icd: &Path, index: usize) -> Result<(), DeviceError> {
    Device::open(host, icd, index, None, BUILD_LIMIT)?.self_test(ANSWER_LIMIT)
}

impl From<Result<(), DeviceError>> for SelfTest {
    fn from(tested: Result<(), DeviceError>) -> Self {
        let Err(error) = tested else {
            return Self {
                state: State::Passed,
                why: None,
            };
        };
        Self {
            state: match error {
                DeviceError::KnownAnswer { .. } | DeviceError::WrongAnswer(_) => State::Failed,
                _ => State::Impossible,
            },
            why: Some(error.to_string()),
        }
    }
}
