//! What the host tells of cards that are not in this machine: a driver in C stands in for theirs.

use std::{path::Path, process::Command};

use fafnir_fpga_hal::device::{DeviceInfo, DeviceKind, probe};
use tempfile::TempDir;

use crate::{AMPLE, host, pocl};

const CPU: &str = "2";
const GPU: &str = "4";
const ACCELERATOR: &str = "8";
/// Subnormals, infinities and rounding to nearest; without the first.
const FLOATS: &str = "7";
const FLUSHED: &str = "6";

/// A driver's answers, as C.
struct Card<'a> {
    kind: &'a str,
    floats: &'a str,
    vendor: &'a str,
    extension: &'a str,
    answer: &'a str,
}

impl Default for Card<'_> {
    fn default() -> Self {
        Self {
            kind: ACCELERATOR,
            floats: FLOATS,
            vendor: "Maker",
            extension: "",
            answer: "",
        }
    }
}

/// Returns what the host tells of `card`.
fn describe(card: &Card) -> Option<DeviceInfo> {
    // There is a loader.
    pocl()?;
    let folder = TempDir::new().unwrap();
    let library = folder.path().join("libcard.so");
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-w", "-o"])
        .arg(&library)
        .arg(format!("-DTYPE={}", card.kind))
        .arg(format!("-DFLOATS={}", card.floats))
        .arg(format!("-DVENDOR=\"{}\"", card.vendor))
        .arg(format!("-DEXTENSION=\"{}\"", card.extension))
        .arg(format!("-DANSWER={}", card.answer))
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/device/fake_card.c"))
        .status();
    assert!(status.unwrap().success());
    let icd = folder.path().join("card.icd");
    std::fs::write(&icd, library.to_str().unwrap()).unwrap();
    let mut reports = probe(host(), &[icd], AMPLE);
    let report = reports.remove(0);
    assert_eq!(report.devices.len(), 1, "{report:?}");
    report.devices.into_iter().next()
}

#[test]
fn a_card_is_described_as_its_driver_does() {
    let Some(info) = describe(&Card::default()) else {
        return;
    };
    assert_eq!(info.platform, "Fake platform");
    assert_eq!(info.name, "Fake card");
    assert_eq!(info.version, "OpenCL 1.2 fake");
    assert_eq!(info.kind, DeviceKind::Accelerator);
    assert_eq!(info.compute_units, 7);
    assert_eq!((info.memory, info.largest_buffer), (1 << 22, 1 << 20));
    assert_eq!(info.pci, None);
    assert!(info.withheld.is_empty());
    assert_eq!(info.selector(), "Fake card");
    for name in ["fake CARD", "PLATFORM", "maker", ""] {
        assert!(info.answers_to(name), "{name}");
    }
    assert!(!info.answers_to("pocl"));
    for (kind, expected) in [
        (CPU, DeviceKind::Cpu),
        (GPU, DeviceKind::Gpu),
        ("16", DeviceKind::Other),
    ] {
        let card = Card {
            kind,
            ..Card::default()
        };
        assert_eq!(describe(&card).unwrap().kind, expected);
    }
}

#[test]
fn a_card_without_subnormals_is_offered_no_pairhmm() {
    let card = Card {
        floats: FLUSHED,
        ..Card::default()
    };
    let Some(info) = describe(&card) else { return };
    assert!(info.offers("extend", 0) && !info.offers("pairhmm", 0));
    assert_eq!(info.withheld.len(), 1);
    assert_eq!(info.withheld[0].kernel, "pairhmm");
    assert!(info.withheld[0].why.contains("subnormal"));
}

#[test]
fn each_makers_way_to_tell_the_pci_address() {
    let khr = Card {
        extension: "cl_khr_pci_bus_info",
        answer: "CASE(0x410F, word, 1, 0x65, 3, 2)",
        ..Card::default()
    };
    let nvidia = Card {
        extension: "cl_nv_device_attribute_query",
        answer: "CASE(0x4008, word, 0x65) CASE(0x4009, word, 26) CASE(0x400A, word, 1)",
        ..Card::default()
    };
    let amd = Card {
        extension: "cl_amd_device_attribute_query",
        answer: "CASE(0x4037, byte, 1, 0, 0, 0, [21] = 0x65, 3, 2)",
        ..Card::default()
    };
    let xilinx = Card {
        vendor: "Xilinx",
        answer: "TEXT(0x1120, \"0001:65:03.2\")",
        ..Card::default()
    };
    // Bus 256 is none.
    let wrong = Card {
        extension: "cl_khr_pci_bus_info",
        answer: "CASE(0x410F, word, 1, 256, 3, 2)",
        ..Card::default()
    };
    let silent = Card {
        answer: "",
        ..nvidia
    };
    for (card, expected) in [
        (khr, Some("0001:65:03.2")),
        (nvidia, Some("0001:65:03.2")),
        (amd, Some("0000:65:03.2")),
        (xilinx, Some("0001:65:03.2")),
        (wrong, None),
        (silent, None),
    ] {
        let Some(info) = describe(&card) else { return };
        let address = info.pci.map(|address| address.to_string());
        assert_eq!(address.as_deref(), expected, "{}", card.extension);
    }
}
