//! Hosts that die, hang or lie: each call returns, with an error that says so.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use fafnir_fpga_hal::{
    device::{Contract, Device, DeviceError, DeviceInfo, DeviceKind, Frame, FrameError, Kind},
    extend, pairhmm,
};
use tempfile::TempDir;

use crate::AMPLE;

/// Long enough for a shell to start, short enough to wait for.
const SHORT: Duration = Duration::from_secs(1);

fn fake_host() -> &'static Path {
    Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/device/fake-host.sh"
    ))
}

/// A folder with a driver script and the frames that it sends.
struct Fake(TempDir);

impl Fake {
    /// `script` speaks on standard output, and finds the folder in `$frames`.
    fn new(script: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let frames = folder.path().display();
        let script = format!("frames='{frames}'\nexec >&0\n{script}\n");
        fs::write(folder.path().join("fake.icd"), script).unwrap();
        Self(folder)
    }

    fn with(self, name: &str, frame: &Frame) -> Self {
        let mut bytes = Vec::new();
        frame.write_to(&mut bytes).unwrap();
        self.with_bytes(name, &bytes)
    }

    fn with_bytes(self, name: &str, bytes: &[u8]) -> Self {
        fs::write(self.0.path().join(name), bytes).unwrap();
        self
    }

    fn open(&self, limit: Duration) -> Result<Device, DeviceError> {
        Device::open(fake_host(), &self.0.path().join("fake.icd"), 0, limit)
    }
}

fn hello() -> Frame {
    let contract = |kernel: &str| Contract {
        kernel: kernel.to_owned(),
        version: 0,
    };
    let info = DeviceInfo {
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
        contracts: vec![contract("extend"), contract("pairhmm")],
        withheld: Vec::new(),
        sandbox: Vec::new(),
    };
    Frame::message(Kind::Hello, serde_json::to_vec(&info).unwrap())
}

fn extensions(traceback: bool) -> extend::Batch {
    let mut batch = extend::Batch::new(extend::Scoring::default());
    for _ in 0..3 {
        let job = extend::Job {
            query: &[0, 1, 2, 3],
            target: &[0, 1, 2, 3, 0],
            traceback,
            ..extend::Job::default()
        };
        batch.push(job).unwrap();
    }
    batch
}

/// What a host answers to [`extensions`]: by job the six result arrays, and a path with traceback.
fn results(traceback: bool, change: impl FnOnce(&mut [i32; 18])) -> Frame {
    let mut words = [4; 18];
    words[15..].fill(traceback.into());
    change(&mut words);
    let path = [4 << 4; extend::wire::PATH_SLOT];
    let paths = if traceback { path.repeat(3) } else { vec![] };
    extend::wire::encode_results(&words, &paths).unwrap()
}

/// Opens a fake that answers the first batch with `answer`, and sends it one.
fn ask(fake: &Fake, traceback: bool, limit: Duration) -> Result<extend::Results, DeviceError> {
    let mut device = fake.open(AMPLE).unwrap();
    let mut out = extend::Results::default();
    let result = device.extend(&extensions(traceback), &mut out, limit);
    if result.is_err() {
        assert!(out.is_empty());
        let again = device.extend(&extensions(traceback), &mut out, limit);
        assert!(matches!(again, Err(DeviceError::Closed)), "{again:?}");
        assert_eq!(device.process_id(), None);
    }
    result.map(|()| out)
}

fn answering(answer: &Frame) -> Fake {
    Fake::new("cat $frames/hello $frames/answer; exec sleep 600")
        .with("hello", &hello())
        .with("answer", answer)
}

#[test]
fn a_right_answer_is_taken() {
    for traceback in [false, true] {
        let out = ask(&answering(&results(traceback, |_| {})), traceback, AMPLE).unwrap();
        assert_eq!(out.chosen(2).score, 4);
        assert_eq!(out.cigar(2), if traceback { &[4 << 4][..] } else { &[] });
    }
}

