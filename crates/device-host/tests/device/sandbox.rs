//! A driver that is up to no good, under the real host.

use std::{fs, net::TcpListener, path::Path, process::Command};

use fafnir_fpga_hal::device::probe;
use tempfile::TempDir;

use crate::{AMPLE, host, pocl, skip};

/// What the driver in `bad_driver.c` tells with a bit each.
const TCP: u32 = 1;
const OTHER_FAMILIES: u32 = 1 << 1;
const READ_KEY: u32 = 1 << 2;
const WRITE_KEY: u32 = 1 << 3;
const NEW_FILE: u32 = 1 << 4;
const KERNEL_KEYS: u32 = 1 << 5;
const OTHER_PROCESS: u32 = 1 << 6;
const SECRETS: u32 = 1 << 7;
const OWN_FILE: u32 = 1 << 8;
const UNIX: u32 = 1 << 9;

fn compile(folder: &Path, home: &Path, port: u16, arguments: &[&str]) {
    let status = Command::new("cc")
        .current_dir(folder)
        .arg(format!("-DPORT={port}"))
        .arg(format!("-DFOLDER=\"{}\"", home.display()))
        .args(arguments)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/device/bad_driver.c"))
        .status();
    assert!(status.unwrap().success());
}

/// Returns the bits and the private folder in `text`.
fn told(text: &str) -> (u32, String) {
    let (_, told) = text.split_once("told ").unwrap_or_else(|| panic!("{text}"));
    let (bits, folder) = told.trim().split_once(' ').unwrap();
    (bits.parse().unwrap(), folder.to_owned())
}

#[test]
fn a_driver_reaches_neither_network_nor_keys_nor_files() {
    let Some((_, info)) = pocl() else { return };
    if info.sandbox != ["landlock", "seccomp"] {
        return skip(&format!(
            "the kernel has only {:?} of a sandbox",
            info.sandbox
        ));
    }
    let folder = TempDir::new().unwrap();
    let home = folder.path().join("home");
    let drivers = folder.path().join("drivers");
    fs::create_dir(&home).unwrap();
    fs::create_dir(&drivers).unwrap();
    fs::write(home.join("key"), "secret").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();

    // Outside of the host it reaches them.
    compile(&drivers, &home, port, &["-o", "program"]);
    let output = Command::new(drivers.join("program"))
        .env("TMPDIR", &drivers)
        .output()
        .unwrap();
    let (done, _) = told(&String::from_utf8(output.stderr).unwrap());
    let needed = TCP | READ_KEY | WRITE_KEY | NEW_FILE | OWN_FILE | UNIX;
    assert_eq!(done & needed, needed, "{done:#b}");
    fs::remove_file(home.join("new")).unwrap();

    compile(
        &drivers,
        &home,
        port,
        &["-shared", "-fPIC", "-o", "libbad.so"],
    );
    let icd = folder.path().join("bad.icd");
    let library = drivers.join("libbad.so");
    fs::write(&icd, library.to_str().unwrap()).unwrap();
    let reports = probe(host(), &[icd], AMPLE);
    let error = reports[0].error.as_deref().unwrap();
    let (done, private) = told(error);
    assert_eq!(done & (TCP | OTHER_FAMILIES), 0, "network: {done:#b}");
    assert_eq!(
        done & (READ_KEY | WRITE_KEY | NEW_FILE | SECRETS),
        0,
        "files: {done:#b}"
    );
    assert_eq!(done & (KERNEL_KEYS | OTHER_PROCESS), 0, "calls: {done:#b}");
    assert_eq!(done, OWN_FILE | UNIX, "{done:#b}");
    assert_eq!(fs::read(home.join("key")).unwrap(), b"secret");
    assert!(!home.join("new").exists());
    // What it wrote is gone with it.
    assert!(
        private.starts_with('/') && !Path::new(&private).exists(),
        "{private}"
    );
}
