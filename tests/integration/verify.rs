//! `fafnir verify` and `fafnir key`.

use std::{fs, path::Path};

use crate::support::{fails, folder, names, run, small, succeed, tiled_results, trusted};

fn copy(from: &Path) -> tempfile::TempDir {
    let copy = folder();
    for name in names(from) {
        fs::copy(from.join(&name), copy.path().join(&name)).unwrap();
    }
    copy
}

fn refused(folder: &Path) -> String {
    fails(11, ["verify".as_ref(), folder])
}

#[test]
fn whole_results_are_verified() {
    let output = run(["verify".as_ref(), tiled_results()]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("s.bam: unchanged"), "{said}");
    assert!(said.contains("development key"), "{said}");
    for name in names(tiled_results()) {
        assert!(said.contains(&name), "{name} is not vouched for");
    }
}

#[test]
fn any_changed_byte_is_refused_by_name() {
    for name in names(tiled_results()) {
        let copy = copy(tiled_results());
        let path = copy.path().join(&name);
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
        let said = refused(copy.path());
        assert!(said.contains(&name), "{name}: {said}");
    }
}

#[test]
fn missing_and_extra_files_are_refused() {
    let missing = copy(tiled_results());
    fs::remove_file(missing.path().join("s.bam.bai")).unwrap();
    assert!(refused(missing.path()).contains("s.bam.bai: missing"));

    let extra = copy(tiled_results());
    fs::write(extra.path().join("notes.txt"), "x").unwrap();
    assert!(refused(extra.path()).contains("notes.txt"));

    let unsigned = copy(tiled_results());
    fs::remove_file(unsigned.path().join("s.dsse.json")).unwrap();
    refused(unsigned.path());
}

#[test]
fn a_key_of_ones_own_signs_and_nobody_elses_is_trusted() {
    // The development key is there, and is not trusted here.
    trusted();
    let out = folder();
    let key = out.path().join("lab.pem");
    let public = out.path().join("lab.pub.pem");
    run(["key".as_ref(), "new".as_ref(), key.as_os_str()]);
    let results = out.path().join("results");
    let mut command = small().command("run", &results);
    command.arg("--key").arg(&key);
    succeed(command);

    run([
        "verify".as_ref(),
        results.as_os_str(),
        "--key".as_ref(),
        public.as_os_str(),
    ]);
    let said = refused(&results);
    assert!(said.contains("not among the trusted keys"), "{said}");

    // Keys are never overwritten.
    fails(2, ["key".as_ref(), "new".as_ref(), key.as_os_str()]);
    let shown = run(["key".as_ref(), "show".as_ref(), key.as_os_str()]).stdout;
    assert!(
        String::from_utf8(shown)
            .unwrap()
            .contains(&fs::read_to_string(&public).unwrap())
    );
}
