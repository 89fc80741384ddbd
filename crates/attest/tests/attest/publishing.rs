use std::{env, fs, io::Write, os::unix::fs::symlink, process::Command};

use fafnir_attest::{
    AttestError, ErrorKind, FileDigest,
    publish::{AtomicFile, Claims, OutputDirectory},
    verify::verify_path,
};

use crate::{names, new_key, open, run, state};

#[test]
fn nothing_has_a_final_name_before_publishing() {
    let scratch = tempfile::tempdir().unwrap();
    let directory = scratch.path().join("new/out");
    let output = open(&directory, "s", false).unwrap();
    let mut bam = output.create_with_md5("s.bam").unwrap();
    bam.write_all(b"abc").unwrap();
    let part = format!(".s.bam.{}.part", output.run_id());
    assert_eq!(names(&directory), [part.as_str()]);
    let bam = bam.finish().unwrap();
    assert_eq!(names(&directory), [part.as_str()]);
    assert_eq!(bam.name(), "s.bam");
    assert_eq!(
        bam.digest().md5_hex().unwrap(),
        "900150983cd24fb0d6963f7d28e17f72"
    );
    let envelope = output.write("s.dsse.json", b"{}").unwrap();
    output.publish(vec![bam], envelope).unwrap();
    assert_eq!(names(&directory), ["s.bam", "s.dsse.json"]);
    assert_eq!(fs::read(directory.join("s.bam")).unwrap(), b"abc");
}

#[test]
fn what_is_dropped_leaves_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let output = open(scratch.path(), "s", false).unwrap();
    let mut unfinished = output.create("s.bam").unwrap();
    unfinished.write_all(&vec![1; 1_000_000]).unwrap();
    let unpublished = output.write("s.vcf", b"x").unwrap();
    assert_eq!(names(scratch.path()).len(), 2);
    drop((unfinished, unpublished));
    assert!(names(scratch.path()).is_empty());
}

/// As many as there may be, however few files a process may have open.
#[test]
fn one_of_many_is_open_only_while_it_is_written() {
    let scratch = tempfile::tempdir().unwrap();
    let output = open(scratch.path(), "s", false).unwrap();
    let open_files = || fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    let name = |i: usize| format!("{i}.gz");
    let mut files: Vec<_> = (0..1000)
        .map(|i| output.create_one_of_many(&name(i)).unwrap())
        .collect();
    for text in ["first ", "second"] {
        for file in &mut files {
            file.write_all(text.as_bytes()).unwrap();
        }
    }
    let staged: Vec<_> = files.into_iter().map(|f| f.finish().unwrap()).collect();
    assert!(open_files() < 500, "{} files are open", open_files());
    assert_eq!(*staged[7].digest(), FileDigest::of(b"first second"));
    let envelope = output.write("s.dsse.json", b"{}").unwrap();
    output.publish(staged, envelope).unwrap();
    assert_eq!(names(scratch.path()).len(), 1001);
    let text = fs::read(scratch.path().join("999.gz")).unwrap();
    assert_eq!(text, b"first second");
    assert!(output.create_one_of_many("999.gz").is_err());
}

#[test]
fn existing_outputs_are_refused_without_force() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    fs::write(at("s.bam"), "old").unwrap();
    symlink(at("nowhere"), at("s.vcf")).unwrap();
    let output = open(scratch.path(), "s", false).unwrap();
    for name in ["s.bam", "s.vcf"] {
        let error = output.create(name).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Usage);
        let text = error.to_string();
        assert!(text.contains("--force") && text.contains(name), "{text}");
    }
    fs::write(at("s.dsse.json"), "{}").unwrap();
    let error = open(scratch.path(), "s", false).unwrap_err();
    assert!(matches!(error, AttestError::OutputExists { .. }));
    assert_eq!(fs::read(at("s.bam")).unwrap(), b"old");
}

