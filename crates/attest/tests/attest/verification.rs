use std::{
    fs::{self, File},
    os::unix::{fs::symlink, net::UnixListener},
    path::{Path, PathBuf},
};

use fafnir_attest::{
    AttestError, ErrorKind,
    dsse::Envelope,
    key::{SigningKey, VerifyingKey},
    statement::SubjectKind,
    verify::{VerifyError, verify_path},
};

use crate::{new_key, open, run, state};

/// A finished run and its key.
struct Finished {
    scratch: tempfile::TempDir,
    keys: Vec<VerifyingKey>,
}

const FILES: [(&str, &[u8]); 4] = [
    ("s.bam", b"alignments"),
    ("s.bam.bai", b"index"),
    ("s.log", b"took 5 s"),
    ("s.vcf.gz", b"variations"),
];

impl Finished {
    fn new() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let key = new_key();
        run(scratch.path(), "s", &FILES, &key, false).unwrap();
        Self {
            scratch,
            keys: vec![key.public_key()],
        }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    /// The refusal, which must name the file.
    fn refused(&self, name: &str) -> VerifyError {
        let error = verify_path(self.scratch.path(), &self.keys).unwrap_err();
        let path = self.at(name);
        let text = error.to_string();
        assert!(text.starts_with(&format!("{}: ", path.display())), "{text}");
        error
    }
}

/// Every envelope is signed for one name.
#[test]
fn a_copied_or_renamed_envelope_is_refused() {
    let run = Finished::new();
    fs::copy(run.at("s.dsse.json"), run.at("copy.dsse.json")).unwrap();
    let error = run.refused("copy.dsse.json");
    assert!(matches!(error, VerifyError::EnvelopeName { .. }));
    assert_eq!(error.kind(), ErrorKind::BadProof);
    assert!(error.to_string().contains("s.dsse.json"), "{error}");
    fs::remove_file(run.at("s.dsse.json")).unwrap();
    run.refused("copy.dsse.json");
    let alone = verify_path(run.at("copy.dsse.json"), &run.keys).unwrap_err();
    assert!(matches!(alone, VerifyError::EnvelopeName { .. }));
    fs::rename(run.at("copy.dsse.json"), run.at("s.dsse.json")).unwrap();
    assert!(verify_path(run.scratch.path(), &run.keys).is_ok());
}

#[test]
fn a_finished_run_is_accepted() {
    let run = Finished::new();
    fs::create_dir(run.at("work")).unwrap();
    for path in [run.scratch.path(), &run.at("s.dsse.json")] {
        let report = verify_path(path, &run.keys).unwrap();
        let names: Vec<_> = report.files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, FILES.map(|(name, _)| name));
        assert_eq!(report.files[0].kind, SubjectKind::Result);
        assert_eq!(report.files[2].kind, SubjectKind::Record);
        assert_eq!(report.files[3].size, 10);
        assert_eq!(report.envelopes[0].name, "s.dsse.json");
        assert_eq!(report.envelopes[0].key_ids, [run.keys[0].key_id()]);
    }
}

#[test]
fn a_changed_byte_is_refused_in_every_file() {
    for (name, bytes) in FILES {
        let run = Finished::new();
        for at in 0..bytes.len() {
            let mut bad = bytes.to_vec();
            bad[at] ^= 1;
            fs::write(run.at(name), bad).unwrap();
            let error = run.refused(name);
            assert!(matches!(error, VerifyError::Digest { .. }));
            assert_eq!(error.kind(), ErrorKind::BadProof);
        }
        for other_length in [[bytes, b"\n"].concat(), bytes[1..].to_vec(), vec![]] {
            fs::write(run.at(name), other_length).unwrap();
            assert!(matches!(run.refused(name), VerifyError::Size { .. }));
        }
        fs::write(run.at(name), bytes).unwrap();
        assert!(verify_path(run.scratch.path(), &run.keys).is_ok());
    }
}

