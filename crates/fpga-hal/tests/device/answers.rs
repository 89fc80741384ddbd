//! Hosts that lie, or speak no sense.

use std::{io::Write as _, os::unix::fs::FileExt, thread};

use fafnir_fpga_hal::{
    device::{
        Device, DeviceError, Frame, FrameError, Kind, MAX_PAYLOAD, compile, serve::Connection,
    },
    extend::{
        self,
        wire::{LEFT, PATH_SLOT},
    },
    pairhmm,
};
use proptest::{collection::vec, prelude::*, test_runner::TestRunner};

use crate::{
    AMPLE,
    fakes::{Fake, PROGRAM, fake_host, hello, open, raw, socket_bytes},
};

const JOBS: usize = 3;
type Words = [i32; JOBS * extend::wire::RESULT_FIELDS];

/// Results that no job of [`extensions`] can have.
const IMPOSSIBLE: [fn(&mut Words); 15] = [
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
    // Paths that are not there, or longer than can be.
    |words| words[15] = 0,
    |words| words[16] = -2,
    |words| words[17] = i32::MAX,
    // Possible, but not what the path says.
    |words| words[..12].fill(3),
    |words| (words[0], words[9]) = (3, 3),
];

const IMPOSSIBLE_SUMS: [f32; 4] = [f32::NAN, f32::INFINITY, -1.0, 1e38];

fn extensions() -> extend::Batch {
    let mut batch = extend::Batch::new(extend::Scoring::default());
    for _ in 0..JOBS {
        let job = extend::Job {
            query: &[0, 1, 2, 3],
            target: &[0, 1, 2, 3, 0],
            traceback: true,
            ..extend::Job::default()
        };
        batch.push(job).unwrap();
    }
    batch
}

fn pairs() -> pairhmm::Batch {
    let mut batch = pairhmm::Batch::new();
    let haplotype = batch.push_haplotype(&[0]).unwrap();
    let read = batch.push_read(&[0], &[30], &[45], &[45], &[10]).unwrap();
    batch.push_pair(read, haplotype).unwrap();
    batch
}

/// What a host answers to [`extensions`].
fn results(change: impl FnOnce(&mut Words)) -> Frame {
    let mut words = [4; JOBS * extend::wire::RESULT_FIELDS];
    words[5 * JOBS..].fill(1);
    change(&mut words);
    extend::wire::encode_results(&words, &[4 << 4; JOBS * PATH_SLOT]).unwrap()
}

/// Leaves a job to the processor.
fn leave_the_second(words: &mut Words) {
    words
        .iter_mut()
        .skip(1)
        .step_by(JOBS)
        .for_each(|word| *word = LEFT);
}

/// How many of [`answers`] are right.
const RIGHT: usize = 2;

/// What "answer with" answers: right answers, impossible ones, ones of another form.
fn answers() -> Vec<Frame> {
    let right = || results(|_| {});
    let mut answers = vec![right(), results(leave_the_second)];
    answers.extend(IMPOSSIBLE.map(|change| results(change)));
    let contract = right().contract + 1;
    answers.push(Frame {
        contract,
        ..right()
    });
    answers.push(Frame {
        count: 4,
        ..right()
    });
    answers.push(Frame {
        count: 2,
        ..right()
    });
    for length in [0, 4, right().payload.len() - 1] {
        let mut short = right();
        short.payload.truncate(length);
        answers.push(short);
    }
    answers
}

pub(crate) fn answer_with(connection: &Connection, index: usize) {
    while let Some((number, _)) = connection.next().unwrap() {
        connection.answer(number, &answers()[index]).unwrap();
    }
}

pub(crate) fn answer_pairs_with(connection: &Connection, index: usize) {
    while let Some((number, _)) = connection.next().unwrap() {
        let results = pairhmm::wire::encode_results(&IMPOSSIBLE_SUMS[index..=index]);
        connection.answer(number, &results.unwrap()).unwrap();
    }
}