#[test]
fn a_job_that_a_device_leaves_is_computed_here() {
    let left = results(true, |words| {
        for field in words.chunks_mut(3) {
            field[1] = -1;
        }
    });
    let out = ask(&answering(&left), true, AMPLE).unwrap();
    assert_eq!((out.chosen(1).score, out.cigar(1)), (4, &[4 << 4][..]));
}

#[test]
fn a_host_that_hangs_is_ended() {
    let silent = Fake::new("exec sleep 600");
    assert!(matches!(
        silent.open(SHORT),
        Err(DeviceError::TimedOut { .. })
    ));
    let silent = Fake::new("cat $frames/hello; exec sleep 600").with("hello", &hello());
    let result = ask(&silent, false, SHORT);
    assert!(matches!(result, Err(DeviceError::TimedOut { .. })));
    // Half an answer does not help, nor does talking.
    let mut half = Vec::new();
    results(false, |_| {}).write_to(&mut half).unwrap();
    half.truncate(30);
    let slow = Fake::new("cat $frames/hello $frames/half; exec yes fafnir >&2")
        .with("hello", &hello())
        .with_bytes("half", &half);
    match ask(&slow, false, SHORT) {
        Err(DeviceError::TimedOut { stderr, .. }) => assert!(stderr.contains("fafnir")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_batch_that_nobody_reads_is_given_up() {
    let mut device = Fake::new("cat $frames/hello; exec sleep 600")
        .with("hello", &hello())
        .open(AMPLE)
        .unwrap();
    let mut batch = pairhmm::Batch::new();
    let haplotype = batch.push_haplotype(&[0; 1_000]).unwrap();
    for _ in 0..1_000_000 {
        let read = batch.push_read(&[], &[], &[], &[], &[]).unwrap();
        batch.push_pair(read, haplotype).unwrap();
    }
    let mut out = Vec::new();
    let started = Instant::now();
    let result = device.pairhmm(&batch, &mut out, SHORT);
    assert!(matches!(result, Err(DeviceError::TimedOut { .. })));
    assert!(started.elapsed() >= SHORT);
}

#[test]
fn a_host_that_dies_is_told() {
    let killed =
        Fake::new("cat $frames/hello; head -c 1 <&0 >/dev/null; echo ouch >&2; kill -9 $$")
            .with("hello", &hello());
    match ask(&killed, false, AMPLE) {
        Err(DeviceError::Died { status, stderr }) => {
            assert!(status.contains("signal: 9"), "{status}");
            assert_eq!(stderr, "ouch\n");
        }
        other => panic!("{other:?}"),
    }
    let gone = Fake::new("exit 7").open(AMPLE);
    assert!(matches!(gone, Err(DeviceError::Died { .. })));
    let nowhere = Device::open(Path::new("/nonexistent"), fake_host(), 0, AMPLE);
    assert!(matches!(nowhere, Err(DeviceError::Start { .. })));
    let no_driver = Device::open(fake_host(), Path::new("/nonexistent"), 0, AMPLE);
    assert!(matches!(no_driver, Err(DeviceError::Icd { .. })));
}

#[test]
fn garbage_is_refused() {
    let noise = Fake::new("cat $frames/hello; head -c 100000 /dev/zero; exec sleep 600")
        .with("hello", &hello());
    assert!(matches!(
        ask(&noise, false, AMPLE),
        Err(DeviceError::WrongAnswer(FrameError::NoFrame))
    ));
    let mut damaged = Vec::new();
    results(false, |_| {}).write_to(&mut damaged).unwrap();
    *damaged.last_mut().unwrap() ^= 1;
    let damaged = Fake::new("cat $frames/hello $frames/damaged; exec sleep 600")
        .with("hello", &hello())
        .with_bytes("damaged", &damaged);
    assert!(matches!(
        ask(&damaged, false, AMPLE),
        Err(DeviceError::WrongAnswer(FrameError::Damaged))
    ));
    let endless = Fake::new("cat $frames/hello; printf 'FDH0\\004\\0\\0\\0\\0\\0\\0\\0\\377\\377\\377\\377\\0\\0\\0\\0'; exec sleep 600")
        .with("hello", &hello());
    assert!(matches!(
        ask(&endless, false, AMPLE),
        Err(DeviceError::WrongAnswer(FrameError::TooLong { .. }))
    ));
    assert!(matches!(
        ask(&answering(&hello()), false, AMPLE),
        Err(DeviceError::OutOfTurn { kind: Kind::Hello })
    ));
    for hello in [
        Frame::message(Kind::Hello, "{}"),
        Frame {
            contract: 9,
            ..hello()
        },
    ] {
        assert!(matches!(
            answering(&hello).with("hello", &hello).open(AMPLE),
            Err(DeviceError::WrongAnswer(FrameError::Payload { .. }))
        ));
    }
}

#[test]
fn impossible_results_are_refused() {
    let changes: [fn(&mut [i32; 18]); 13] = [
        |words| words[0] = 5,
        |words| words[1] = -1,
        |words| words[2] = i32::MAX,
        |words| words[3] = 5,
        |words| words[3] = -1,
        |words| words[8] = 6,
        |words| words[9] = 5,
        |words| words[9] = i32::MIN + 1,
        |words| words[9] = extend::NOT_REACHED,
        |words| words[14] = 65_540,
        |words| words[15] = 1,
        |words| words[16] = -2,
        |words| words[17] = i32::MAX,
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let result = ask(&answering(&results(false, change)), false, AMPLE);
        assert!(
            matches!(
                result,
                Err(DeviceError::WrongAnswer(FrameError::Payload { .. }))
            ),
            "change {index}: {result:?}"
        );
    }
    let short = extend::wire::encode_results(&[4; 12], &[]).unwrap();
    let other_contract = Frame {
        contract: 1,
        ..results(false, |_| {})
    };
    let miscounted = Frame {
        count: 4,
        ..results(false, |_| {})
    };
    for answer in [short, other_contract, miscounted] {
        let result = ask(&answering(&answer), false, AMPLE);
        assert!(
            matches!(result, Err(DeviceError::WrongAnswer(_))),
            "{result:?}"
        );
    }
    // Possible, but not what the path says.
    let lie = |words: &mut [i32; 18]| words[..12].copy_from_slice(&[3; 12]);
    let result = ask(&answering(&results(false, lie)), false, AMPLE);
    assert_eq!(result.unwrap().score(0), 3);
    assert!(matches!(
        ask(&answering(&results(true, lie)), true, AMPLE),
        Err(DeviceError::WrongAnswer(_))
    ));

    for sum in [f32::NAN, f32::INFINITY, -1.0, 1e38] {
        let fake = answering(&pairhmm::wire::encode_results(&[sum]).unwrap());
        let mut device = fake.open(AMPLE).unwrap();
        let mut batch = pairhmm::Batch::new();
        let haplotype = batch.push_haplotype(&[0]).unwrap();
        let read = batch.push_read(&[0], &[30], &[45], &[45], &[10]).unwrap();
        batch.push_pair(read, haplotype).unwrap();
        let result = device.pairhmm(&batch, &mut Vec::new(), AMPLE);
        assert!(matches!(result, Err(DeviceError::WrongAnswer(_))), "{sum}");
    }
}

#[test]
fn a_refusal_leaves_the_device_open() {
    let refusal = Frame::message(Kind::Refused, "too large");
    let fake =
        Fake::new("cat $frames/hello $frames/refusal $frames/answer; exec cat <&0 >/dev/null")
            .with("hello", &hello())
            .with("refusal", &refusal)
            .with("answer", &results(false, |_| {}));
    let mut device = fake.open(AMPLE).unwrap();
    let mut out = extend::Results::default();
    match device.extend(&extensions(false), &mut out, AMPLE) {
        Err(DeviceError::Refused { message }) => assert_eq!(message, "too large"),
        other => panic!("{other:?}"),
    }
    device.extend(&extensions(false), &mut out, AMPLE).unwrap();
    assert_eq!(out.len(), 3);
}
