use serde::{Deserialize, Serialize};

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
    /// The OpenCL version it offers.
    pub version: String,
    /// The driver's version.
    pub driver: String,
    /// Units that compute at the same time.
    pub compute_units: u32,
    /// Memory in bytes.
    pub memory: u64,
    /// The largest single buffer in bytes.
    pub largest_buffer: u64,
    /// The kernels that it can run.
    pub contracts: Vec<Contract>,
}

/// A kernel and the version of its contract.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Contract {
    /// The kernel's name.
    pub kernel: String,
    /// The contract's version.
    pub version: u16,
}

impl DeviceInfo {
    /// Returns whether the device offers a kernel in a version.
    pub fn offers(&self, kernel: &str, version: u16) -> bool {
        let offers = |contract: &Contract| contract.kernel == kernel && contract.version == version;
        self.contracts.iter().any(offers)
    }
}
