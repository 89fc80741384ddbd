//! Reads from BAM and CRAM files, aligned or not.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    determinism::{assert_same, results},
    support::{self, fafnir, folder, gunzip, small, succeed, tiled, tiled_results, tool},
};

/// `fafnir SUBCOMMAND -b BAM` with the index of [`small`] and the prefix `s`.
fn command(subcommand: &str, bam: &Path, out: &Path) -> Command {
    let mut command = fafnir();
    command.arg(subcommand).arg("--ref").arg(&small().index);
    command.arg("-b").arg(bam);
    command.arg("--output-directory").arg(out);
    command.args(["--output-file-prefix", "s", "--quiet"]);
    command
}

/// An unaligned BAM file of the reads, as samtools writes it.
fn import(r1: &Path, r2: &Path, group: &str, bam: &Path) -> Option<()> {
    let mut import = tool("samtools")?;
    import.args(["import", "-R", group, "-o"]).arg(bam);
    import.arg("-1").arg(r1).arg("-2").arg(r2);
    succeed(import);
    Some(())
}

#[track_caller]
fn refused(status: i32, command: Command, out: &Path, why: &str) {
    let said = support::refused(status, command, out);
    assert!(said.contains(why), "{said}");
}

#[test]
fn an_unaligned_bam_gives_the_results_of_its_fastq() {
    let folder = folder();
    let (bam, sample) = (folder.path().join("u.bam"), tiled());
    if import(&sample.r1, &sample.r2, "1", &bam).is_none() {
        return;
    }
    let expected = results(tiled_results());
    for threads in ["1", "3"] {
        let out = folder.path().join(threads);
        let mut run = fafnir();
        run.args(["run", "--ref"]).arg(&sample.index);
        run.arg("-b")
            .arg(&bam)
            .args(["--RGSM", "s", "--RGLB", "lib"]);
        run.args(["-t", threads, "--quiet", "--output-directory"]);
        run.arg(&out);
        succeed(run);
        assert_same(&expected, &results(&out), "unaligned BAM");
    }
    // The input is in the statement.
    let statement = fs::read_to_string(folder.path().join("1/s.dsse.json")).unwrap();
    assert!(statement.contains("payload"));
}

