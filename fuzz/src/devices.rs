//! What a device host and its parent send each other, and kernel packages.

use std::fs;

use fafnir::{Contract, DevicePattern, KernelPackage, SigningKey};
use fafnir_attest::dsse::Envelope;
use fafnir_fpga_hal::device::{Frame, Kind, Memory};
use fafnir_fpga_hal::{Hal, extend, pairhmm};
use tempfile::TempDir;

use super::scratch;

/// A frame from a socket; a payload that lies in memory is that of [`extensions`].
pub fn frame(data: &[u8]) {
    thread_local! {
        static MEMORY: Memory = {
            let memory = Memory::create().expect("a shared memory");
            let mut header = Vec::new();
            let written = question().write_to(1, &mut header, Some(&memory));
            written.expect("a frame");
            memory
        };
    }
    MEMORY.with(|memory| {
        let mut from = data;
        while Frame::read_from(&mut from, Some(memory)).is_ok() {}
    });
}

/// Frames of both ways.
pub fn frame_seeds() -> Vec<Vec<u8>> {
    let memory = Memory::create().expect("a shared memory");
    let of = |frame: Frame| {
        let mut bytes = Vec::new();
        let written = frame.write_to(1, &mut bytes, Some(&memory));
        written.expect("a frame");
        bytes
    };
    let hello = of(Frame::message(Kind::Hello, "{}"));
    let refused = of(Frame::message(Kind::Refused, "no"));
    vec![[&hello[..], &refused].concat(), of(question())]
}

fn extensions() -> extend::Batch {
    let mut batch = extend::Batch::new(extend::Scoring::default());
    for (query, target) in [(&[0, 1, 2, 3, 0][..], &[0, 1, 3, 3, 0, 9][..]), (&[], &[2])] {
        for traceback in [false, true] {
            let job = extend::Job {
                query,
                target,
                traceback,
                ..extend::Job::default()
            };
            batch.push(job).expect("a short job");
        }
    }
    batch
}

fn question() -> Frame {
    let batch = extensions();
    extend::wire::encode(&batch, 0..batch.len()).expect("a small batch")
}

fn pairs() -> pairhmm::Batch {
    let mut batch = pairhmm::Batch::new();
    let read = batch.push_read(&[0; 5], &[30; 5], &[45; 5], &[45; 5], &[10; 5]);
    let read = read.expect("a short read");
    for bases in [&[0, 1, 9][..], &[]] {
        let haplotype = batch.push_haplotype(bases).expect("a short haplotype");
        batch.push_pair(read, haplotype).expect("a pair");
    }
    batch
}

/// A frame of a kind, of as many jobs as its first four bytes say.
fn received(kind: Kind, contract: u16, data: &[u8]) -> Option<Frame> {
    let (count, payload) = data.split_first_chunk()?;
    Some(Frame {
        kind,
        contract,
        count: u32::from_le_bytes(*count),
        payload: payload.to_vec(),
    })
}

fn seed(frame: &Frame) -> Vec<u8> {
    [&frame.count.to_le_bytes()[..], &frame.payload].concat()
}

/// A batch of extensions, as a host checks it.
pub fn extend_batch(data: &[u8]) {
    if let Some(frame) = received(Kind::Extend, extend::CONTRACT, data)
        && let Ok(sizes) = extend::wire::check(&frame)
    {
        assert_eq!(sizes.len(), frame.count as usize);
    }
}

/// A batch.
pub fn extend_batch_seeds() -> Vec<Vec<u8>> {
    vec![seed(&question())]
}

/// A batch of pairs, as a host checks it.
pub fn pairhmm_batch(data: &[u8]) {
    if let Some(frame) = received(Kind::Pairhmm, pairhmm::CONTRACT, data)
        && let Ok(sizes) = pairhmm::wire::check(&frame)
    {
        assert_eq!(sizes.len(), frame.count as usize);
    }
}

/// A batch.
pub fn pairhmm_batch_seeds() -> Vec<Vec<u8>> {
    let batch = pairs();
    let frame = pairhmm::wire::encode(&batch, 0..batch.len());
    vec![seed(&frame.expect("a small batch"))]
}