#[test]
fn what_appears_meanwhile_is_not_overwritten() {
    let scratch = tempfile::tempdir().unwrap();
    let output = open(scratch.path(), "s", false).unwrap();
    let files = vec![
        output.write("s.bam", b"new").unwrap(),
        output.write("s.vcf", b"new").unwrap(),
    ];
    let envelope = output.write("s.dsse.json", b"{}").unwrap();
    fs::write(scratch.path().join("s.vcf"), "another's").unwrap();
    let error = output.publish(files, envelope).unwrap_err();
    assert!(matches!(error, AttestError::OutputExists { .. }));
    assert_eq!(names(scratch.path()), ["s.vcf"]);
    assert_eq!(
        fs::read(scratch.path().join("s.vcf")).unwrap(),
        b"another's"
    );
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let output = open(scratch.path(), "s", false).unwrap();
    for name in [
        "",
        "..",
        "../s.bam",
        "/tmp/s.bam",
        "a/s.bam",
        ".s.bam",
        "s\n.bam",
    ] {
        let error = output.create(name).err().unwrap();
        assert!(matches!(error, AttestError::OutputName { .. }), "{name:?}");
        let error = open(scratch.path(), name, false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage);
    }
    let envelope = output.write("t.dsse.json", b"{}").unwrap();
    assert!(
        output.publish(vec![], envelope).is_err(),
        "not this run's envelope"
    );
    let elsewhere = tempfile::tempdir().unwrap();
    let other = open(elsewhere.path(), "s", false).unwrap();
    let stray = other.write("s.bam", b"").unwrap();
    let envelope = output.write("s.dsse.json", b"{}").unwrap();
    assert!(output.publish(vec![stray], envelope).is_err());
    drop(output);
    assert!(names(scratch.path()).is_empty());
}

#[test]
fn force_replaces_a_result_and_its_envelope() {
    let scratch = tempfile::tempdir().unwrap();
    let key = new_key();
    run(scratch.path(), "s", &[("s.bam", b"old")], &key, false).unwrap();
    let old = fs::read(scratch.path().join("s.dsse.json")).unwrap();
    assert!(run(scratch.path(), "s", &[("s.bam", b"new")], &key, false).is_err());
    run(scratch.path(), "s", &[("s.bam", b"new")], &key, true).unwrap();
    assert_eq!(names(scratch.path()), ["s.bam", "s.dsse.json"]);
    assert_eq!(fs::read(scratch.path().join("s.bam")).unwrap(), b"new");
    assert_ne!(fs::read(scratch.path().join("s.dsse.json")).unwrap(), old);
}

const CALLS: Claims<'_> = Claims {
    prefix: "s",
    envelope: ".call.dsse.json",
    suffixes: &[".vcf.gz", ".vcf.gz.csi", ".vcf.gz.tbi"],
};

/// An index that another tool made of the old data would be believed beside the new data.
#[test]
fn claimed_names_are_refused_or_swept() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    fs::write(at("s.vcf.gz.csi"), "stale").unwrap();
    symlink(at("nowhere"), at("s.vcf.gz.tbi")).unwrap();
    fs::write(at("s.vcf.gz.md5"), "not claimed").unwrap();
    let error = OutputDirectory::claim(scratch.path(), &CALLS, false).unwrap_err();
    assert!(matches!(error, AttestError::OutputExists { .. }));
    assert!(error.to_string().contains("s.vcf.gz.csi"), "{error}");

    let output = OutputDirectory::claim(scratch.path(), &CALLS, true).unwrap();
    let vcf = output.write("s.vcf.gz", b"new").unwrap();
    assert!(
        at("s.vcf.gz.csi").exists(),
        "the old files stay until the end"
    );
    let envelope = output.write(output.envelope_name(), b"{}").unwrap();
    output.publish(vec![vcf], envelope).unwrap();
    assert_eq!(
        names(scratch.path()),
        ["s.call.dsse.json", "s.vcf.gz", "s.vcf.gz.md5"]
    );

    let late = tempfile::tempdir().unwrap();
    let output = OutputDirectory::claim(late.path(), &CALLS, false).unwrap();
    let vcf = output.write("s.vcf.gz", b"new").unwrap();
    let envelope = output.write(output.envelope_name(), b"{}").unwrap();
    fs::write(late.path().join("s.vcf.gz.csi"), "another's").unwrap();
    assert!(output.publish(vec![vcf], envelope).is_err());
    assert_eq!(names(late.path()), ["s.vcf.gz.csi"]);
}

