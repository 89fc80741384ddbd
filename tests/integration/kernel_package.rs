//! `fafnir kernels`: what is packaged is verified before use, and nothing else is used.

use std::{
    ffi::OsStr,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use fafnir::{Class, KernelPackage, SigningKey, VerifyingKey};
use fafnir_attest::{FileDigest, Sha256Digest, dsse::Envelope, json};
use fafnir_fpga_hal::{
    device::{Device, icds, probe},
    extend,
};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{fafnir, fails, folder, names, run, succeed, trusted};

const FILES: [&str; 3] = ["kernels.bin", "package.dsse.json", "package.json"];

/// An empty container for AMD's cards.
fn xclbin() -> Vec<u8> {
    let mut file = vec![0; 456];
    file[..8].copy_from_slice(b"xclbin2\0");
    file[8..12].copy_from_slice(&(-1i32).to_le_bytes());
    file[304..312].copy_from_slice(&456u64.to_le_bytes());
    file[416..432].copy_from_slice(&[0xab; 16]);
    file
}

fn contract() -> String {
    format!("extend:{}", extend::CONTRACT)
}

/// `fafnir kernels sign` of these bytes.
fn sign(scratch: &TempDir, binary: &[u8], more: &[&str]) -> std::process::Command {
    let path = scratch.path().join("kernels.bin");
    fs::write(&path, binary).unwrap();
    let mut command = fafnir();
    command.args(["kernels", "sign", "--binary"]).arg(path);
    command.args(["--board", "board_*", "-o"]);
    command.arg(scratch.path().join("package")).args(more);
    command
}

/// A package that the tests' key signed, and where it lies.
fn package(binary: &[u8]) -> (TempDir, PathBuf) {
    let scratch = folder();
    let contract = contract();
    let more = ["--contract", &contract, "--tool", "v++=2023.2"];
    succeed(sign(&scratch, binary, &more));
    let package = scratch.path().join("package");
    (scratch, package)
}

fn refused(status: i32, package: &Path) -> String {
    let package = package.as_os_str();
    fails(status, ["kernels".as_ref(), "verify".as_ref(), package])
}

#[test]
fn what_is_packaged_is_what_is_handed_on() {
    let (scratch, package) = package(b"program");
    assert_eq!(names(&package), FILES);
    // Nothing is left of the making.
    assert_eq!(names(scratch.path()), ["kernels.bin", "package"]);

    let loaded = KernelPackage::open(&package, &[trusted()]).unwrap();
    assert_eq!(loaded.get().binary(), b"program");
    let description = loaded.get().description();
    assert_eq!(description.device.name, "board_*");
    assert_eq!(description.tools["v++"], "2023.2");
    assert_eq!(description.binary_digest(), FileDigest::of(b"program"));
    assert!(description.is_signed_by_development_key());
    let proof = loaded.proof();
    assert_eq!(proof.name, "package#package.json");
    assert_eq!(proof.role, "kernel package");
    assert!(proof.claimed);
    let stated = fs::read(package.join("package.json")).unwrap();
    assert_eq!(proof.digest, FileDigest::of(&stated));

    let args = ["kernels".as_ref(), "verify".as_ref(), package.as_os_str()];
    let said = String::from_utf8(run(args).stdout).unwrap();
    let digest = Sha256Digest::of(b"program").to_string();
    for part in ["board_*", &contract(), &digest, "v++ 2023.2", "verified"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(said.contains("development key"), "{said}");

    // Packages are never overwritten.
    let output = sign(&scratch, b"other", &["--contract", &contract()]).output();
    assert_eq!(output.unwrap().status.code(), Some(2));
    assert_eq!(fs::read(package.join("kernels.bin")).unwrap(), b"program");
}

#[test]
fn a_vendors_container_is_looked_into() {
    let (_scratch, sound) = package(&xclbin());
    let args = ["kernels".as_ref(), "verify".as_ref(), sound.as_os_str()];
    let said = String::from_utf8(run(args).stdout).unwrap();
    assert!(
        said.contains("abababab-abab-abab-abab-abababababab"),
        "{said}"
    );

    let scratch = folder();
    let cut = &xclbin()[..400];
    let output = sign(&scratch, cut, &["--contract", &contract()]).output();
    assert_eq!(output.unwrap().status.code(), Some(10));
    assert_eq!(names(scratch.path()), ["kernels.bin"]);
}

#[test]
fn what_is_not_signed_by_a_trusted_key_is_refused() {
    let (scratch, package) = package(b"program");
    let key = scratch.path().join("other.pem");
    run(["key".as_ref(), "new".as_ref(), key.as_os_str()]);
    let public = key.with_extension("pub.pem");
    let said = fails(
        11,
        [
            OsStr::new("kernels"),
            "verify".as_ref(),
            package.as_os_str(),
            "--key".as_ref(),
            public.as_os_str(),
        ],
    );
    assert!(said.contains("not among the trusted keys"), "{said}");

    let envelope = package.join("package.dsse.json");
    let text = fs::read_to_string(&envelope).unwrap();
    let statement = text.replace("vnd.fafnir.kernel-package+json", "vnd.in-toto+json");
    fs::write(&envelope, statement).unwrap();
    assert!(refused(11, &package).contains("payload type"));
    fs::write(&envelope, format!("{text}\n")).unwrap();
    assert!(refused(11, &package).contains("canonical"));
    fs::write(&envelope, text).unwrap();
    // A package is no result.
    let said = fails(11, ["verify".as_ref(), package.as_os_str()]);
    assert!(said.contains("payload type"), "{said}");

    fs::remove_file(&envelope).unwrap();
    assert!(refused(11, &package).contains("nothing proves"));
}

#[test]
fn changed_and_missing_files_are_refused_by_name() {
    let (scratch, package) = package(b"program");
    for name in ["kernels.bin", "package.json"] {
        let path = package.join(name);
        let good = fs::read(&path).unwrap();
        let cut = good[..good.len() - 1].to_vec();
        let longer = [&good[..], b" "].concat();
        for bad in [cut, longer, Vec::new()] {
            fs::write(&path, bad).unwrap();
            let said = refused(11, &package);
            assert!(said.contains(name) && said.contains("changed"), "{said}");
        }
        fs::remove_file(&path).unwrap();
        let said = refused(11, &package);
        assert!(said.contains(name) && said.contains("missing"), "{said}");
        // The right bytes, but in another place.
        let elsewhere = scratch.path().join("elsewhere");
        fs::write(&elsewhere, &good).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
        assert!(refused(11, &package).contains("not a regular file"));
        fs::remove_file(&path).unwrap();
        fs::write(&path, good).unwrap();
    }
    let args = ["kernels".as_ref(), "verify".as_ref(), package.as_os_str()];
    run(args);
    refused(10, &scratch.path().join("none"));
}

/// Every bit of every file, and every length below the whole.
#[test]
fn no_bit_can_be_flipped_and_no_byte_cut() {
    let (_scratch, package) = package(b"program of a few bytes");
    let keys = [trusted()];
    let refuses = |what: &str| match KernelPackage::open(&package, &keys) {
        Ok(_) => panic!("{what} was accepted"),
        Err(error) => assert!(
            matches!(error.class(), Class::Signature | Class::Input),
            "{what}: {error}"
        ),
    };
    for name in FILES {
        let path = package.join(name);
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                fs::write(&path, bad).unwrap();
                refuses(&format!("{name}: byte {at}, bit {bit}"));
            }
            fs::write(&path, &good[..at]).unwrap();
            refuses(&format!("{name}: {at} bytes"));
        }
        fs::write(&path, good).unwrap();
    }
    KernelPackage::open(&package, &keys).unwrap();
}

