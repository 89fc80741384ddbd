#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;
use crate::reads::ReadPairBatch;

type Input = Box<dyn Read + Send>;

fn input(file: &str, text: &[u8]) -> FastqInput<Input> {
    FastqInput {
        file: file.to_owned(),
        read: Box::new(std::io::Cursor::new(text.to_vec())),
    }
}

fn paired(one: &[u8], two: &[u8]) -> Layout<Input> {
    Layout::Paired(input("r1.fq", one), input("r2.fq", two))
}

/// Name, bases and qualities of the ends.
type Template = (Vec<u8>, Vec<u8>, Vec<u8>, Option<(Vec<u8>, Vec<u8>)>);

/// All templates, and the first error.
fn read_all(
    layout: Layout<Input>,
    batch_pairs: usize,
    threads: bool,
) -> (Vec<Template>, Option<String>) {
    let options = FastqOptions {
        batch_pairs,
        first_ordinal: 7,
        read_group: 3,
    };
    let mut reader = if threads {
        PairReader::spawn(layout, options).unwrap()
    } else {
        PairReader::new(layout, options)
    };
    let mut batch = ReadPairBatch::default();
    let mut all = Vec::new();
    let error = loop {
        match reader.next_batch(&mut batch) {
            Ok(true) => {}
            Ok(false) => break None,
            Err(error) => break Some(error.to_string()),
        }
        assert_eq!(batch.first_ordinal, 7 + all.len() as u64);
        assert_eq!(batch.read_group, 3);
        for i in 0..batch.len() {
            let second = batch.is_paired().then(|| {
                let second = &batch.second;
                assert_eq!(second.name(i), batch.first.name(i));
                (second.bases(i).to_vec(), second.qualities(i).to_vec())
            });
            let first = &batch.first;
            all.push((
                first.name(i).to_vec(),
                first.bases(i).to_vec(),
                first.qualities(i).to_vec(),
                second,
            ));
        }
    };
    reader.finish().unwrap();
    (all, error)
}

fn single_error(text: &[u8]) -> String {
    let (_, error) = read_all(Layout::Single(input("x.fq", text)), 4, false);
    let (_, threaded) = read_all(Layout::Single(input("x.fq", text)), 4, true);
    assert_eq!(error, threaded);
    error.unwrap()
}

#[test]
fn odd_but_valid() {
    let text = b"@a/1 comment\r\nacg.N\r\n+a\r\n!~III\r\n@b\n\n+\n\n@c\tx\nRYU\n+\nABC";
    let (all, error) = read_all(Layout::Single(input("x", text)), 4, false);
    assert_eq!(error, None);
    assert_eq!(
        all,
        [
            (
                b"a".to_vec(),
                b"ACGNN".to_vec(),
                vec![0, 93, 40, 40, 40],
                None
            ),
            (b"b".to_vec(), vec![], vec![], None),
            (b"c".to_vec(), b"RYT".to_vec(), vec![32, 33, 34], None),
        ]
    );
    assert_eq!(
        read_all(Layout::Single(input("x", b"")), 4, true),
        (vec![], None)
    );
    let (all, error) = read_all(Layout::Single(input("x", b"@r\nA\n+\nI\n\n\r\n")), 4, true);
    assert_eq!((all.len(), error), (1, None));
    let (all, error) = read_all(Layout::Single(input("x", b"@r\n\n+\n")), 4, true);
    assert_eq!((all.len(), error), (1, None));
}

