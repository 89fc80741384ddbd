use serde::{Deserialize, Serialize};

use super::PciAddress;

/// What a device says of itself.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct DeviceInfo {
    /// Its place among the driver's devices.
    pub index: usize,
    /// The OpenCL platform's name.
    pub platform: String,
    /// The device's name.
    pub name: String,
    /// Its maker.
    pub vendor: String,
    /// What it is.
    pub kind: DeviceKind,
    /// The OpenCL version it offers, and often the driver's name.
    pub version: String,
    /// The driver's version.
    pub driver: String,
    /// Units that compute at the same time.
    pub compute_units: u32,
    /// Memory in bytes.
    pub memory: u64,
    /// The largest single buffer in bytes.
    pub largest_buffer: u64,
    /// Where it is on the PCI bus, if its driver tells.
    pub pci: Option<PciAddress>,
    /// The kernels that it can run.
    pub contracts: Vec<Contract>,
    /// The kernels whose contracts it cannot keep.
    pub withheld: Vec<Withheld>,
    /// What confines its driver, of `landlock` and `seccomp`; one that the system lacks is missing.
    pub sandbox: Vec<String>,
}

/// The kind of a device, as OpenCL has it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum DeviceKind {
    /// The processor itself.
    Cpu,
    /// A graphics card.
    Gpu,
    /// A card made for something else, such as an FPGA.
    Accelerator,
    /// Anything else.
    Other,
}

/// A kernel and the version of its contract.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Contract {
    /// The kernel's name.
    pub kernel: String,
    /// The contract's version.
    pub version: u16,
}

/// A kernel that a device does not offer.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Withheld {
    /// The kernel's name.
    pub kernel: String,
    /// What the device lacks.
    pub why: String,
}

impl DeviceInfo {
    /// Returns whether the device offers a kernel in a version.
    pub fn offers(&self, kernel: &str, version: u16) -> bool {
        let offers = |contract: &Contract| contract.kernel == kernel && contract.version == version;
        self.contracts.iter().any(offers)
    }

    /// Returns whether `--device opencl:NAME` means this device: `name` is a part of the device's, the
    /// platform's or the maker's name or of the OpenCL version, in which PoCL calls itself so.
    /// Capitals make no difference.
    pub fn answers_to(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        [&self.name, &self.platform, &self.vendor, &self.version]
            .into_iter()
            .any(|text| text.to_lowercase().contains(&name))
    }

    /// Returns a name that the device [answers to](Self::answers_to).
    pub fn selector(&self) -> &str {
        const POCL: &str = "pocl";
        if self.answers_to(POCL) {
            POCL
        } else {
            &self.name
        }
    }
}
