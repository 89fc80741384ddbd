use std::{
    fs,
    io::{self, Read},
    os::unix::fs::symlink,
    path::Path,
};

use fafnir_attest::{
    AttestError, ErrorKind, FileDigest, InputProof, Pending, Sha256Digest, Verified, read_regular,
};

#[test]
fn a_stream_is_proved_at_its_end() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("r1.fastq.gz");
    let bytes = vec![7; 200_000];
    fs::write(&path, &bytes).unwrap();

    let mut pending = Pending::open(&path, None).unwrap().with_role("reads");
    assert_eq!(pending.path(), path);
    pending.read_exact(&mut [0; 10]).unwrap();
    let proof = pending.finish().unwrap();
    assert_eq!(
        proof.name, "r1.fastq.gz",
        "directories stay out of the statement"
    );
    assert_eq!(proof.role, "reads");
    assert_eq!(
        proof.digest,
        FileDigest::of(&bytes),
        "the unread rest counts"
    );
    assert!(!proof.claimed);

    let claimed = Some(Sha256Digest::of(&bytes));
    let proof = Pending::open(&path, claimed).unwrap().finish().unwrap();
    assert!(proof.claimed);
}

#[test]
fn a_false_claim_names_file_and_digests() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("r1.fastq.gz");
    fs::write(&path, "reads").unwrap();
    let (claim, found) = (Sha256Digest::of(b"other"), Sha256Digest::of(b"reads"));
    let streamed = Pending::open(&path, Some(claim)).unwrap();
    let errors = [
        streamed.finish().unwrap_err(),
        Verified::read(&path, Some(claim)).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::BadProof);
        let text = error.to_string();
        for part in [
            path.to_str().unwrap(),
            &claim.to_string(),
            &found.to_string(),
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
}

#[test]
fn unreadable_inputs_are_named() {
    let scratch = tempfile::tempdir().unwrap();
    for path in [scratch.path().join("none.fastq"), scratch.path().to_owned()] {
        let errors = [
            Pending::open(&path, None).err().unwrap(),
            Verified::read(&path, None).unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(&error, AttestError::Read { path: p, .. } if *p == path));
            assert_eq!(error.kind(), ErrorKind::BadInput);
        }
    }
}

struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("medium error"))
    }
}

#[test]
fn a_stream_that_breaks_gives_no_proof() {
    let error = Pending::new(Broken, "r2.fastq.gz", None)
        .finish()
        .unwrap_err();
    assert_eq!(error.to_string(), "r2.fastq.gz: cannot read: medium error");
}

/// Workflow engines hand inputs over as links; the digest is of the descriptor that was opened.
#[test]
fn links_are_followed_once() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    fs::write(at("first"), "first").unwrap();
    fs::write(at("second"), "second").unwrap();
    symlink(at("first"), at("link")).unwrap();
    let pending = Pending::open(at("link"), None).unwrap();
    fs::remove_file(at("link")).unwrap();
    symlink(at("second"), at("link")).unwrap();
    assert_eq!(pending.finish().unwrap().digest, FileDigest::of(b"first"));
}

#[test]
fn a_verified_value_has_passed_its_test() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("ref.fafnir");
    fs::write(&path, "12").unwrap();
    let read = Verified::read(&path, Some(Sha256Digest::of(b"12"))).unwrap();
    assert_eq!(read.get(), b"12");
    assert!(read.proof().claimed);
    let number = read
        .try_map(|bytes| String::from_utf8_lossy(&bytes).parse::<u32>())
        .unwrap()
        .with_role("index");
    assert_eq!(number.proof().role, "index");
    assert_eq!(number.proof().name, "ref.fafnir");
    assert_eq!(number.into_inner(), 12);

    let proof = InputProof::new("i", "index", FileDigest::of(b"12"), None).unwrap();
    let even = |value: &u32, _: &InputProof| value.is_multiple_of(2).then_some(()).ok_or("odd");
    assert_eq!(*Verified::check(12, proof.clone(), even).unwrap().get(), 12);
    assert_eq!(Verified::check(13, proof, even).unwrap_err(), "odd");
}

#[test]
fn regular_files_are_read_up_to_a_limit() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("binary");
    fs::write(&path, b"12345").unwrap();
    assert_eq!(read_regular(&path, 5).unwrap(), b"12345");
    let error = read_regular(&path, 4).unwrap_err();
    assert!(matches!(error, AttestError::TooLarge { limit: 4, .. }));
    let link = scratch.path().join("link");
    symlink(&path, &link).unwrap();
    for not_regular in [link.as_path(), scratch.path(), Path::new("/dev/zero")] {
        let error = read_regular(not_regular, 5).unwrap_err();
        assert!(matches!(error, AttestError::NotRegular { .. }), "{error}");
    }
    let error = read_regular(scratch.path().join("none"), 5).unwrap_err();
    assert!(matches!(error, AttestError::Read { .. }));
}
