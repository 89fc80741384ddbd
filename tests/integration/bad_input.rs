//! Every bad input has its message and its exit status, and publishes nothing.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::{
    self, fafnir, fails, folder, gunzip, names, run, small, stderr, succeed, tool,
};

/// Runs the small sample with other reads, and expects it to fail without leaving a file.
#[track_caller]
fn refused(status: i32, r1: &Path, r2: &Path) -> String {
    let out = folder();
    let said = fails(status, arguments(&small().index, r1, r2, out.path()));
    assert_eq!(names(out.path()), [""; 0], "something was left behind");
    said
}

fn arguments(index: &Path, r1: &Path, r2: &Path, out: &Path) -> Vec<String> {
    let mut arguments = vec!["run".to_owned()];
    for (option, value) in [
        ("--ref", index),
        ("-1", r1),
        ("-2", r2),
        ("--output-directory", out),
    ] {
        arguments.extend([option.to_owned(), value.display().to_string()]);
    }
    arguments.extend(["--RGSM", "s", "--output-file-prefix", "s", "--quiet"].map(String::from));
    arguments
}

/// Writes a changed copy of the first reads.
fn changed(folder: &Path, change: impl Fn(Vec<u8>) -> Vec<u8>) -> PathBuf {
    let path = folder.join("changed_R1.fastq");
    fs::write(&path, change(gunzip(&small().r1))).unwrap();
    path
}

fn lines(text: &[u8], count: usize) -> Vec<u8> {
    let lines: Vec<&[u8]> = text.split_inclusive(|b| *b == b'\n').collect();
    lines[..count].concat()
}

#[test]
fn files_of_different_length() {
    let folder = folder();
    let short = changed(folder.path(), |text| lines(&text, 400));
    let said = refused(10, &short, &small().r2);
    assert!(
        said.contains("changed_R1.fastq") && said.contains("100"),
        "{said}"
    );
    let said = refused(10, &small().r2, &short);
    assert!(
        said.contains("changed_R1.fastq") || said.contains("both hold"),
        "{said}"
    );
}

#[test]
fn truncated_gzip() {
    let folder = folder();
    let bytes = fs::read(&small().r1).unwrap();
    let path = folder.path().join("cut_R1.fastq.gz");
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let said = refused(10, &path, &small().r2);
    assert!(
        said.contains("cut_R1.fastq.gz") && said.contains("truncated"),
        "{said}"
    );
}

#[test]
fn fewer_qualities_than_bases() {
    let folder = folder();
    let short = changed(folder.path(), |text| {
        let mut lines: Vec<&[u8]> = text.split(|b| *b == b'\n').collect();
        let quality = lines[4 * 7 + 3];
        lines[4 * 7 + 3] = &quality[..quality.len() - 1];
        lines.join(&b'\n')
    });
    let said = refused(10, &short, &small().r2);
    assert!(said.contains("changed_R1.fastq: record 8"), "{said}");
    assert!(said.contains("qualities"), "{said}");
}

#[test]
fn missing_files() {
    let said = refused(10, Path::new("nowhere_R1.fastq"), &small().r2);
    assert!(said.contains("nowhere_R1.fastq"), "{said}");
    let out = folder();
    let arguments = arguments(
        Path::new("nowhere.fafnir"),
        &small().r1,
        &small().r2,
        out.path(),
    );
    assert!(fails(10, arguments).contains("nowhere.fafnir"));
}