#[test]
fn removed_renamed_swapped_and_added_files_are_refused() {
    let run = Finished::new();
    fs::remove_file(run.at("s.bam.bai")).unwrap();
    assert!(matches!(
        run.refused("s.bam.bai"),
        VerifyError::Missing { .. }
    ));
    fs::create_dir(run.at("s.bam.bai")).unwrap();
    assert!(matches!(
        run.refused("s.bam.bai"),
        VerifyError::NotRegular { .. }
    ));

    let run = Finished::new();
    fs::rename(run.at("s.bam"), run.at("t.bam")).unwrap();
    assert!(matches!(run.refused("t.bam"), VerifyError::Extra { .. }));

    // Both are ten bytes long.
    let run = Finished::new();
    fs::rename(run.at("s.bam"), run.at("x")).unwrap();
    fs::rename(run.at("s.vcf.gz"), run.at("s.bam")).unwrap();
    fs::rename(run.at("x"), run.at("s.vcf.gz")).unwrap();
    assert!(matches!(run.refused("s.bam"), VerifyError::Digest { .. }));

    for extra in [
        "note.txt",
        ".hidden",
        ".s.bam.0123456789abcdef.part",
        "s.bam.DSSE.JSON",
    ] {
        let run = Finished::new();
        fs::write(run.at(extra), "").unwrap();
        assert!(matches!(run.refused(extra), VerifyError::Extra { .. }));
        assert!(
            verify_path(run.at("s.dsse.json"), &run.keys).is_ok(),
            "an envelope alone speaks of its own files"
        );
    }
}

#[test]
fn what_is_no_regular_file_is_refused() {
    let run = Finished::new();
    fs::rename(run.at("s.bam"), run.at("real")).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::rename(run.at("real"), elsewhere.path().join("s.bam")).unwrap();
    symlink(elsewhere.path().join("s.bam"), run.at("s.bam")).unwrap();
    assert!(matches!(
        run.refused("s.bam"),
        VerifyError::NotRegular { .. }
    ));
    let alone = verify_path(run.at("s.dsse.json"), &run.keys).unwrap_err();
    assert!(matches!(alone, VerifyError::NotRegular { .. }));

    let run = Finished::new();
    symlink("s.bam", run.at("extra")).unwrap();
    assert!(matches!(
        run.refused("extra"),
        VerifyError::NotRegular { .. }
    ));

    let run = Finished::new();
    let _socket = UnixListener::bind(run.at("socket")).unwrap();
    assert!(matches!(
        run.refused("socket"),
        VerifyError::NotRegular { .. }
    ));

    let run = Finished::new();
    fs::rename(run.at("s.dsse.json"), elsewhere.path().join("e")).unwrap();
    symlink(elsewhere.path().join("e"), run.at("s.dsse.json")).unwrap();
    assert!(matches!(
        run.refused("s.dsse.json"),
        VerifyError::NotRegular { .. }
    ));
}

#[test]
fn a_directory_without_proof_is_refused() {
    let run = Finished::new();
    fs::remove_file(run.at("s.dsse.json")).unwrap();
    let error = verify_path(run.scratch.path(), &run.keys).unwrap_err();
    assert!(matches!(error, VerifyError::NoEnvelope { .. }));
    assert_eq!(error.kind(), ErrorKind::BadProof);

    let error = verify_path(run.at("s.bam"), &run.keys).unwrap_err();
    assert!(matches!(error, VerifyError::NotEnvelope { .. }));
    assert_eq!(error.kind(), ErrorKind::Usage);

    let error = verify_path(run.at("none"), &run.keys).unwrap_err();
    assert!(matches!(error, VerifyError::Unreadable { .. }));
    assert_eq!(error.kind(), ErrorKind::BadInput);
}

#[test]
fn a_stripped_or_foreign_signature_is_refused() {
    let run = Finished::new();
    let unknown = verify_path(run.scratch.path(), &[new_key().public_key()]).unwrap_err();
    assert!(matches!(
        unknown,
        VerifyError::Envelope {
            source: AttestError::UnknownKey { .. },
            ..
        }
    ));
    let envelope = fs::read(run.at("s.dsse.json")).unwrap();
    let mut value: serde_json::Value = serde_json::from_slice(&envelope).unwrap();
    value["signatures"] = serde_json::json!([]);
    fs::write(run.at("s.dsse.json"), value.to_string()).unwrap();
    let unsigned = run.refused("s.dsse.json");
    assert!(matches!(
        unsigned,
        VerifyError::Envelope {
            source: AttestError::Unsigned,
            ..
        }
    ));
    assert_eq!(unsigned.kind(), ErrorKind::BadProof);
}

