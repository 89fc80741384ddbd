//! The model of a library's indel errors: the sample's own, the one that is built in, or a file.

use std::{ffi::OsStr, fs, path::Path, process::Stdio};

use serde_json::Value;

use crate::support::{folder, gunzip, refused, small, stderr, succeed, tiled, tiled_results};

const MODEL: &str = "s.model.json";

#[test]
fn a_sample_has_a_model_of_its_own() {
    let own = fs::read(tiled_results().join(MODEL)).unwrap();
    let effective = |folder: &Path, replay: &str| {
        let replay = fs::read(folder.join(replay)).unwrap();
        let replay: Value = serde_json::from_slice(&replay).unwrap();
        replay["effective"].clone()
    };
    let told = effective(tiled_results(), "s-replay.json");
    assert_eq!(told["model"], "estimated");
    assert!(told["modelClasses"].as_u64() > Some(0));

    let bam = tiled_results().join("s.bam");
    let call = |out: &Path, more: &[&str]| {
        let mut command = tiled().command("call", out);
        command.arg("-b").arg(&bam).args(more);
        command
    };
    let built_in = folder();
    succeed(call(built_in.path(), &["--model", "default"]));
    let default = fs::read(built_in.path().join(MODEL)).unwrap();
    assert_ne!(own, default);
    let told = effective(built_in.path(), "s.call-replay.json");
    assert_eq!(
        (&told["model"], &told["modelClasses"]),
        (&"built in".into(), &Value::Null)
    );

    // Targets do not change it.
    let part = folder();
    succeed(call(part.path(), &["-L", "chr2:1-1000"]));
    assert_eq!(fs::read(part.path().join(MODEL)).unwrap(), own);

    // What can be read once only has none.
    let piped = folder();
    let mut command = tiled().command("call", piped.path());
    command
        .args(["-b", "-"])
        .stdin(Stdio::from(fs::File::open(&bam).unwrap()));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("--model"), "{}", stderr(&output));
    assert_eq!(fs::read(piped.path().join(MODEL)).unwrap(), default);
}

#[test]
fn few_reads_make_do_with_what_is_built_in() {
    let reads = folder();
    let [r1, r2] = [&small().r1, &small().r2].map(|path| {
        let text = String::from_utf8(gunzip(path)).unwrap();
        let few: Vec<&str> = text.lines().take(4 * 300).collect();
        let file = reads.path().join(path.file_stem().unwrap());
        fs::write(&file, few.join("\n") + "\n").unwrap();
        file.display().to_string()
    });
    let [own, built_in] = ["auto", "default"].map(|model| {
        let out = folder();
        let mut command = small().command_on("run", &["-1", &r1, "-2", &r2], out.path());
        command.args(["--model", model]);
        succeed(command);
        ["s.model.json", "s.hard-filtered.vcf.gz"].map(|f| fs::read(out.path().join(f)).unwrap())
    });
    assert!(own == built_in);
}

#[test]
fn an_index_of_another_file_is_refused() {
    let other = folder();
    succeed(small().command("run", other.path()));
    let there = folder();
    let bam = there.path().join("x.bam");
    fs::copy(tiled_results().join("s.bam"), &bam).unwrap();
    let index = |bytes: &[u8]| {
        fs::write(there.path().join("x.bam.bai"), bytes).unwrap();
        let out = there.path().join("out");
        let mut command = tiled().command("call", &out);
        command.args([OsStr::new("-b"), bam.as_os_str()]);
        let said = refused(10, command, &out);
        assert!(said.contains("x.bam"), "{said}");
    };
    index(&fs::read(other.path().join("s.bam.bai")).unwrap());
    index(b"BAI\x01");
}