#[test]
fn no_reads_give_valid_empty_results() {
    let folder = folder();
    let (r1, r2) = (folder.path().join("1.fastq"), folder.path().join("2.fastq"));
    fs::write(&r1, "").unwrap();
    fs::write(&r2, "").unwrap();
    let out = folder.path().join("out");
    run(arguments(&small().index, &r1, &r2, &out));
    run(["verify".as_ref(), out.as_os_str()]);
    let vcf = String::from_utf8(gunzip(&out.join("s.hard-filtered.vcf.gz"))).unwrap();
    assert!(vcf.starts_with("##fileformat=VCFv4.2\n"));
    assert!(vcf.lines().all(|line| line.starts_with('#')));
    if let Some(mut view) = tool("samtools") {
        view.args(["view", "-c"]).arg(out.join("s.bam"));
        assert_eq!(succeed(view), b"0\n");
    }
    if let Some(mut view) = tool("bcftools") {
        view.args(["view", "-H"])
            .arg(out.join("s.hard-filtered.vcf.gz"));
        assert_eq!(succeed(view), b"");
    }
}

#[test]
fn fasta_with_a_name_twice() {
    let folder = folder();
    let fasta = folder.path().join("twice.fa");
    fs::write(&fasta, ">a\nACGT\n>b\nACGT\n>a\nAC\n").unwrap();
    let said = fails(10, ["index".as_ref(), fasta.as_os_str()]);
    assert!(
        said.contains("twice.fa") && said.contains("contig a occurs twice"),
        "{said}"
    );
    assert_eq!(names(folder.path()), ["twice.fa"]);
}