/// A trusted signature on something that this program does not understand, or should not do.
#[test]
fn what_is_signed_but_not_usable_is_refused() {
    let (scratch, package) = package(b"program");
    fs::write(scratch.path().join("outside"), b"program").unwrap();
    let outside = scratch.path().join("outside");
    let key = SigningKey::generate(scratch.path().join("lab.pem")).unwrap();
    let good = fs::read(package.join("package.json")).unwrap();
    let good: Value = serde_json::from_slice(&good).unwrap();
    let open = |description: &Value| {
        let envelope = Envelope::sign_kernel_package(description, &key);
        fs::write(package.join("package.dsse.json"), envelope.to_json()).unwrap();
        fs::write(package.join("package.json"), json::canonical(description)).unwrap();
        KernelPackage::open(&package, &[key.public_key()])
    };
    open(&good).unwrap();
    for (pointer, value, reason) in [
        ("/format", json!(2), "format version 2"),
        ("/revoked", json!(false), "unknown field"),
        ("/binary/name", json!("../outside"), "starts with a dot"),
        ("/binary/name", json!(outside), "is a path"),
        ("/binary/name", json!("./kernels.bin"), "starts with a dot"),
        ("/binary/size", json!(1u64 << 40), "it may have"),
        (
            "/contracts",
            json!([{"kernel": "extend", "version": extend::CONTRACT + 1}]),
            "this program knows",
        ),
        ("/binary/xclbinUuid", json!("ab"), "UUID"),
    ] {
        let mut bad = good.clone();
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        bad.pointer_mut(parent).unwrap()[field] = value;
        let error = open(&bad).unwrap_err();
        assert_eq!(error.class(), Class::Input, "{error}");
        let said = error.to_string();
        assert!(
            said.contains(reason) && said.contains("package.json"),
            "{said}"
        );
    }
    // A link that was signed for by its name.
    fs::remove_file(package.join("kernels.bin")).unwrap();
    std::os::unix::fs::symlink(&outside, package.join("kernels.bin")).unwrap();
    assert_eq!(open(&good).unwrap_err().class(), Class::Signature);
}