/// `align` and `call` may share a directory and a prefix: neither touches the other's files.
#[test]
fn another_envelope_and_its_files_are_left_alone() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    let key = new_key();
    run(scratch.path(), "s", &[("s.bam", b"reads")], &key, false).unwrap();
    let aligned = fs::read(at("s.dsse.json")).unwrap();
    for force in [false, true] {
        let output = OutputDirectory::claim(scratch.path(), &CALLS, force).unwrap();
        let vcf = output.write("s.vcf.gz", b"calls").unwrap();
        let staged = vec![vcf];
        let envelope = output.sign(&state(&output, &staged), &key).unwrap();
        output.publish(staged, envelope).unwrap();
        assert_eq!(
            names(scratch.path()),
            ["s.bam", "s.call.dsse.json", "s.dsse.json", "s.vcf.gz"]
        );
    }
    assert_eq!(fs::read(at("s.dsse.json")).unwrap(), aligned);
    let report = verify_path(scratch.path(), &[key.public_key()]).unwrap();
    assert_eq!((report.envelopes.len(), report.files.len()), (2, 2));

    // Who claims the other envelope takes its files over.
    let all = Claims {
        prefix: "s",
        envelope: ".dsse.json",
        suffixes: &[".call.dsse.json", ".vcf.gz", ".vcf.gz.csi", ".bam"],
    };
    let output = OutputDirectory::claim(scratch.path(), &all, true).unwrap();
    let bam = output.write("s.bam", b"new").unwrap();
    let envelope = output.write(output.envelope_name(), b"{}").unwrap();
    output.publish(vec![bam], envelope).unwrap();
    assert_eq!(names(scratch.path()), ["s.bam", "s.dsse.json"]);
}

/// An earlier result stays whole until the new one is complete; when replacing it fails half
/// way, its envelope is gone, so that what is left is not taken for a result.
#[test]
fn a_failed_replacement_leaves_no_envelope() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    let key = new_key();
    run(
        scratch.path(),
        "s",
        &[("s.bam", b"old"), ("s.txt", b"old")],
        &key,
        false,
    )
    .unwrap();

    let output = open(scratch.path(), "s", true).unwrap();
    let bam = output.write("s.bam", b"new").unwrap();
    let vcf = output.write("s.vcf", b"new").unwrap();
    let envelope = output.write("s.dsse.json", b"{}").unwrap();
    assert_eq!(fs::read(at("s.bam")).unwrap(), b"old");
    // A directory in the way makes the second rename fail.
    fs::create_dir(at("s.vcf")).unwrap();
    let error = output.publish(vec![bam, vcf], envelope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(error.to_string().contains("s.vcf"), "{error}");
    assert_eq!(names(scratch.path()), ["s.txt", "s.vcf"]);
}

#[test]
fn a_single_file_appears_complete_or_not_at_all() {
    let scratch = tempfile::tempdir().unwrap();
    let path = scratch.path().join("ref.fafnir");
    let mut file = AtomicFile::create(&path, false).unwrap();
    file.write_all(b"index").unwrap();
    assert!(!path.exists());
    assert_eq!(file.persist().unwrap(), FileDigest::of(b"index"));
    assert_eq!(names(scratch.path()), ["ref.fafnir"]);

    let refused = AtomicFile::create(&path, false).err().unwrap();
    assert!(matches!(refused, AttestError::OutputExists { .. }));
    let mut dropped = AtomicFile::create(&path, true).unwrap();
    dropped.write_all(b"half").unwrap();
    drop(dropped);
    assert_eq!(fs::read(&path).unwrap(), b"index");
    AtomicFile::create(&path, true).unwrap().persist().unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"");
    assert_eq!(names(scratch.path()), ["ref.fafnir"]);

    let late = scratch.path().join("late");
    let file = AtomicFile::create(&late, false).unwrap();
    fs::write(&late, "another's").unwrap();
    assert!(file.persist().is_err());
    assert_eq!(names(scratch.path()), ["late", "ref.fafnir"]);
    assert!(AtomicFile::create(scratch.path().join(".."), true).is_err());
    assert!(AtomicFile::create(scratch.path().join("no/such"), true).is_err());
}

/// Outputs that are open only now and then, and such whose names say nothing of the run.
#[test]
fn what_a_killed_run_left_of_many_is_removed() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    let living = open(scratch.path(), "s", false).unwrap();
    let many = living.create_one_of_many("sample.gz").unwrap();
    let report = living.create("Report.csv").unwrap();
    let mut kept = names(scratch.path());
    assert_eq!(kept.len(), 3);
    let other = ".sample.gz.1111111111111111.part";
    fs::write(at(other), "").unwrap();
    kept.push(other.into());
    kept.sort();
    for name in ["sample.gz", "Report.csv", "s.running", "s.bam"] {
        fs::write(at(&format!(".{name}.0123456789abcdef.part")), "").unwrap();
    }
    let second = open(scratch.path(), "s", false).unwrap();
    assert_eq!(names(scratch.path()), kept);
    drop(second);

    let staged = vec![many.finish().unwrap(), report.finish().unwrap()];
    let envelope = living.write("s.dsse.json", b"{}").unwrap();
    living.publish(staged, envelope).unwrap();
    let published = ["Report.csv", "s.dsse.json", "sample.gz"];
    assert_eq!(names(scratch.path())[1..], published);
    drop(living);
    assert_eq!(names(scratch.path())[0], other);
}