#[test]
fn errors_say_where() {
    assert_eq!(
        single_error(b"@a\nACGT\n+\nIIII\n@b\nAC*T\n+\nIIII\n"),
        "x.fq: record 2 (line 6, byte 20): '*' is no base: expected IUPAC letters or '.'"
    );
    assert_eq!(
        single_error(b"@a\nACGT\n+\nIIII\n@b\nACGT\n+\nIII\n"),
        "x.fq: record 2 (line 8, byte 25): 3 qualities for 4 bases: the file is damaged"
    );
    let long_name = [b"@".to_vec(), vec![b'n'; 255], b"\nA\n+\nI\n".to_vec()].concat();
    let endless = [b"@".to_vec(), vec![b'n'; 1 << 19]].concat();
    let long = |n: usize| {
        let (bases, qualities) = (vec![b'A'; n], vec![b'I'; n]);
        [
            b"@a\n".to_vec(),
            bases,
            b"\n+\n".to_vec(),
            qualities,
            b"\n".to_vec(),
        ]
        .concat()
    };
    for (text, part) in [
        (
            &b">a\nACGT\n"[..],
            "expected '@' at the start of a record, found '>'",
        ),
        (
            b"@a\nA\n+\nI\n\n@b\nA\n+\nI\n",
            "record 2 (line 5, byte 9): expected '@'",
        ),
        (b"@ a\nA\n+\nI\n", "no name"),
        (b"@a\0b\nA\n+\nI\n", "byte 2): byte 0x00 is not allowed"),
        (b"@@a\nA\n+\nI\n", "not allowed"),
        (b"@a\nA\0\n+\nII\n", "'\\0' is no base"),
        (b"@a\nA\nI\n+\n", "(line 3, byte 5): expected '+'"),
        (
            b"@a\nA\n+\n \n",
            "(line 4, byte 7): byte 0x20 is no quality",
        ),
        (b"@a\nA\n+\n\x80\n", "byte 0x80 is no quality"),
        (b"@a\nA\n+\n\x7f\n", "byte 0x7f is no quality"),
        (b"@a\nAC\n+\nI", "ends inside a record"),
        (b"@a\nAC\n+", "ends inside a record"),
        (b"@a\nAC\n", "ends inside a record"),
        (b"@a", "ends inside a record"),
        (&long_name, "255 bytes, BAM holds at most 254"),
        (&endless, "BAM holds at most 254"),
        (&long(65_536), "longer than 65,535"),
        (&long(300_000), "longer than 65,535"),
    ] {
        let error = single_error(text);
        assert!(error.contains(part), "{error}");
    }
    let (all, error) = read_all(Layout::Single(input("x", &long(65_535))), 4, false);
    assert_eq!((all[0].1.len(), error), (65_535, None));
}

fn pair_error(one: &[u8], two: &[u8]) -> String {
    let (_, error) = read_all(paired(one, two), 2, false);
    let (_, threaded) = read_all(paired(one, two), 2, true);
    assert_eq!(error, threaded);
    error.unwrap()
}

#[test]
fn mates_that_do_not_belong_together() {
    let record = |name: &str| format!("@{name}\nA\n+\nI\n").into_bytes();
    let file = |names: &[&str]| names.iter().flat_map(|n| record(n)).collect::<Vec<_>>();
    let error = pair_error(&file(&["a", "b", "c"]), &file(&["a", "b", "x"]));
    assert!(
        error.starts_with("r1.fq: record 3 ") && error.contains("\"c\" here, \"x\" in r2.fq"),
        "{error}"
    );
    let error = pair_error(&file(&["a", "b", "c"]), &file(&["a", "b"]));
    assert!(
        error.starts_with("r2.fq: record 3 ")
            && error.contains("ends after 2 records, but r1.fq goes on"),
        "{error}"
    );
    let error = pair_error(&file(&["a"]), &file(&["a", "b", "c"]));
    assert!(
        error.contains("r1.fq") && error.contains("ends after 1 records, but r2.fq"),
        "{error}"
    );
    let error = pair_error(b"", &file(&["a"]));
    assert!(error.contains("ends after 0 records"), "{error}");
    let error = pair_error(&file(&["a/1"]), &file(&["a/1"]));
    assert!(error.contains("given twice"), "{error}");
    let error = pair_error(&file(&["a 2:N:0:A"]), &file(&["a 2:N:0:A"]));
    assert!(error.contains("both hold read 2"), "{error}");
    let (all, error) = read_all(
        paired(&file(&["a 1:N:0:A"]), &file(&["a 2:N:0:A"])),
        2,
        true,
    );
    assert_eq!((all.len(), error), (1, None));
    let odd = file(&["a/1", "a/2", "b/1"]);
    let (_, error) = read_all(Layout::Interleaved(input("x", &odd)), 9, true);
    assert!(
        error
            .unwrap()
            .contains("interleaved file ends after the first read")
    );
    let wrong = file(&["a/1", "a/2", "b/1", "c/2"]);
    let (_, error) = read_all(Layout::Interleaved(input("x", &wrong)), 9, false);
    assert!(error.unwrap().starts_with("x: record 3 (line 9"));
}

fn many(count: usize) -> Vec<u8> {
    (0..count)
        .flat_map(|i| format!("@{i}\nACGT\n+\nIIII\n").into_bytes())
        .collect()
}

#[test]
fn every_byte_is_read_and_readers_come_back() {
    let text = many(5000);
    let bgzip = [
        crate::bgzf::Compressor::new(1)
            .unwrap()
            .compress_bytes(&text)
            .bytes,
        crate::bgzf::EOF_BLOCK.to_vec(),
    ]
    .concat();
    for bytes in [text.clone(), gzip(&text), bgzip] {
        let open = || FastqInput {
            file: "x".into(),
            read: std::io::Cursor::new(bytes.clone()),
        };
        for threads in [false, true] {
            let (layout, options) = (Layout::Paired(open(), open()), FastqOptions::default());
            let mut reader = match threads {
                true => PairReader::spawn(layout, options).unwrap(),
                false => PairReader::new(layout, options),
            };
            let mut batch = ReadPairBatch::default();
            while reader.next_batch(&mut batch).unwrap() {}
            assert_eq!(reader.templates(), 5000);
            // What hashes its bytes on the way has then seen all of them.
            for read in reader.finish().unwrap() {
                assert_eq!(read.position(), bytes.len() as u64);
            }
        }
    }
}