#[test]
fn what_would_be_refused_is_not_packaged() {
    let contract = contract();
    for more in [
        &["--contract", "extend:65535"][..],
        &["--contract", "map:0"],
        &["--contract", "extend"],
        &["--contract", &contract, "--contract", &contract],
        &["--contract", &contract, "--tool", "v++"],
        &["--contract", &contract, "--tool", "a=1", "--tool", "a=2"],
        &["--contract", &contract, "--resource", "lut=many"],
        &[],
    ] {
        let scratch = folder();
        let output = sign(&scratch, b"program", more).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{more:?}");
        assert_eq!(names(scratch.path()), ["kernels.bin"], "{more:?}");
    }
    let scratch = folder();
    let output = sign(&scratch, b"", &["--contract", &contract]).output();
    assert_eq!(output.unwrap().status.code(), Some(2));
}

/// The host program and PoCL's ICD file. Where they are not, the test is skipped, loudly, unless
/// `FAFNIR_REQUIRE=all` demands it.
fn pocl() -> Option<(PathBuf, PathBuf)> {
    let host = Path::new(env!("CARGO_BIN_EXE_fafnir")).with_file_name("fafnir-device-host");
    let icd = icds()
        .unwrap()
        .into_iter()
        .find(|icd| icd.ends_with("pocl.icd"));
    let missing = match icd {
        Some(icd) if host.is_file() => return Some((host, icd)),
        Some(_) => "fafnir-device-host is not built",
        None => "PoCL is not installed",
    };
    assert!(
        std::env::var("FAFNIR_REQUIRE").as_deref() != Ok("all"),
        "{missing}, but FAFNIR_REQUIRE=all"
    );
    let _ = writeln!(std::io::stderr(), "SKIPPED: {missing}");
    None
}

const LIMIT: Duration = Duration::from_secs(120);

#[test]
fn a_package_built_for_a_device_opens_it() {
    let Some((host, icd)) = pocl() else { return };
    let scratch = folder();
    let package = scratch.path().join("pocl");
    let key = scratch.path().join("lab.pem");
    run(["key".as_ref(), "new".as_ref(), key.as_os_str()]);
    let mut command = fafnir();
    command.args(["kernels", "build", "--device", "opencl:pocl", "--key"]);
    command.arg(&key).arg("-o").arg(&package);
    command.env("FAFNIR_DEVICE_HOST", &host);
    succeed(command);

    let keys = [VerifyingKey::load(key.with_extension("pub.pem")).unwrap()];
    let loaded = KernelPackage::open(&package, &keys).unwrap();
    let description = loaded.get().description();
    assert!(!description.is_signed_by_development_key());
    let devices = probe(&host, std::slice::from_ref(&icd), LIMIT)
        .remove(0)
        .devices;
    let device = devices.iter().find(|device| description.matches(device));
    let index = device.unwrap().index;
    let opened = Device::open(&host, &icd, index, Some(loaded.get().binary()), LIMIT).unwrap();
    assert!(description.matches(opened.info()));
    let contracts = &opened.info().contracts;
    assert!(description.contracts.iter().all(|c| contracts.contains(c)));

    // PoCL would abort on it: it is refused before anybody asks PoCL.
    let binary = package.join(description.binary_name());
    let whole = fs::read(&binary).unwrap();
    fs::write(&binary, &whole[..whole.len() / 2]).unwrap();
    let error = KernelPackage::open(&package, &keys).unwrap_err();
    assert_eq!(error.class(), Class::Signature);
}

#[test]
fn nothing_is_built_without_a_host_or_for_an_unknown_device() {
    let scratch = folder();
    let package = scratch.path().join("package");
    let build = |host: &Path| {
        let mut command = fafnir();
        command.args(["kernels", "build", "--device", "no such device", "-o"]);
        command.arg(&package).env("FAFNIR_DEVICE_HOST", host);
        command.output().unwrap()
    };
    let output = build(&scratch.path().join("none"));
    assert_eq!(output.status.code(), Some(20), "{output:?}");
    if let Some((host, _)) = pocl() {
        let output = build(&host);
        assert_eq!(output.status.code(), Some(20), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("no such device"), "{said}");
    }
    assert!(names(scratch.path()).is_empty());
}