#[test]
fn what_a_killed_run_left_is_removed_and_nothing_else() {
    let scratch = tempfile::tempdir().unwrap();
    let at = |name: &str| scratch.path().join(name);
    let living = open(scratch.path(), "s", false).unwrap();
    let writing = living.create("s.bam").unwrap();
    let staged = living.write("s-replay.json", b"{}").unwrap();
    let kept = [
        ".s.bam.part",
        ".s.bam.0123456789abcde.part",
        ".s.bam.0123456789abcdeg.part",
        ".s2.bam.0123456789abcdef.part",
        ".t.bam.0123456789abcdef.part",
        "s.bam.0123456789abcdef.part",
    ];
    for name in kept {
        fs::write(at(name), "").unwrap();
    }
    let linked = ".s.bam.1111111111111111.part";
    symlink(at("s.bam.0123456789abcdef.part"), at(linked)).unwrap();
    let dead = [
        ".s.bam.0123456789abcdef.part",
        ".s-replay.json.0123456789abcdef.part",
    ];
    for name in dead {
        fs::write(at(name), "").unwrap();
    }
    let before = names(scratch.path());
    let second = open(scratch.path(), "s", false).unwrap();
    let mut left = before;
    left.retain(|name| !dead.contains(&name.as_str()));
    assert_eq!(names(scratch.path()), left);
    assert_eq!(
        left.len(),
        kept.len() + 3,
        "the living run's two and the link are there"
    );

    drop((writing, second));
    let envelope = living.write("s.dsse.json", b"{}").unwrap();
    living.publish(vec![staged], envelope).unwrap();

    fs::write(at(".t.bam.0123456789abcdef.part"), "").unwrap();
    drop(AtomicFile::create(at("t"), false).unwrap());
    assert!(at(".t.bam.0123456789abcdef.part").exists());
    drop(AtomicFile::create(at("t.bam"), false).unwrap());
    assert!(!at(".t.bam.0123456789abcdef.part").exists());
}

const LIMITED: &str = "FAFNIR_TEST_LIMITED_DIRECTORY";

/// The process below has a limit on the size of its files: writes fail as on a full disk.
#[test]
fn a_full_disk_leaves_nothing() {
    let scratch = tempfile::tempdir().unwrap();
    let test = "publishing::writes_under_a_limit";
    let status = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; ulimit -f 64; exec \"$0\" --exact \"$1\"",
        ])
        .arg(env::current_exe().unwrap())
        .arg(test)
        .env(LIMITED, scratch.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&status.stdout);
    assert!(
        status.status.success() && said.contains("1 passed"),
        "{said}"
    );
    assert!(names(scratch.path()).is_empty());
}

/// Does its work only as the child of the test above.
#[test]
fn writes_under_a_limit() {
    let Some(directory) = env::var_os(LIMITED) else {
        return;
    };
    let directory = std::path::Path::new(&directory);
    let output = open(directory, "s", false).unwrap();
    let fine = output.write("s.txt", b"fits").unwrap();

    // The error comes out of a write, and again at the end if the caller passed over it.
    let mut ignored = output.create("s.bam").unwrap();
    assert!(ignored.write_all(&vec![1; 4_000_000]).is_err());
    let _ = ignored.write_all(b"goes on regardless");
    let error = ignored.finish().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Resource);
    assert!(error.to_string().contains("s.bam"), "{error}");

    // Too little to leave the buffer before the end, too much for the disk.
    let mut late = output.create("s.vcf").unwrap();
    late.write_all(&vec![1; 100_000]).unwrap();
    assert!(late.finish().is_err());

    let mut index = AtomicFile::create(directory.join("index"), false).unwrap();
    index.write_all(&vec![1; 100_000]).unwrap();
    assert!(index.persist().is_err());

    assert_eq!(names(directory).len(), 1);
    drop(fine);
}