#[test]
fn index_with_a_flipped_bit() {
    let folder = folder();
    let mut bytes = fs::read(&small().index).unwrap();
    for at in [40, bytes.len() / 3, bytes.len() - 10] {
        bytes[at] ^= 4;
        let damaged = folder.path().join("damaged.fafnir");
        fs::write(&damaged, &bytes).unwrap();
        let out = folder.path().join("out");
        for loader in ["mapped", "resident"] {
            let mut arguments = arguments(&damaged, &small().r1, &small().r2, &out);
            arguments.extend(["--index-loader", loader].map(String::from));
            let said = fails(10, arguments);
            assert!(said.contains("damaged.fafnir"), "{loader}: {said}");
            assert_eq!(names(&out), [""; 0]);
        }
        // A stream lacks its end: the empty block that a whole BGZF file has.
        let mut command = fafnir();
        command.args([
            "align",
            "--unsorted",
            "-o",
            "-",
            "--index-loader",
            "mapped",
            "--ref",
        ]);
        command
            .arg(&damaged)
            .args(["--RGSM", "s", "-1"])
            .arg(&small().r1);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(10), "{}", stderr(&output));
        assert!(!output.stdout.ends_with(&[3, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
        bytes[at] ^= 4;
    }
}

#[test]
fn bam_of_another_reference() {
    let folder = folder();
    let results = folder.path().join("results");
    succeed(small().command("align", &results));
    let fasta = folder.path().join("other.fa");
    fs::write(&fasta, ">other\nACGTACGTACGTACGTACGTACGTACGTACGT\n").unwrap();
    let index = folder.path().join("other.fafnir");
    run([
        "index".as_ref(),
        fasta.as_os_str(),
        "-o".as_ref(),
        index.as_os_str(),
    ]);
    let mut command = fafnir();
    command
        .args(["call", "--ref"])
        .arg(&index)
        .arg("-b")
        .arg(results.join("s.bam"));
    command
        .arg("--output-directory")
        .arg(folder.path().join("out"));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(10));
    assert!(stderr(&output).contains("reference that the reads were mapped to"));
}

/// `fafnir call` on a BAM file that cannot be called from.
#[track_caller]
fn refused_bam(bam: &Path) -> String {
    let out = folder();
    let mut command = small().command("call", out.path());
    command.arg("-b").arg(bam);
    support::refused(10, command, out.path())
}

#[test]
fn bam_that_is_unsorted_or_truncated_or_none() {
    let folder = folder();
    let unsorted = folder.path().join("unsorted.bam");
    let sample = small();
    let mut command = fafnir();
    command.args(["align", "--unsorted", "--RGSM", "s", "-q", "--ref"]);
    command
        .arg(&sample.index)
        .arg("-1")
        .arg(&sample.r1)
        .arg("-2")
        .arg(&sample.r2);
    command.arg("-o").arg(&unsorted);
    succeed(command);
    assert!(refused_bam(&unsorted).contains("not in coordinate order"));

    let results = folder.path().join("results");
    succeed(sample.command("align", &results));
    let bytes = fs::read(results.join("s.bam")).unwrap();
    let cut = folder.path().join("cut.bam");
    // Without the end-of-file block alone, and in the middle of a block.
    for length in [bytes.len() - 28, bytes.len() / 2] {
        fs::write(&cut, &bytes[..length]).unwrap();
        let said = refused_bam(&cut);
        assert!(said.contains("cut.bam"), "{said}");
    }
    assert!(refused_bam(&sample.reference).contains("ref.fa"));
}

#[test]
fn targets_on_no_contig() {
    let out = folder();
    let mut command = small().command("run", out.path());
    command.args(["-L", "chr9:1-100"]);
    let said = support::refused(2, command, out.path());
    assert!(said.contains("chr9:1-100"), "{said}");
    assert!(said.contains("its first is chr1"), "{said}");
}

#[test]
fn model_of_another_kind() {
    let folder = folder();
    let model = folder.path().join("model.json");
    fs::write(&model, "{}").unwrap();
    let out = folder.path().join("out");
    let mut command = small().command("run", &out);
    command.arg("--model").arg(&model);
    let said = support::refused(10, command, &out);
    assert!(said.contains("model.json"), "{said}");
}

#[test]
fn existing_results_are_replaced_only_by_force() {
    let out = folder();
    succeed(small().command("run", out.path()));
    let before = fs::read(out.path().join("s.dsse.json")).unwrap();
    let output = small().command("run", out.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--force"), "{}", stderr(&output));
    assert_eq!(fs::read(out.path().join("s.dsse.json")).unwrap(), before);

    // Indexes of other programs' making would be preferred to ours.
    for old in ["s.bam.csi", "s.hard-filtered.vcf.gz.csi", "s.bai"] {
        fs::write(out.path().join(old), "old").unwrap();
    }
    let mut again = small().command("run", out.path());
    again.arg("--force");
    succeed(again);
    assert!(names(out.path()).iter().all(|name| !name.ends_with(".csi")));
    assert_ne!(fs::read(out.path().join("s.dsse.json")).unwrap(), before);
    run(["verify".as_ref(), out.path().as_os_str()]);

    // A lone file of the same name is enough.
    let other = folder();
    fs::write(other.path().join("s.bam"), "mine").unwrap();
    let output = small().command("run", other.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(fs::read(other.path().join("s.bam")).unwrap(), b"mine");
}

#[test]
fn full_disk_leaves_nothing_under_a_final_name() {
    let Some(shell) = tool("bash") else {
        return;
    };
    let out = folder();
    let inner = small().command("run", out.path());
    let output = limited(shell, &inner, 64).output().unwrap();
    assert_eq!(output.status.code(), Some(20), "{}", stderr(&output));
    assert!(stderr(&output).contains("s.bam"), "{}", stderr(&output));
    assert_eq!(names(out.path()), [""; 0]);
}

/// Runs `inner` with files limited to so many KiB: what comes after fails as on a full disk.
fn limited(mut shell: Command, inner: &Command, kib: u32) -> Command {
    // Ignored, the signal lets write() fail with EFBIG.
    shell
        .arg("-c")
        .arg(format!("trap '' XFSZ; ulimit -f {kib}; exec \"$@\""))
        .arg("bash");
    shell.arg(inner.get_program()).args(inner.get_args());
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

#[test]
fn too_little_memory_is_said_with_the_least() {
    let out = folder();
    let mut command = small().command("run", out.path());
    command.args(["--memory", "100M"]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(20));
    assert!(
        stderr(&output).contains("at least 81"),
        "{}",
        stderr(&output)
    );
}
