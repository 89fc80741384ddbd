//! Batches under way at the same time.

use std::{
    thread,
    time::{Duration, Instant},
};

use fafnir_fpga_hal::{
    device::{
        Device, DeviceError, Frame, FrameError, Kind, MAX_PAYLOAD, SLOTS, Ticket, serve::Connection,
    },
    extend,
};

use crate::{
    AMPLE, SHORT,
    fakes::{Fake, open},
};

/// A question that no kernel has to understand.
fn question(content: &[u8]) -> Frame {
    Frame {
        kind: Kind::Extend,
        contract: extend::CONTRACT,
        count: 1,
        payload: content.to_vec(),
    }
}

/// What fakes answer to it.
fn results(mut question: Frame) -> Frame {
    question.kind = Kind::Results;
    question.payload.reverse();
    question
}

/// Sends a question as soon as a slot is free.
fn submit(device: &Device, content: &[u8]) -> Result<Ticket, DeviceError> {
    loop {
        if let Some(ticket) = device.submit(&question(content))? {
            return Ok(ticket);
        }
        thread::yield_now();
    }
}

/// Asks until the device ends; returns how it does.
fn end_of(device: &Device) -> DeviceError {
    let ask = || submit(device, b"?")?.wait(AMPLE);
    let error = loop {
        if let Err(error) = ask() {
            break error;
        }
    };
    assert!(matches!(ask(), Err(DeviceError::Closed)));
    assert_eq!(device.process_id(), None);
    error
}

pub(crate) fn echo(connection: &Connection, _: usize) {
    while let Some((number, question)) = connection.next().unwrap() {
        connection.answer(number, &results(question)).unwrap();
    }
}

pub(crate) fn answer_backwards(connection: &Connection, _: usize) {
    while let Some((number, question)) = connection.next().unwrap() {
        let Some((next_number, next)) = connection.next().unwrap() else {
            break;
        };
        connection.answer(next_number, &results(next)).unwrap();
        connection.answer(number, &results(question)).unwrap();
    }
}

pub(crate) fn refuse_the_second(connection: &Connection, _: usize) {
    for round in 0.. {
        let Some((number, question)) = connection.next().unwrap() else {
            break;
        };
        if round == 1 {
            connection.refuse(number, "too large".to_owned()).unwrap();
        } else {
            connection.answer(number, &results(question)).unwrap();
        }
    }
}

pub(crate) fn answer_twice(connection: &Connection, _: usize) {
    while let Some((number, question)) = connection.next().unwrap() {
        let results = results(question);
        for _ in 0..2 {
            // The first may have ended the connection.
            let _ = connection.answer(number, &results);
        }
    }
}

pub(crate) fn answer_another(connection: &Connection, beyond: usize) {
    while let Some((number, question)) = connection.next().unwrap() {
        let number = number.wrapping_add(beyond as u32);
        connection.answer(number, &results(question)).unwrap();
    }
}

pub(crate) fn answer_unasked(connection: &Connection, _: usize) {
    connection.answer(0, &results(question(b"?"))).unwrap();
    echo(connection, 0);
}

#[test]
fn answers_may_come_in_any_order() {
    let device = open("answer backwards", 0);
    for round in 0..100u8 {
        let first = device.submit(&question(&[round, 1])).unwrap().unwrap();
        let second = device.submit(&question(&[round, 2])).unwrap().unwrap();
        assert!(device.submit(&question(&[])).unwrap().is_none());
        assert_eq!(first.wait(AMPLE).unwrap().payload, [1, round]);
        assert!(second.is_done());
        assert_eq!(second.wait(AMPLE).unwrap().payload, [2, round]);
    }
}

#[test]
fn threads_share_a_device() {
    let device = open("echo", 0);
    thread::scope(|scope| {
        for thread in 0..4u8 {
            let device = &device;
            scope.spawn(move || {
                for round in 0..200u8 {
                    let content = vec![thread, round, 0, 0];
                    let answer = submit(device, &content).unwrap().wait(AMPLE).unwrap();
                    assert_eq!(answer.payload, [0, 0, round, thread]);
                }
            });
        }
    });
}

#[test]
fn the_largest_batches_travel() {
    let device = open("echo", 0);
    let fill = |byte: u8| {
        let mut payload = vec![byte; MAX_PAYLOAD];
        payload[0] = 0;
        payload
    };
    let tickets: Vec<Ticket> = (1..=SLOTS as u8)
        .map(|byte| device.submit(&question(&fill(byte))).unwrap().unwrap())
        .collect();
    for (ticket, byte) in tickets.into_iter().zip(1..) {
        let mut expected = fill(byte);
        expected.reverse();
        assert!(ticket.wait(AMPLE).unwrap().payload == expected);
    }
}

#[test]
fn what_cannot_be_sent_harms_nobody() {
    let device = open("echo", 0);
    let too_long = device.submit(&question(&vec![0; MAX_PAYLOAD + 1]));
    match too_long {
        Err(DeviceError::Unsendable(error @ FrameError::TooLong { .. })) => {
            assert!(error.to_string().contains("split the batch"), "{error}");
        }
        other => panic!("{other:?}"),
    }
    let no_batch = device.submit(&Frame::message(Kind::Hello, ""));
    assert!(matches!(no_batch, Err(DeviceError::Unsendable(_))));
    let unknown = device.submit(&Frame {
        contract: 99,
        ..question(&[])
    });
    assert!(matches!(
        unknown,
        Err(DeviceError::NoKernel { contract: 99, .. })
    ));
    for _ in 0..2 * SLOTS {
        let ticket = device.submit(&question(b"ab")).unwrap().unwrap();
        assert_eq!(ticket.wait(AMPLE).unwrap().payload, b"ba");
    }
}