#[test]
fn threads_end_when_nobody_reads_on() {
    let text = many(100_000);
    let options = FastqOptions {
        batch_pairs: 10,
        ..FastqOptions::default()
    };
    let mut reader = PairReader::spawn(paired(&text, &text), options).unwrap();
    assert!(reader.next_batch(&mut ReadPairBatch::default()).unwrap());
    assert_eq!(reader.finish().unwrap().len(), 2);
}

/// Fails after some bytes.
struct Failing(std::io::Cursor<Vec<u8>>);

impl Read for Failing {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        match self.0.read(out)? {
            0 => Err(std::io::Error::other("the disk is gone")),
            count => Ok(count),
        }
    }
}

#[test]
fn a_failing_disk_is_not_bad_input() {
    for bytes in [many(3), gzip(&many(3))] {
        let read = Failing(std::io::Cursor::new(bytes));
        let mut reader = FastqReader::new("x.fq", read);
        let error = reader
            .read_many(&mut crate::Reads::default(), 10)
            .unwrap_err();
        assert!(error.to_string().contains("the disk is gone"), "{error}");
        assert!(!error.kind.is_bad_input());
    }
    let mut whole = gzip(&many(3));
    whole.truncate(whole.len() - 1);
    let mut reader = FastqReader::new("x.fq", &whole[..]);
    let error = reader
        .read_many(&mut crate::Reads::default(), 10)
        .unwrap_err();
    assert!(
        error.kind.is_bad_input() && error.to_string().contains("truncated"),
        "{error}"
    );
}

fn templates() -> impl Strategy<Value = Vec<Template>> {
    let read = || {
        prop::collection::vec((prop::sample::select(&b"ACGTNRYK"[..]), 0..=93u8), 0..60)
            .prop_map(|pairs| pairs.into_iter().unzip::<u8, u8, Vec<u8>, Vec<u8>>())
    };
    prop::collection::vec(("[!-?A-~]{1,20}", read(), read()), 0..40).prop_map(|all| {
        all.into_iter()
            .enumerate()
            .map(|(i, (name, (bases, qualities), second))| {
                // The number keeps a random end like "/1" from being cut off.
                (
                    format!("{name}.{i}").into_bytes(),
                    bases,
                    qualities,
                    Some(second),
                )
            })
            .collect()
    })
}

fn record(name: &[u8], end: &str, bases: &[u8], qualities: &[u8]) -> Vec<u8> {
    let qualities: Vec<u8> = qualities.iter().map(|q| q + 33).collect();
    [
        b"@",
        name,
        end.as_bytes(),
        b"\n",
        bases,
        b"\n+\n",
        &qualities,
        b"\n",
    ]
    .concat()
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(1));
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn round_trip(templates in templates(), batch in 1..50usize, threads in any::<bool>(), compress in any::<bool>()) {
        let (mut one, mut two, mut both) = (Vec::new(), Vec::new(), Vec::new());
        for (name, bases, qualities, second) in &templates {
            let first = record(name, "/1", bases, qualities);
            let second = second.as_ref().unwrap();
            let second = record(name, "/2", &second.0, &second.1);
            one.extend_from_slice(&first);
            two.extend_from_slice(&second);
            both.extend_from_slice(&first);
            both.extend_from_slice(&second);
        }
        if compress {
            one = gzip(&one);
            two = gzip(&two);
        }
        prop_assert_eq!(read_all(paired(&one, &two), batch, threads), (templates.clone(), None));
        prop_assert_eq!(
            read_all(Layout::Interleaved(input("x", &both)), batch, threads),
            (templates.clone(), None)
        );
        let (single, error) = read_all(Layout::Single(input("x", &one)), batch, threads);
        prop_assert_eq!(error, None);
        prop_assert!(single.iter().zip(&templates).all(|(a, b)| a.1 == b.1 && a.3.is_none()));
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        noise in prop::collection::vec(any::<u8>(), 0..200),
        text in "[@+ACGTI\n\r /12]{0,200}",
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let _ = read_all(Layout::Single(input("x", &noise)), 3, false);
        let _ = read_all(Layout::Interleaved(input("x", text.as_bytes())), 3, false);
        let mut valid = b"@a/1\nACGT\n+\nIIII\n@a/2\nACGT\n+\nIIII\n".to_vec();
        let at = at.index(valid.len());
        let _ = read_all(Layout::Interleaved(input("x", &valid[..at])), 3, false);
        valid[at] = byte;
        let _ = read_all(Layout::Interleaved(input("x", &valid)), 3, false);
    }
}