/// What "send raw" sends in place of results, and what the parent says to that.
type Nonsense = (fn() -> Vec<u8>, fn(&DeviceError) -> bool);
const NONSENSE: [Nonsense; 6] = [
    (
        || vec![0; 100_000],
        |error| matches!(error, DeviceError::WrongAnswer(FrameError::NoFrame)),
    ),
    // Results that were never written to memory.
    (
        || socket_bytes(&results(|_| {})),
        |error| matches!(error, DeviceError::WrongAnswer(FrameError::Damaged)),
    ),
    (
        || {
            let mut header = socket_bytes(&results(|_| {}));
            header[16..20].copy_from_slice(&(MAX_PAYLOAD as u32 + 1).to_le_bytes());
            header
        },
        |error| matches!(error, DeviceError::WrongAnswer(FrameError::TooLong { .. })),
    ),
    (
        || socket_bytes(&hello()),
        |error| matches!(error, DeviceError::OutOfTurn { kind: Kind::Hello }),
    ),
    (
        || socket_bytes(&Frame::message(Kind::Binary, [])),
        |error| matches!(error, DeviceError::OutOfTurn { kind: Kind::Binary }),
    ),
    (
        || socket_bytes(&hello())[..30].to_vec(),
        |error| matches!(error, DeviceError::Died { .. }),
    ),
];

pub(crate) fn send_raw(connection: &Connection, index: usize) {
    let (mut socket, _) = raw();
    connection.next().unwrap();
    socket.write_all(&NONSENSE[index].0()).unwrap();
}

/// Answers right, and writes all over the memory before and after.
pub(crate) fn scribble(connection: &Connection, _: usize) {
    let (_, memory) = raw();
    thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0u64.. {
                let at = round % 64 + round % 2 * MAX_PAYLOAD as u64;
                memory.write_all_at(&[round as u8], at).unwrap();
            }
        });
        while let Ok(Some((number, _))) = connection.next() {
            connection.answer(number, &results(|_| {})).unwrap();
        }
        std::process::exit(0);
    });
}

/// Answers with the length of the program and its last byte.
pub(crate) fn tell_the_program(connection: &Connection, _: usize) {
    let program = PROGRAM.get().unwrap();
    let mut told = (program.len() as u64).to_le_bytes().to_vec();
    told.extend(program.last());
    while let Some((number, _)) = connection.next().unwrap() {
        let answer = Frame::message(Kind::Results, told.clone());
        connection.answer(number, &answer).unwrap();
    }
}

pub(crate) fn send_a_binary(connection: &Connection, length: usize) {
    connection.binary(vec![7; length]).unwrap();
}

fn extend(device: &Device) -> Result<extend::Results, DeviceError> {
    let mut out = extend::Results::default();
    let result = device.extend(&extensions(), &mut out, AMPLE);
    assert_eq!(out.is_empty(), result.is_err());
    result.map(|()| out)
}

#[test]
fn a_right_answer_is_taken() {
    for index in 0..RIGHT {
        let device = open("answer with", index);
        for _ in 0..5 {
            let results = extend(&device).unwrap();
            for job in 0..JOBS {
                assert_eq!(results.chosen(job).score, 4);
                assert_eq!(results.cigar(job), [4 << 4]);
            }
        }
    }
}

#[test]
fn impossible_results_are_refused() {
    for index in RIGHT..answers().len() {
        let device = open("answer with", index);
        let result = extend(&device);
        assert!(
            matches!(
                result,
                Err(DeviceError::WrongAnswer(FrameError::Payload { .. }))
            ),
            "answer {index}: {result:?}"
        );
        assert!(matches!(extend(&device), Err(DeviceError::Closed)));
        assert_eq!(device.process_id(), None);
    }
    for index in 0..IMPOSSIBLE_SUMS.len() {
        let device = open("answer pairs with", index);
        let result = device.pairhmm(&pairs(), &mut Vec::new(), AMPLE);
        assert!(
            matches!(result, Err(DeviceError::WrongAnswer(_))),
            "{index}"
        );
    }
}