/// Reads that were aligned, with supplementary records and reverse strands, are what they were
/// before.
#[test]
fn an_aligned_bam_gives_the_same_again() {
    let folder = folder();
    let sample = small();
    let expected = folder.path().join("expected");
    succeed(sample.command("align", &expected));
    let bam = folder.path().join("aligned.bam");
    let mut align = fafnir();
    align.args(["align", "--unsorted", "-q", "--RGSM", "s", "--RGLB", "lib"]);
    align.arg("--ref").arg(&sample.index);
    align.arg("-1").arg(&sample.r1).arg("-2").arg(&sample.r2);
    align.arg("-o").arg(&bam);
    succeed(align);
    let out = folder.path().join("again");
    succeed(command("align", &bam, &out));
    assert_same(&results(&expected), &results(&out), "aligned BAM");

    // Sorted, it is refused until its mates are together again.
    let sorted = expected.join("s.bam");
    let out = folder.path().join("sorted");
    refused(
        10,
        command("align", &sorted, &out),
        &out,
        "samtools collate",
    );
    let Some(mut collate) = tool("samtools") else {
        return;
    };
    let collated = folder.path().join("collated.bam");
    collate.args(["collate", "-o"]).arg(&collated).arg(&sorted);
    succeed(collate);
    let out = folder.path().join("collated");
    succeed(command("align", &collated, &out));
    // Templates are numbered in another order: of equally good ones another is the duplicate.
    let unordered = |path: PathBuf| {
        let mut view = Command::new("samtools");
        view.args(["view", "--remove-flags", "1024"]).arg(path);
        let text = String::from_utf8(succeed(view)).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    // Not assert_eq: nobody reads that many records.
    assert!(unordered(out.join("s.bam")) == unordered(sorted));
}

/// Read groups of one file, however they alternate, are as lanes of FASTQ of their own.
#[test]
fn read_groups_that_alternate_are_as_lanes() {
    let folder = folder();
    let sample = small();
    let Some(mut view) = tool("samtools") else {
        return;
    };
    let bam = folder.path().join("u.bam");
    import(&sample.r1, &sample.r2, "a", &bam).unwrap();
    let text = String::from_utf8(succeed({
        view.args(["view", "-h"]).arg(&bam);
        view
    }))
    .unwrap();
    // Every third pair is of another group.
    let (mut sam, mut record) = (String::new(), 0);
    let mut fastq = [
        [String::new(), String::new()],
        [String::new(), String::new()],
    ];
    for line in text.lines() {
        if line.starts_with("@RG") {
            sam.push_str("@RG\tID:a\tSM:s\tLB:x\n@RG\tID:b\tSM:s\tLB:y\n");
            continue;
        }
        if line.starts_with('@') {
            sam.push_str(&format!("{line}\n"));
            continue;
        }
        let other = record / 2 % 3 == 2;
        let group = if other { "RG:Z:b" } else { "RG:Z:a" };
        sam.push_str(&format!("{}\n", line.replace("RG:Z:a", group)));
        let fields: Vec<&str> = line.split('\t').collect();
        fastq[usize::from(other)][record % 2].push_str(&format!(
            "@{}\n{}\n+\n{}\n",
            fields[0], fields[9], fields[10]
        ));
        record += 1;
    }
    let path = folder.path().join("mixed.sam");
    fs::write(&path, sam).unwrap();
    let mixed = folder.path().join("mixed.bam");
    let mut view = Command::new("samtools");
    view.args(["view", "-b", "-o"]).arg(&mixed).arg(&path);
    succeed(view);

    let mut list = String::from("RGID,RGSM,RGLB,Lane,Read1File,Read2File\n");
    for (i, (id, library)) in [("a", "x"), ("b", "y")].into_iter().enumerate() {
        let files = [1, 2].map(|end| format!("{id}_{end}.fq"));
        for (name, text) in files.iter().zip(&fastq[i]) {
            fs::write(folder.path().join(name), text).unwrap();
        }
        list.push_str(&format!("{id},s,{library},1,{},{}\n", files[0], files[1]));
    }
    let path = folder.path().join("fastq_list.csv");
    fs::write(&path, list).unwrap();
    let expected = folder.path().join("expected");
    let mut align = fafnir();
    align.args(["align", "--ref"]).arg(&sample.index);
    align.arg("--fastq-list").arg(&path);
    align.args(["--quiet", "--output-directory"]).arg(&expected);
    succeed(align);
    for threads in ["1", "3"] {
        let out = folder.path().join(threads);
        let mut align = command("align", &mixed, &out);
        align.args(["-t", threads, "--batch-size", threads]);
        succeed(align);
        assert_same(
            &results(&expected),
            &results(&out),
            "alternating read groups",
        );
    }
}

#[test]
fn single_reads_failed_reads_and_missing_qualities() {
    let Some(mut view) = tool("samtools") else {
        return;
    };
    let folder = folder();
    let text = String::from_utf8(gunzip(&small().r1)).unwrap();
    let reads: Vec<&str> = text.lines().skip(1).step_by(4).take(4).collect();
    let good = "I".repeat(reads[0].len());
    let mut sam = String::from("@HD\tVN:1.6\tGO:query\n@RG\tID:x\tSM:s\n");
    for (name, flag, bases, qualities) in [
        ("single", 4, reads[0], &*good),
        ("failed", 4 | 0x200, reads[1], "*"),
        ("pair", 4 | 0x41 | 8 | 0x200, reads[2], &*good),
        ("pair", 4 | 0x81 | 8, "NNNNNNNNNN", "*"),
        ("short", 4, "ACGTACGTACGTACGTACGTACGTACGTA", "*"),
        ("empty", 4, "*", "*"),
    ] {
        sam.push_str(&format!(
            "{name}\t{flag}\t*\t0\t0\t*\t*\t0\t0\t{bases}\t{qualities}\tRG:Z:x\n"
        ));
    }
    let (path, bam) = (folder.path().join("u.sam"), folder.path().join("u.bam"));
    fs::write(&path, sam).unwrap();
    view.args(["view", "-b", "-o"]).arg(&bam).arg(&path);
    succeed(view);
    let out = folder.path().join("out");
    succeed(command("run", &bam, &out));
    let mut view = Command::new("samtools");
    view.arg("view").arg(out.join("s.bam"));
    let text = String::from_utf8(succeed(view)).unwrap();
    let of = |name: &str| -> Vec<(u16, String)> {
        let lines = text.lines().map(|l| l.split('\t').collect::<Vec<_>>());
        let lines = lines.filter(|fields| fields[0] == name);
        lines
            .map(|f| (f[1].parse().unwrap(), f[10].to_owned()))
            .collect()
    };
    assert_eq!(of("single")[0].0 & !0x10, 0);
    assert_eq!(of("failed")[0].0 & !0x10, 0x200);
    assert_eq!(of("failed")[0].1, "*");
    assert_eq!(of("pair").len(), 2);
    assert!(of("pair").iter().all(|(flag, _)| flag & 0x201 == 0x201));
    for name in ["short", "empty"] {
        assert_eq!(of(name), [(4, "*".to_owned())]);
    }
    let metrics = fs::read_to_string(out.join("s.mapping_metrics.csv")).unwrap();
    assert!(metrics.contains("SUMMARY,,QC-failed reads,3,"), "{metrics}");
}

#[test]
fn what_the_header_leaves_open_options_say() {
    let folder = folder();
    let sample = small();
    let bam = folder.path().join("u.bam");
    if import(&sample.r1, &sample.r2, "x", &bam).is_none() {
        return;
    }
    let out = folder.path().join("out");
    refused(2, command("align", &bam, &out), &out, "names no sample");
    let with = |options: &[&str]| {
        let mut command = command("align", &bam, &out);
        command.args(options);
        command
    };
    refused(
        2,
        with(&["--RGSM", "s", "--RGID", "y"]),
        &out,
        "leave out --RGID",
    );
    refused(2, with(&["-1", "x.fq"]), &out, "cannot be used with");
    refused(
        2,
        with(&["-b", bam.to_str().unwrap(), "--RGSM", "s"]),
        &out,
        "given twice",
    );

    let named = folder.path().join("named.bam");
    let mut replace = Command::new("samtools");
    replace.args(["addreplacerg", "-w", "-r", "@RG\\tID:x\\tSM:other", "-o"]);
    succeed({
        replace.arg(&named).arg(&bam);
        replace
    });
    let mut other = command("align", &named, &out);
    other.args(["--RGSM", "s"]);
    refused(2, other, &out, "is of sample other");
    succeed(command("align", &named, &out));
    let text = gunzip(&out.join("s.bam"));
    let text = String::from_utf8_lossy(&text[8..]);
    assert!(text.contains("@RG\tID:x\tSM:other\tPL:ILLUMINA\n"));

    let fastq = command("align", &sample.r1, &folder.path().join("none"));
    refused(10, fastq, &folder.path().join("none"), "reads_R1.fastq.gz");
}

#[test]
fn standard_input_is_read_once() {
    let folder = folder();
    let sample = small();
    let bam = folder.path().join("u.bam");
    if import(&sample.r1, &sample.r2, "1", &bam).is_none() {
        return;
    }
    let [expected, out] = ["expected", "out"].map(|name| folder.path().join(name));
    succeed(sample.command("align", &expected));
    let mut align = command("align", Path::new("-"), &out);
    align.args(["--RGSM", "s", "--RGLB", "lib"]);
    align.stdin(fs::File::open(&bam).unwrap());
    succeed(align);
    assert_same(&results(&expected), &results(&out), "standard input");
}

#[test]
fn cram_without_a_reference() {
    let folder = folder();
    let sample = small();
    let expected = folder.path().join("expected");
    succeed(sample.command("align", &expected));
    let from = |cram: &Path, out: &Path| {
        let mut align = fafnir();
        align.args(["align", "--ref"]).arg(&sample.index);
        align.arg("--cram-input").arg(cram).args(["--RGSM", "s"]);
        align.args(["--RGLB", "lib", "--quiet", "--output-directory"]);
        align.arg(out);
        align
    };
    for version in ["3.0", "3.1"] {
        let Some(mut import) = tool("samtools") else {
            return;
        };
        let cram = folder.path().join(format!("u{version}.cram"));
        let out = folder.path().join(version);
        import.args(["import", "-R", "1", "-o"]).arg(&cram);
        import.arg(format!("--output-fmt=cram,version={version}"));
        import.arg("-1").arg(&sample.r1).arg("-2").arg(&sample.r2);
        succeed(import);
        succeed(from(&cram, &out));
        assert_same(&results(&expected), &results(&out), version);

        let bytes = fs::read(&cram).unwrap();
        let cut = folder.path().join("cut.cram");
        fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
        let none = folder.path().join("none");
        refused(10, from(&cut, &none), &none, "cut.cram");
    }
    let aligned = folder.path().join("aligned.cram");
    let mut view = Command::new("samtools");
    view.args(["view", "-C", "-T"]).arg(&sample.reference);
    view.arg("-o").arg(&aligned).arg(expected.join("s.bam"));
    succeed(view);
    let none = folder.path().join("none");
    refused(10, from(&aligned, &none), &none, "samtools collate");
    refused(10, from(&sample.r1, &none), &none, "reads_R1.fastq.gz");
}
