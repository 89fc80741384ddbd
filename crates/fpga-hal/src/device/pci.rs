use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A place on the PCI bus, written as Linux does: `0000:65:00.0`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct PciAddress {
    /// The bus system, of several in large machines.
    pub domain: u32,
    /// The bus.
    pub bus: u8,
    /// The slot, 0 to 31.
    pub device: u8,
    /// The device's part, 0 to 7.
    pub function: u8,
}

/// A text is no PCI address.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("{text:?} is no PCI address such as 0000:65:00.0")]
pub struct NoPciAddress {
    text: String,
}

impl fmt::Display for PciAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            domain,
            bus,
            device,
            function,
        } = self;
        write!(f, "{domain:04x}:{bus:02x}:{device:02x}.{function:x}")
    }
}

impl FromStr for PciAddress {
    type Err = NoPciAddress;

    /// Reads an address with or without its domain, which is 0 then.
    fn from_str(text: &str) -> Result<Self, NoPciAddress> {
        let read = || {
            let (buses, function) = text.rsplit_once('.')?;
            let (buses, device) = buses.rsplit_once(':')?;
            let (domain, bus) = buses.rsplit_once(':').unwrap_or(("0", buses));
            let number = |digits: &str, limit: u32| {
                let plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
                let number = u32::from_str_radix(digits, 16).ok()?;
                (plain && number <= limit).then_some(number)
            };
            Some(Self {
                domain: number(domain, u32::MAX)?,
                bus: number(bus, 255)? as u8,
                device: number(device, 31)? as u8,
                function: number(function, 7)? as u8,
            })
        };
        read().ok_or_else(|| NoPciAddress {
            text: text.to_owned(),
        })
    }
}

impl TryFrom<String> for PciAddress {
    type Error = NoPciAddress;

    fn try_from(text: String) -> Result<Self, NoPciAddress> {
        text.parse()
    }
}

impl From<PciAddress> for String {
    fn from(address: PciAddress) -> Self {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_linux_does() {
        let address = PciAddress {
            domain: 0,
            bus: 0x65,
            device: 0x1f,
            function: 7,
        };
        assert_eq!(address.to_string(), "0000:65:1f.7");
        assert_eq!("0000:65:1f.7".parse(), Ok(address));
        assert_eq!("65:1f.7".parse(), Ok(address));
        let far = PciAddress {
            domain: 0x1_0000,
            ..address
        };
        assert_eq!(far.to_string().parse(), Ok(far));
    }

    #[test]
    fn nothing_else_is_an_address() {
        for text in [
            "",
            "65",
            "65:00",
            "0:65:20.0",
            "0:65:00.8",
            "0:100:00.0",
            "0:65:00.0.0",
            "../../x:00.0",
            "+1:00.0",
            ":65:00.0",
            "0:0:65:00.0",
        ] {
            assert!(text.parse::<PciAddress>().is_err(), "{text}");
        }
    }
}