#[test]
fn nonsense_is_refused() {
    for (index, (_, is_expected)) in NONSENSE.iter().enumerate() {
        let device = open("send raw", index);
        let error = extend(&device).unwrap_err();
        assert!(is_expected(&error), "{index}: {error:?}");
        assert!(matches!(extend(&device), Err(DeviceError::Closed)));
    }
    for hello in [
        Frame::message(Kind::Hello, "{}"),
        Frame {
            contract: 99,
            ..hello()
        },
    ] {
        let fake =
            Fake::script("cat $files/hello; exec sleep 600").with("hello", &socket_bytes(&hello));
        assert!(matches!(
            fake.open(AMPLE),
            Err(DeviceError::WrongAnswer(FrameError::Payload { .. }))
        ));
    }
}

#[test]
fn a_scribbled_memory_is_found() {
    let right = results(|_| {});
    let question = extend::wire::encode(&extensions(), 0..JOBS).unwrap();
    let device = open("scribble", 0);
    for _ in 0..1_000 {
        let ask = || device.submit(&question)?.unwrap().wait(AMPLE);
        match ask() {
            Ok(answer) => assert_eq!(answer, right),
            Err(DeviceError::WrongAnswer(FrameError::Damaged)) => break,
            // The question was scribbled on, and the host gave up.
            Err(DeviceError::Died { .. }) => break,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn programs_travel() {
    let ask = |device: &Device| {
        let question = extend::wire::encode(&extensions(), 0..JOBS).unwrap();
        let ticket = device.submit(&question).unwrap().unwrap();
        ticket.wait(AMPLE).unwrap().payload
    };
    let expected = |length: usize| {
        let mut expected = (length as u64).to_le_bytes().to_vec();
        expected.extend((length > 0).then_some(9));
        expected
    };
    let fake = Fake::acting("tell the program", 0);
    // The last is longer than a slot.
    for length in [0, 1, MAX_PAYLOAD + 12_345] {
        let program = vec![9; length];
        let device = Device::open(fake_host(), &fake.icd(), 0, Some(&program), AMPLE).unwrap();
        assert_eq!(ask(&device), expected(length));
    }
    let program = vec![9; 2 * MAX_PAYLOAD + 1];
    let refused = Device::open(fake_host(), &fake.icd(), 0, Some(&program), AMPLE);
    assert!(matches!(
        refused,
        Err(DeviceError::Unsendable(FrameError::TooLong { .. }))
    ));
    let compiler = Fake::acting("send a binary", 1_000);
    let (info, program) = compile(fake_host(), &compiler.icd(), 0, AMPLE).unwrap();
    assert_eq!((info.name.as_str(), program), ("fake", vec![7; 1_000]));
    let refused = compile(fake_host(), &fake.icd(), 0, crate::SHORT);
    assert!(matches!(refused, Err(DeviceError::TimedOut { .. })));
}

#[test]
fn no_bytes_harm_the_parent() {
    let start = prop_oneof![
        Just(Vec::new()),
        Just(b"FDH1".to_vec()),
        Just(socket_bytes(&hello())),
        Just([socket_bytes(&hello()), b"FDH1".to_vec()].concat()),
        (0u16..9, any::<u32>(), 0u32..4, 0u32..100).prop_map(|(kind, count, number, length)| {
            let mut bytes = [socket_bytes(&hello()), b"FDH1".to_vec()].concat();
            bytes.extend(kind.to_le_bytes());
            bytes.extend([0, 0]);
            bytes.extend([count, number, length].map(u32::to_le_bytes).concat());
            bytes
        }),
    ];
    TestRunner::new(ProptestConfig::with_cases(64))
        .run(&(start, vec(any::<u8>(), 0..100)), |(start, rest)| {
            let fake = Fake::script("cat $files/noise").with("noise", &[start, rest].concat());
            if let Ok(device) = fake.open(AMPLE) {
                prop_assert!(extend(&device).is_err());
                prop_assert!(matches!(extend(&device), Err(DeviceError::Closed)));
            }
            Ok(())
        })
        .unwrap();
}
