use std::{
    collections::HashSet,
    fs::File,
    io::{self, BufWriter, Read, Write},
};

use fafnir_attest::{DigestReader, DigestWriter, FileDigest, Sha256Digest};
use proptest::prelude::*;

/// FIPS 180-4 examples and RFC 1321 A.5, and a million times `a`.
#[test]
fn known_answers() {
    let million = vec![b'a'; 1_000_000];
    let cases: [(&[u8], &str, &str); 3] = [
        (
            b"",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "d41d8cd98f00b204e9800998ecf8427e",
        ),
        (
            b"abc",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "900150983cd24fb0d6963f7d28e17f72",
        ),
        (
            &million,
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
            "7707d6ae4e027c70eea2a935c2296f21",
        ),
    ];
    for (bytes, sha256, md5) in cases {
        let mut writer = DigestWriter::with_md5(Vec::new());
        writer.write_all(bytes).unwrap();
        let (written, digest) = writer.finish().unwrap();
        assert_eq!(written, bytes);
        assert_eq!(digest.sha256.to_string(), sha256);
        assert_eq!(digest.md5_hex().unwrap(), md5);
        assert_eq!(digest.size, bytes.len() as u64);
        assert_eq!(FileDigest::of(bytes).sha256, digest.sha256);
        assert_eq!(FileDigest::of(bytes).md5_hex(), None);
    }
}

/// Takes and gives at most `step` bytes at a time, and is interrupted every other time.
struct Halting<T> {
    inner: T,
    step: usize,
    interrupt: bool,
}

impl<T> Halting<T> {
    fn turn(&mut self) -> io::Result<()> {
        self.interrupt = !self.interrupt;
        if self.interrupt {
            Err(io::ErrorKind::Interrupted.into())
        } else {
            Ok(())
        }
    }
}

impl<W: Write> Write for Halting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.turn()?;
        self.inner.write(&bytes[..bytes.len().min(self.step)])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<R: Read> Read for Halting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.turn()?;
        let step = buffer.len().min(self.step);
        self.inner.read(&mut buffer[..step])
    }
}

proptest! {
    #[test]
    fn short_writes_and_reads_change_nothing(
        bytes in proptest::collection::vec(any::<u8>(), 0..3000),
        step in 1_usize..700,
        taken in 0_usize..3000,
    ) {
        let inner = Halting { inner: Vec::new(), step, interrupt: false };
        let mut writer = DigestWriter::new(inner);
        writer.write_all(&bytes).unwrap();
        let (inner, digest) = writer.finish().unwrap();
        prop_assert_eq!(&inner.inner, &bytes);
        prop_assert_eq!(digest, FileDigest::of(&bytes));

        let inner = Halting { inner: &bytes[..], step, interrupt: false };
        let mut reader = DigestReader::new(inner);
        let mut head = Vec::new();
        reader.by_ref().take(taken as u64).read_to_end(&mut head).unwrap();
        prop_assert_eq!(&head[..], &bytes[..taken.min(bytes.len())]);
        prop_assert_eq!(reader.finish().unwrap(), FileDigest::of(&bytes));
    }

    #[test]
    fn text_goes_both_ways(bytes in any::<[u8; 32]>()) {
        let digest = Sha256Digest::from(bytes);
        prop_assert_eq!(digest.to_string().parse(), Ok(digest));
        prop_assert_eq!(digest.to_string().to_uppercase().parse(), Ok(digest));
        let json = serde_json::to_string(&digest).unwrap();
        prop_assert_eq!(&json, &format!("\"{digest}\""));
        prop_assert_eq!(serde_json::from_str::<Sha256Digest>(&json).unwrap(), digest);
        prop_assert_eq!(HashSet::from([digest]).len(), 1);
    }

    #[test]
    fn other_text_is_refused(text in "\\PC{0,70}") {
        let hexadecimal = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        prop_assert_eq!(text.parse::<Sha256Digest>().is_ok(), hexadecimal);
    }
}

#[test]
fn a_full_disk_is_an_error() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut writer = DigestWriter::new(full);
    let error = writer.write_all(b"x").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert_eq!(
        writer.finish().unwrap().1.size,
        0,
        "what was not written is not hashed"
    );

    // What a buffer above holds back comes out at the flush at the latest.
    let full = File::options().write(true).open("/dev/full").unwrap();
    let mut writer = BufWriter::new(DigestWriter::new(full));
    writer.write_all(b"x").unwrap();
    assert!(writer.into_inner().is_err());
}