/// White space too: no byte of a published envelope is free.
#[test]
fn any_change_to_an_envelope_is_refused() {
    let run = Finished::new();
    let good = fs::read(run.at("s.dsse.json")).unwrap();
    for extra in [b"\n", b" "] {
        fs::write(run.at("s.dsse.json"), [&good[..], extra].concat()).unwrap();
        assert!(matches!(
            run.refused("s.dsse.json"),
            VerifyError::NotCanonical { .. }
        ));
    }
    for length in [0, 1, good.len() / 2, good.len() - 1] {
        fs::write(run.at("s.dsse.json"), &good[..length]).unwrap();
        run.refused("s.dsse.json");
    }
    File::create(run.at("s.dsse.json"))
        .unwrap()
        .set_len(1 << 34)
        .unwrap();
    assert!(run.refused("s.dsse.json").to_string().contains("more than"));
}

/// Signs a statement about files that lie elsewhere, and puts the envelope here.
fn plant_envelope(directory: &Path, name: &str, files: &[(&str, &[u8])], key: &SigningKey) {
    let elsewhere = tempfile::tempdir().unwrap();
    let output = open(elsewhere.path(), "x", false).unwrap();
    let staged: Vec<_> = files
        .iter()
        .map(|(name, bytes)| output.write(name, bytes).unwrap())
        .collect();
    let statement = state(&output, &staged).for_envelope(name);
    let envelope = Envelope::sign(&statement, key).unwrap();
    fs::write(directory.join(name), envelope.to_json()).unwrap();
}

#[test]
fn several_runs_share_a_directory_unless_they_disagree() {
    let scratch = tempfile::tempdir().unwrap();
    let (first, second) = (new_key(), new_key());
    run(scratch.path(), "a", &[("a.bam", b"A")], &first, false).unwrap();
    run(scratch.path(), "b", &[("b.bam", b"B")], &second, false).unwrap();
    let keys = [first.public_key(), second.public_key()];
    let report = verify_path(scratch.path(), &keys).unwrap();
    assert_eq!((report.envelopes.len(), report.files.len()), (2, 2));
    assert!(verify_path(scratch.path(), &keys[..1]).is_err());

    plant_envelope(scratch.path(), "c.dsse.json", &[("a.bam", b"A")], &first);
    assert_eq!(verify_path(scratch.path(), &keys).unwrap().files.len(), 2);

    plant_envelope(scratch.path(), "c.dsse.json", &[("a.bam", b"Z")], &first);
    let error = verify_path(scratch.path(), &keys).unwrap_err();
    assert!(matches!(error, VerifyError::Disagree { .. }));
    let text = error.to_string();
    for part in ["a.bam", "a.dsse.json", "c.dsse.json"] {
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn of_several_bad_files_the_first_by_name_is_named() {
    let scratch = tempfile::tempdir().unwrap();
    let key = new_key();
    let names: Vec<_> = (0..40).map(|i| format!("s.{i:02}")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|n| (n.as_str(), &b"x"[..])).collect();
    run(scratch.path(), "s", &files, &key, false).unwrap();
    for name in ["s.07", "s.08", "s.39"] {
        fs::write(scratch.path().join(name), "y").unwrap();
    }
    for _ in 0..20 {
        let error = verify_path(scratch.path(), &[key.public_key()]).unwrap_err();
        assert!(error.to_string().contains("s.07"), "{error}");
    }
}

#[test]
fn a_development_key_says_so_in_what_it_signs() {
    let scratch = tempfile::tempdir().unwrap();
    let key = SigningKey::development_in(&scratch.path().join("keys")).unwrap();
    let out = scratch.path().join("out");
    run(&out, "s", &FILES, &key, false).unwrap();
    let report = verify_path(&out, &[key.public_key()]).unwrap();
    assert!(report.envelopes[0].statement.is_signed_by_development_key());
}
