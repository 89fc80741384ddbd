//! Kernel packages: device programs that are verified before a driver sees a byte of them.
//!
//! A package is a folder of three files: the program's binary, `package.json`, which says what it
//! is, and `package.dsse.json`, an envelope that carries the same bytes, signed. What
//! `package.json` holds, here with white space and with digests cut short:
//!
//! ```json
//! {
//!   "binary": {"name": "kernels.xclbin", "sha256": "5891b5b5…", "size": 31457280,
//!              "xclbinUuid": "7c0a1f2e-93d4-4b5e-8f60-1a2b3c4d5e6f"},
//!   "contracts": [{"kernel": "extend", "version": 0}],
//!   "developmentKey": false,
//!   "device": {"name": "xilinx_u50_gen3x16_xdma_*"},
//!   "format": 1,
//!   "resources": {"lut": 460000},
//!   "tools": {"v++": "2023.2"}
//! }
//! ```

mod folder;
mod xclbin;

use std::{collections::BTreeMap, fs, path::Path};

use fafnir_attest::{FileDigest, Sha256Digest, json, name, read_regular};
use fafnir_fpga_hal::{
    device::{Contract, DeviceInfo, MAX_PROGRAM},
    extend, pairhmm,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use folder::LoadedPackage;
pub(super) use folder::refuse_existing;

use crate::{Class, Error};

/// The version of `package.json` that is written and read.
const FORMAT: u64 = 1;

/// The largest binary, in bytes: what a device host takes.
const MAX_BINARY: u64 = MAX_PROGRAM as u64;

/// The kernel contracts that this program can use.
const KNOWN: [(&str, u16); 2] = [("extend", extend::CONTRACT), ("pairhmm", pairhmm::CONTRACT)];

/// What a kernel package says of its device program.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct KernelPackage {
    format: u64,
    /// The devices that it is for.
    pub device: DevicePattern,
    /// The kernels in it, each in one version.
    pub contracts: Vec<Contract>,
    binary: Binary,
    /// What made it: versions by tool.
    pub tools: BTreeMap<String, String>,
    /// What it takes of the device, by resource, if known.
    pub resources: BTreeMap<String, u64>,
    development_key: bool,
}

/// The devices that a package is for.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct DevicePattern {
    /// The device's or board's name; `*` stands for any characters.
    pub name: String,
    /// The OpenCL platform's name; without it any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// The driver's version; without it any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
}

/// The program's file.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Binary {
    name: String,
    sha256: Sha256Digest,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    xclbin_uuid: Option<String>,
}

impl KernelPackage {
    /// Describes the program `binary`, which will lie in the package as `file_name`.
    ///
    /// # Errors
    ///
    /// [`Class::Input`] for a damaged `xclbin` container.
    pub fn new(
        file_name: &str,
        binary: &[u8],
        device: DevicePattern,
        contracts: Vec<Contract>,
    ) -> Result<Self, Error> {
        let xclbin_uuid = xclbin::uuid(binary)
            .map_err(|reason| Error::input(format!("{file_name}: damaged xclbin: {reason}")))?;
        let FileDigest { sha256, size, .. } = FileDigest::of(binary);
        Ok(Self {
            format: FORMAT,
            device,
            contracts,
            binary: Binary {
                name: file_name.to_owned(),
                sha256,
                size,
                xclbin_uuid,
            },
            tools: BTreeMap::new(),
            resources: BTreeMap::new(),
            development_key: false,
        })
    }

    /// Reads a program that is not signed yet.
    ///
    /// # Errors
    ///
    /// [`Class::Input`] for what is no regular file or larger than any program.
    pub fn read_binary(path: &Path) -> Result<Vec<u8>, Error> {
        let resolved =
            fs::canonicalize(path).map_err(|e| Error::io(path, "read the program", e))?;
        read_regular(resolved, MAX_BINARY).map_err(|error| Error::from_source(Class::Input, error))
    }

    /// File name of the binary.
    pub fn binary_name(&self) -> &str {
        &self.binary.name
    }

    /// Digest and size of the binary.
    pub fn binary_digest(&self) -> FileDigest {
        FileDigest {
            sha256: self.binary.sha256,
            md5: None,
            size: self.binary.size,
        }
    }

