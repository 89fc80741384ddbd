#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;

/// The definition, one character at a time.
fn fits_plainly(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([b'*', pattern @ ..], _) => {
            fits_plainly(pattern, name)
                || matches!(name, [_, rest @ ..] if fits_plainly(&[b"*", pattern].concat(), rest))
        }
        ([p, pattern @ ..], [n, name @ ..]) => p == n && fits_plainly(pattern, name),
        (pattern, name) => pattern.is_empty() && name.is_empty(),
    }
}

#[test]
fn patterns_fit_as_defined() {
    let words = |letters: &'static str, longest: u32| {
        let n = letters.len();
        (0..=longest).flat_map(move |length| {
            (0..n.pow(length)).map(move |mut code| {
                let letter = |_| {
                    let letter = letters.as_bytes()[code % n];
                    code /= n;
                    char::from(letter)
                };
                (0..length).map(letter).collect::<String>()
            })
        })
    };
    for pattern in words("ab*", 5) {
        for name in words("ab", 5) {
            assert_eq!(
                fits(&pattern, &name),
                fits_plainly(pattern.as_bytes(), name.as_bytes()),
                "{pattern:?} {name:?}"
            );
        }
    }
    assert!(fits("xilinx_u50_*", "xilinx_u50_gen3x16_xdma_5"));
    assert!(!fits("xilinx_u50_*", "xilinx_u55c_gen3x16_xdma_base_3"));
    assert!(fits("*é", "aé"));
}

fn package() -> KernelPackage {
    let device = DevicePattern {
        name: "board_*".to_owned(),
        ..DevicePattern::default()
    };
    let contract = |kernel: &str, version| Contract {
        kernel: kernel.to_owned(),
        version,
    };
    let contracts = vec![
        contract("extend", extend::CONTRACT),
        contract("pairhmm", pairhmm::CONTRACT),
    ];
    let mut package = KernelPackage::new("kernels.bin", b"program", device, contracts).unwrap();
    package.tools.insert("v++".to_owned(), "2023.2".to_owned());
    package.resources.insert("lut".to_owned(), 460_000);
    package
}

#[test]
fn what_is_written_is_read_back() {
    let package = package();
    let json = package.to_json().unwrap();
    assert_eq!(KernelPackage::from_json(&json), Ok(package));
}

/// Signed by a trusted key or not: what this program does not understand, it does not use.
#[test]
fn only_the_one_form_is_read() {
    let good: Value = serde_json::from_slice(&package().to_json().unwrap()).unwrap();
    let refused = |pointer: &str, value: Value| {
        let mut bad = good.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        bad.pointer_mut(parent).unwrap()[key] = value;
        KernelPackage::from_json(&json::canonical(&bad)).unwrap_err()
    };
    for (pointer, value, reason) in [
        (
            "/format",
            json!(2),
            "format version 2; this program reads version 1",
        ),
        ("/format", json!("1"), "no format version"),
        ("/more", json!(1), "unknown field `more`"),
        ("/binary/more", json!(1), "unknown field `more`"),
        ("/device/more", json!(1), "unknown field `more`"),
        ("/device/driver", json!(null), "canonical"),
        ("/device/name", json!("**"), "no device"),
        ("/contracts", json!([]), "no kernel contract"),
        (
            "/contracts",
            json!([{"kernel": "extend", "version": extend::CONTRACT + 1}]),
            "this program knows extend:",
        ),
        (
            "/contracts",
            json!([{"kernel": "map", "version": 0}]),
            "kernel contract map:0",
        ),
        (
            "/contracts",
            json!([{"kernel": "extend", "version": extend::CONTRACT, "more": 1}]),
            "",
        ),
        ("/binary/size", json!(0), "0 bytes"),
        ("/binary/size", json!(MAX_BINARY + 1), "it may have"),
        ("/binary/sha256", json!("00"), "64 hexadecimal digits"),
        ("/binary/name", json!("../kernels.bin"), "starts with a dot"),
        ("/binary/name", json!("/etc/passwd"), "is a path"),
        ("/binary/name", json!("a/b"), "is a path"),
        ("/binary/name", json!("package.json"), "cannot be called"),
        ("/resources/lut", json!(-1), "invalid value"),
    ] {
        let said = refused(pointer, value);
        assert!(said.contains(reason), "{pointer}: {said}");
    }
    let twice = good.clone()["contracts"][0].clone();
    assert!(refused("/contracts", json!([twice, twice])).contains("twice"));
    let text = String::from_utf8(json::canonical(&good)).unwrap();
    let twice = text.replacen('{', r#"{"format":1,"#, 1);
    assert!(
        KernelPackage::from_json(twice.as_bytes())
            .unwrap_err()
            .contains("twice")
    );
    assert!(KernelPackage::from_json(format!(" {text}").as_bytes()).is_err());
}

#[test]
fn a_package_is_for_some_devices_alone() {
    let mut package = package();
    let device = |name: &str, platform: &str, driver: &str| -> DeviceInfo {
        serde_json::from_value(json!({
            "index": 0, "platform": platform, "name": name, "vendor": "", "kind": "accelerator",
            "version": "", "driver": driver, "compute_units": 1, "memory": 1, "largest_buffer": 1,
            "pci": null, "contracts": [], "withheld": [], "sandbox": [],
        }))
        .unwrap()
    };
    let own = device("board_5", "Xilinx", "2.13");
    assert!(package.matches(&own));
    assert!(package.matches(&device("board_", "", "")));
    let error = package.check_device(&device("card_5", "Xilinx", "2.13"));
    let error = error.unwrap_err();
    assert_eq!(error.class(), Class::Input);
    assert!(error.to_string().contains("card_5"), "{error}");
    package.device.platform = Some("Xilinx".to_owned());
    package.device.driver = Some("2.13".to_owned());
    assert!(package.matches(&own));
    assert!(!package.matches(&device("board_5", "Xilinx", "2.14")));
    assert!(!package.matches(&device("board_5", "xilinx", "2.13")));
}