#[test]
fn a_refusal_concerns_one_batch() {
    let device = open("refuse the second", 0);
    let first = submit(&device, b"ab").unwrap();
    let second = submit(&device, b"cd").unwrap();
    match second.wait(AMPLE) {
        Err(DeviceError::Refused { message }) => assert_eq!(message, "too large"),
        other => panic!("{other:?}"),
    }
    assert_eq!(first.wait(AMPLE).unwrap().payload, b"ba");
    let third = submit(&device, b"ef").unwrap();
    assert_eq!(third.wait(AMPLE).unwrap().payload, b"fe");
}

#[test]
fn a_dropped_ticket_frees_its_slot() {
    let device = open("echo", 0);
    for round in 0..20u8 {
        drop(submit(&device, &[round]).unwrap());
        let answered = submit(&device, &[round]).unwrap();
        while !answered.is_done() {
            thread::yield_now();
        }
        drop(answered);
    }
    let tickets = [b"ab", b"cd"].map(|content| submit(&device, content).unwrap());
    let answers = tickets.map(|ticket| ticket.wait(AMPLE).unwrap().payload);
    assert_eq!(answers, [b"ba", b"dc"]);
}

#[test]
fn answers_that_nobody_asked_for_end_a_device() {
    let many = SLOTS as u32 as usize;
    for (act, number) in [
        ("answer twice", 0),
        ("answer another", 1),
        ("answer another", many),
        ("answer another", u32::MAX as usize - 3),
        ("answer unasked", 0),
    ] {
        let error = end_of(&open(act, number));
        assert!(
            matches!(error, DeviceError::OutOfTurn { kind } if kind == Kind::Results),
            "{act} {number}: {error:?}"
        );
    }
}

#[test]
fn all_tickets_end_with_their_device() {
    // Killed.
    let device = open("answer nothing", 0);
    let tickets = [
        submit(&device, b"1").unwrap(),
        submit(&device, b"2").unwrap(),
    ];
    assert!(tickets.iter().all(|ticket| !ticket.is_done()));
    let kill = std::process::Command::new("kill")
        .args(["-9", &device.process_id().unwrap().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let [first, second] = tickets.map(|ticket| ticket.wait(AMPLE).unwrap_err());
    match first {
        DeviceError::Died { status, .. } => assert!(status.contains("signal: 9"), "{status}"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(second, DeviceError::Closed));
    assert!(matches!(end_of(&device), DeviceError::Closed));

    // Closed.
    let device = open("answer nothing", 0);
    let ticket = submit(&device, b"1").unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| ticket.wait(AMPLE));
        device.close();
        assert!(matches!(waiting.join().unwrap(), Err(DeviceError::Closed)));
    });

    // Dropped.
    let device = open("answer nothing", 0);
    let ticket = submit(&device, b"1").unwrap();
    drop(device);
    assert!(ticket.is_done());
    assert!(matches!(ticket.wait(AMPLE), Err(DeviceError::Closed)));

    // Late.
    let device = open("answer nothing", 0);
    let tickets = [
        submit(&device, b"1").unwrap(),
        submit(&device, b"2").unwrap(),
    ];
    let [first, second] = tickets;
    let started = Instant::now();
    let second = thread::scope(|scope| {
        let waiting = scope.spawn(|| second.wait(AMPLE));
        assert!(matches!(
            first.wait(SHORT),
            Err(DeviceError::TimedOut { limit: SHORT, .. })
        ));
        waiting.join().unwrap()
    });
    assert!(matches!(second, Err(DeviceError::Closed)));
    assert!(started.elapsed() < AMPLE);
    assert!(matches!(end_of(&device), DeviceError::Closed));
}

#[test]
fn limits_count_from_the_submission() {
    let device = open("answer nothing", 0);
    let ticket = submit(&device, b"1").unwrap();
    let late = ticket.wait(Duration::ZERO);
    assert!(matches!(late, Err(DeviceError::TimedOut { .. })));
    // An answer that is there is given, however late it is asked for; and no limit is too long.
    let device = open("echo", 0);
    let ticket = submit(&device, b"ab").unwrap();
    while !ticket.is_done() {
        thread::yield_now();
    }
    assert_eq!(ticket.wait(Duration::ZERO).unwrap().payload, b"ba");
    let ticket = submit(&device, b"ab").unwrap();
    assert_eq!(ticket.wait(Duration::MAX).unwrap().payload, b"ba");
}

#[test]
fn batches_wait_for_a_slot_no_longer_than_they_may() {
    let device = open("answer nothing", 0);
    let tickets = [
        submit(&device, b"1").unwrap(),
        submit(&device, b"2").unwrap(),
    ];
    let mut out = extend::Results::default();
    let batch = extend::Batch::new(extend::Scoring::default());
    let result = device.extend(&batch, &mut out, SHORT);
    assert!(matches!(result, Err(DeviceError::TimedOut { .. })));
    for ticket in tickets {
        assert!(matches!(ticket.wait(AMPLE), Err(DeviceError::Closed)));
    }
}

#[test]
fn a_device_outlives_the_thread_that_opened_it() {
    let fake = Fake::acting("echo", 0);
    let opened = thread::spawn(move || fake.open(AMPLE).unwrap());
    let device = opened.join().unwrap();
    let ticket = submit(&device, b"ab").unwrap();
    assert_eq!(ticket.wait(AMPLE).unwrap().payload, b"ba");
}