/// A host's answer to [`extensions`].
pub fn extend_answer(data: &[u8]) {
    let (batch, mut out) = (extensions(), extend::Results::default());
    Hal::new().expect("a processor").extend(&batch, &mut out);
    if let Some(frame) = received(Kind::Results, extend::CONTRACT, data) {
        let _ = extend::wire::decode_results(&batch, 0..batch.len(), &frame, &mut out);
    }
}

/// The answer that leaves all jobs to the processor, and one that claims scores.
pub fn extend_answer_seeds() -> Vec<Vec<u8>> {
    let jobs = extensions().len();
    let left = vec![-1; extend::wire::RESULT_FIELDS * jobs];
    let none = vec![0; extend::wire::RESULT_FIELDS * jobs];
    [left, none]
        .map(|found| {
            let paths = vec![0; extend::wire::PATH_SLOT * jobs];
            seed(&extend::wire::encode_results(&found, &paths).expect("a small batch"))
        })
        .into()
}

/// A host's answer to [`pairs`].
pub fn pairhmm_answer(data: &[u8]) {
    let batch = pairs();
    let mut sums = vec![0.0; batch.len()];
    if let Some(frame) = received(Kind::Results, pairhmm::CONTRACT, data) {
        let _ = pairhmm::wire::decode_results(&batch, 0..batch.len(), &frame, &mut sums);
    }
}

/// Sums.
pub fn pairhmm_answer_seeds() -> Vec<Vec<u8>> {
    let frame = pairhmm::wire::encode_results(&[1e30, 0.0]);
    vec![seed(&frame.expect("a small batch"))]
}

/// A kernel package, and the key that it is signed with.
struct Package {
    folder: TempDir,
    key: SigningKey,
}

impl Package {
    fn new() -> Self {
        let folder = scratch::folder();
        let key = SigningKey::development_in(folder.path()).expect("a key");
        fs::write(folder.path().join("kernels.bin"), BINARY).expect("room for a file");
        Self { folder, key }
    }
}

const BINARY: &[u8] = b"kernels";

/// A description of a kernel package, signed as it is.
pub fn kernel_package(data: &[u8]) {
    thread_local! {
        static PACKAGE: Package = Package::new();
    }
    let Ok(description) = fafnir_attest::json::parse(data) else {
        return;
    };
    PACKAGE.with(|Package { folder, key }| {
        let write = |name: &str, bytes: &[u8]| {
            fs::write(folder.path().join(name), bytes).expect("room for a file");
        };
        write(
            "package.json",
            &fafnir_attest::json::canonical(&description),
        );
        let envelope = Envelope::sign_kernel_package(&description, key);
        write("package.dsse.json", &envelope.to_json());
        let _ = KernelPackage::open(folder.path(), &[key.public_key()]);
    });
}

/// A description that is as it must be.
pub fn kernel_package_seeds() -> Vec<Vec<u8>> {
    let digest = fafnir_attest::Sha256Digest::of(BINARY);
    let contract = extend::CONTRACT;
    let text = format!(
        r#"{{"format":1,"device":{{"name":"board_*","platform":"p"}},"contracts":[{{"kernel":"extend","version":{contract}}}],
        "binary":{{"name":"kernels.bin","sha256":"{digest}","size":{}}},"tools":{{"v++":"1"}},"resources":{{"LUT":5}}}}"#,
        BINARY.len()
    );
    vec![text.into_bytes()]
}

/// The container of AMD's programs.
pub fn xclbin(data: &[u8]) {
    let contracts: Vec<Contract> = Vec::new();
    let _ = KernelPackage::new("kernels.xclbin", data, DevicePattern::default(), contracts);
}

/// An empty container.
pub fn xclbin_seeds() -> Vec<Vec<u8>> {
    let mut file = vec![0; 456];
    file[..8].copy_from_slice(b"xclbin2\0");
    file[8..12].copy_from_slice(&(-1_i32).to_le_bytes());
    file[304..312].copy_from_slice(&456_u64.to_le_bytes());
    file[416..432].copy_from_slice(&[0xab; 16]);
    vec![file]
}
