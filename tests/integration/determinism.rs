//! The same bytes, whatever the machine does.

use std::{ffi::OsStr, fs, io::Write as _, path::Path};

use crate::support::{fafnir, folder, gunzip, names, small, succeed, tiled, tiled_results};

/// What must be equal: every file that does not tell of one run.
pub(crate) fn results(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let records = ["s.dsse.json", "s-replay.json", "s.time_metrics.csv"];
    names(folder)
        .into_iter()
        .filter(|name| !records.contains(&name.as_str()))
        .map(|name| {
            let bytes = fs::read(folder.join(&name)).unwrap();
            (name, bytes)
        })
        .collect()
}

#[track_caller]
pub(crate) fn assert_same(expected: &[(String, Vec<u8>)], got: &[(String, Vec<u8>)], how: &str) {
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|f| f.0.clone()).collect::<Vec<_>>();
    assert_eq!(names(expected), names(got), "{how}");
    for ((name, expected), (_, got)) in expected.iter().zip(got) {
        // Not assert_eq: nobody reads a megabyte of bytes.
        assert!(expected == got, "{how}: {name} differs");
    }
}

#[test]
fn at_any_thread_count_batch_size_and_instruction_set() {
    let expected = results(tiled_results());
    let isas: &[&str] = if std::arch::is_x86_feature_detected!("avx2") {
        &["scalar", "avx2"]
    } else {
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: this processor has no AVX2, only scalar code is run"
        );
        &["scalar"]
    };
    let ways = [("1", "4096"), ("2", "100"), ("7", "65536"), ("7", "1000")];
    for (i, (threads, batch)) in ways.into_iter().enumerate() {
        let isa = isas[i % isas.len()];
        let out = folder();
        let mut command = tiled().command("run", out.path());
        command.args(["-t", threads, "--batch-size", batch]);
        command.env("FAFNIR_FORCE_ISA", isa);
        succeed(command);
        let how = format!("{threads} threads, batches of {batch}, {isa}");
        assert_same(&expected, &results(out.path()), &how);
    }
}

#[test]
fn with_so_little_memory_that_records_spill() {
    let sample = tiled();
    let index = fs::metadata(&sample.index).unwrap().len();
    let out = folder();
    let mut command = sample.command("run", out.path());
    let least = index + (812 << 20);
    // That leaves 8 MiB for records.
    assert!(gunzip(&tiled_results().join("s.bam")).len() > 16 << 20);
    command.arg("--memory").arg(least.to_string());
    succeed(command);
    assert_same(
        &results(tiled_results()),
        &results(out.path()),
        "little memory",
    );
}

#[test]
fn align_gives_the_bam_of_run_and_call_its_vcf() {
    let out = folder();
    succeed(tiled().command("align", out.path()));
    let bam = "s.bam";
    assert!(
        fs::read(out.path().join(bam)).unwrap() == fs::read(tiled_results().join(bam)).unwrap()
    );

    // The model is that of `run`, read through the index, from all of a file without one, or given.
    let alone = folder();
    fs::copy(out.path().join(bam), alone.path().join(bam)).unwrap();
    let model = tiled_results().join("s.model.json");
    let given: [&OsStr; 2] = ["--model".as_ref(), model.as_ref()];
    let ways: [(&Path, &[&OsStr]); 3] = [
        (out.path(), &[]),
        (alone.path(), &[]),
        (alone.path(), &given),
    ];
    for (from, more) in ways {
        let called = folder();
        let mut command = tiled().command("call", called.path());
        command.arg("-b").arg(from.join(bam)).args(["-t", "3"]);
        command.args(more);
        succeed(command);
        for name in [
            "s.hard-filtered.vcf.gz",
            "s.hard-filtered.vcf.gz.tbi",
            "s.model.json",
            "s.vc_metrics.csv",
        ] {
            let expected = fs::read(tiled_results().join(name)).unwrap();
            assert!(
                fs::read(called.path().join(name)).unwrap() == expected,
                "{name} differs: {from:?} {more:?}"
            );
        }
    }
}

#[test]
fn one_lane_or_many_files_of_it() {
    // Two files of one read group are read one after the other, as one file would be; only the
    // ordinals differ, which nothing but their order decides by.
    let sample = small();
    let out = folder();
    let halves = folder();
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for (path, files) in [(&sample.r1, &mut first), (&sample.r2, &mut second)] {
        let text = String::from_utf8(gunzip(path)).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let middle = lines.len() / 8 * 4;
        for (i, part) in [&lines[..middle], &lines[middle..]].into_iter().enumerate() {
            let name = path.file_stem().unwrap().to_string_lossy();
            let file = halves.path().join(format!("{i}-{name}"));
            fs::write(&file, part.join("\n") + "\n").unwrap();
            files.push(file.display().to_string());
        }
    }
    let whole = folder();
    succeed(sample.command("run", whole.path()));
    let reads = ["-1", &first.join(","), "-2", &second.join(",")];
    succeed(sample.command_on("run", &reads, out.path()));
    assert_same(&results(whole.path()), &results(out.path()), "two files");
}

#[test]
fn several_lanes_and_read_groups() {
    let sample = tiled();
    let lanes = folder();
    let list = lanes.path().join("fastq_list.csv");
    let mut text = String::from("RGID,RGSM,RGLB,RGPL,Lane,Read1File,Read2File\n");
    let mut parts = [Vec::new(), Vec::new()];
    for (end, path) in [&sample.r1, &sample.r2].into_iter().enumerate() {
        let fastq = String::from_utf8(gunzip(path)).unwrap();
        let lines: Vec<&str> = fastq.lines().collect();
        for (i, lane) in lines.chunks(lines.len() / 12 * 4).enumerate() {
            let name = format!("{i}_{end}.fastq");
            fs::write(lanes.path().join(&name), lane.join("\n") + "\n").unwrap();
            parts[end].push(name);
        }
    }
    // Lanes of two read groups that take turns, of one library.
    for (i, (r1, r2)) in parts[0].iter().zip(&parts[1]).enumerate() {
        text += &format!("g{},s,lib,ILLUMINA,{i},{r1},{r2}\n", i % 2);
    }
    fs::write(&list, text).unwrap();
    let all: Vec<_> = [("1", "65536"), ("5", "500")]
        .into_iter()
        .map(|(threads, batch)| {
            let out = folder();
            let mut command = fafnir();
            command.args(["run", "--ref"]).arg(&sample.index);
            command.arg("--fastq-list").arg(&list);
            command.args(["--output-file-prefix", "s", "-q", "--output-directory"]);
            command
                .arg(out.path())
                .args(["-t", threads, "--batch-size", batch]);
            succeed(command);
            results(out.path())
        })
        .collect();
    assert_same(&all[0], &all[1], "lanes");
    let metrics = &all[0]
        .iter()
        .find(|f| f.0 == "s.mapping_metrics.csv")
        .unwrap()
        .1;
    let metrics = String::from_utf8_lossy(metrics);
    for group in ["g0", "g1"] {
        assert!(
            metrics.contains(&format!("PER RG,{group},Total reads in RG,")),
            "{group}"
        );
    }
    // Duplicates are sought in the library, across its read groups: as many as in one.
    let line = |text: &str| {
        let line = text
            .lines()
            .find(|l| l.contains(",,Number of duplicate marked reads,"));
        line.unwrap().to_owned()
    };
    let one = fs::read_to_string(tiled_results().join("s.mapping_metrics.csv")).unwrap();
    assert_eq!(line(&metrics), line(&one));
}