    /// The identifier by which AMD's runtime calls the program, if it is an `xclbin`.
    pub fn xclbin_uuid(&self) -> Option<&str> {
        self.binary.xclbin_uuid.as_deref()
    }

    /// Whether the signer's key is only a machine's development key.
    pub fn is_signed_by_development_key(&self) -> bool {
        self.development_key
    }

    /// Whether the package is for this device.
    pub fn matches(&self, device: &DeviceInfo) -> bool {
        self.check_device(device).is_ok()
    }

    /// Refuses a device that the package is not for.
    ///
    /// # Errors
    ///
    /// [`Class::Input`], with what differs.
    pub fn check_device(&self, device: &DeviceInfo) -> Result<(), Error> {
        let DevicePattern {
            name,
            platform,
            driver,
        } = &self.device;
        let same = |wanted: &Option<String>, found| wanted.as_ref().is_none_or(|w| w == found);
        let (what, wanted, found) = if !fits(name, &device.name) {
            ("device", Some(name), &device.name)
        } else if !same(platform, &device.platform) {
            ("platform", platform.as_ref(), &device.platform)
        } else if !same(driver, &device.driver) {
            ("driver version", driver.as_ref(), &device.driver)
        } else {
            return Ok(());
        };
        Err(Error::input(format!(
            "{}: made for {what} {:?}, not for {found:?}; take or build a kernel package for this \
             device",
            self.binary.name,
            wanted.map_or("", String::as_str)
        )))
    }

    /// Reads a signed payload.
    fn from_json(payload: &[u8]) -> Result<Self, String> {
        let value = json::parse(payload).map_err(|error| error.to_string())?;
        // Looked at first: another version may have other fields.
        match value.get("format").and_then(Value::as_u64) {
            Some(FORMAT) => {}
            Some(other) => {
                return Err(format!(
                    "format version {other}; this program reads version {FORMAT}"
                ));
            }
            None => return Err("it states no format version".to_owned()),
        }
        let package: Self = serde_json::from_value(value).map_err(|error| error.to_string())?;
        package.check()?;
        if package.to_json()? != payload {
            return Err("not in canonical form".to_owned());
        }
        Ok(package)
    }

    /// The payload: sorted keys, no white space.
    fn to_json(&self) -> Result<Vec<u8>, String> {
        let value = serde_json::to_value(self).map_err(|error| error.to_string())?;
        Ok(json::canonical(&value))
    }

    /// Says why the description is not one that this program can use, if it is not.
    fn check(&self) -> Result<(), String> {
        let Binary { name, size, .. } = &self.binary;
        name::refuse(name).map_err(|reason| format!("the binary's name {name:?} {reason}"))?;
        if folder::OWN_FILES.contains(&name.as_str()) {
            return Err(format!("the binary cannot be called {name}"));
        }
        if !(1..=MAX_BINARY).contains(size) {
            return Err(format!(
                "a binary of {size} bytes; it may have 1 to {MAX_BINARY}"
            ));
        }
        if self.device.name.chars().all(|c| c == '*') {
            return Err("it names no device".to_owned());
        }
        if self.contracts.is_empty() {
            return Err("it names no kernel contract".to_owned());
        }
        for (i, Contract { kernel, version }) in self.contracts.iter().enumerate() {
            if !KNOWN.contains(&(kernel.as_str(), *version)) {
                let known = KNOWN.map(|(kernel, version)| format!("{kernel}:{version}"));
                return Err(format!(
                    "kernel contract {kernel}:{version}; this program knows {}",
                    known.join(", ")
                ));
            }
            if self.contracts[..i].iter().any(|c| c.kernel == *kernel) {
                return Err(format!("kernel {kernel} is named twice"));
            }
        }
        Ok(())
    }
}

/// Whether `name` is what `pattern` says, where `*` stands for any characters.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let (middle, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
    let between = name
        .strip_prefix(head)
        .and_then(|left| left.strip_suffix(tail));
    // The first place of each part leaves the most for the parts after it.
    between.is_some_and(|mut left| {
        middle.split('*').all(|part| {
            let place = left.find(part);
            left = place.map_or("", |at| &left[at + part.len()..]);
            place.is_some()
        })
    })
}

#[cfg(test)]
mod tests;
