//! Hosts that do what a test wants: shell scripts, and this test program started as a host.

use std::{
    env, fs,
    fs::{File, OpenOptions},
    io,
    os::{fd::AsFd, unix::net::UnixStream},
    path::Path,
    process,
    time::Duration,
};

use fafnir_fpga_hal::{
    device::{
        Contract, Device, DeviceError, DeviceInfo, DeviceKind, Frame, Kind, Memory,
        serve::{Connection, end_with_parent},
    },
    extend, pairhmm,
};
use tempfile::TempDir;

use crate::{AMPLE, answers, endings, slots};

/// What a host does once it is open, with a number that the test gives.
type Act = fn(&Connection, usize);

const ACTS: [(&str, Act); 14] = [
    ("answer with", answers::answer_with),
    ("answer pairs with", answers::answer_pairs_with),
    ("send raw", answers::send_raw),
    ("scribble", answers::scribble),
    ("tell the program", answers::tell_the_program),
    ("send a binary", answers::send_a_binary),
    ("die after", endings::die_after),
    ("answer nothing", endings::answer_nothing),
    ("echo", slots::echo),
    ("answer backwards", slots::answer_backwards),
    ("refuse the second", slots::refuse_the_second),
    ("answer twice", slots::answer_twice),
    ("answer another", slots::answer_another),
    ("answer unasked", slots::answer_unasked),
];

/// A folder with the script of a driver, and the files that it uses.
pub(crate) struct Fake(TempDir);

impl Fake {
    /// `script` speaks on standard output, and finds the folder in `$files`, with a greeting in
    /// `$files/hello`.
    pub(crate) fn script(script: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let files = folder.path().display();
        let script = format!("files='{files}'\nexec >&0\n{script}\n");
        fs::write(folder.path().join("fake.icd"), script).unwrap();
        Self(folder).with("hello", &socket_bytes(&hello()))
    }

    pub(crate) fn acting(act: &str, number: usize) -> Self {
        let program = env::current_exe().unwrap();
        let program = program.display();
        Self::script(&format!(
            "ACT='{act}' NUMBER={number} exec '{program}' --exact fakes::act --nocapture >/dev/null"
        ))
    }

    pub(crate) fn with(self, name: &str, bytes: &[u8]) -> Self {
        fs::write(self.0.path().join(name), bytes).unwrap();
        self
    }

    pub(crate) fn icd(&self) -> std::path::PathBuf {
        self.0.path().join("fake.icd")
    }

    pub(crate) fn open(&self, limit: Duration) -> Result<Device, DeviceError> {
        Device::open(fake_host(), &self.icd(), 0, None, limit)
    }
}

/// Opens this program as a host.
pub(crate) fn open(act: &str, number: usize) -> Device {
    Fake::acting(act, number).open(AMPLE).unwrap()
}

pub(crate) fn fake_host() -> &'static Path {
    Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/device/fake-host.sh"
    ))
}

pub(crate) fn hello() -> Frame {
    Frame::message(Kind::Hello, serde_json::to_vec(&info()).unwrap())
}

pub(crate) fn info() -> DeviceInfo {
    let contract = |kernel: &str, version| Contract {
        kernel: kernel.to_owned(),
        version,
    };
    DeviceInfo {
        index: 0,
        platform: "fake".to_owned(),
        name: "fake".to_owned(),
        vendor: "fake".to_owned(),
        kind: DeviceKind::Other,
        version: "OpenCL 1.2".to_owned(),
        driver: "0".to_owned(),
        compute_units: 1,
        memory: 1 << 30,
        largest_buffer: 1 << 28,
        pci: None,
        contracts: vec![
            contract("extend", extend::CONTRACT),
            contract("pairhmm", pairhmm::CONTRACT),
        ],
        withheld: Vec::new(),
        sandbox: Vec::new(),
    }
}

/// Returns what of a frame goes over the socket.
pub(crate) fn socket_bytes(frame: &Frame) -> Vec<u8> {
    let mut bytes = Vec::new();
    let elsewhere = Memory::create().unwrap();
    frame.write_to(0, &mut bytes, Some(&elsewhere)).unwrap();
    bytes
}

/// Acts as a host, if this program was started as one.
#[test]
fn act() {
    let Ok(name) = env::var("ACT") else { return };
    let number = env::var("NUMBER").unwrap().parse().unwrap();
    let (_, act) = ACTS.iter().find(|(known, _)| *known == name).unwrap();
    end_with_parent().unwrap();
    let (connection, program) = Connection::accept().unwrap();
    connection.hello(&info()).unwrap();
    PROGRAM.set(program).unwrap();
    act(&connection, number);
    process::exit(0);
}

/// In a host: the program that it was sent.
pub(crate) static PROGRAM: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();

/// In a host: what its connection has, for what that would not do.
pub(crate) fn raw() -> (UnixStream, File) {
    let socket = io::stdin().as_fd().try_clone_to_owned().unwrap().into();
    let memory = fs::read_dir("/proc/self/fd").unwrap().find_map(|entry| {
        let path = entry.unwrap().path();
        let name = fs::read_link(&path).unwrap_or_default();
        let is_memory = name.to_string_lossy().contains("memfd:fafnir-device");
        is_memory.then(|| OpenOptions::new().read(true).write(true).open(path))
    });
    (socket, memory.unwrap().unwrap())
}
