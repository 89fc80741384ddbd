//! Options, configuration and replay.

use std::fs;

use crate::support::{
    fafnir, fails, folder, names, replay, repository, run, small, stderr, succeed, tool, trusted,
};

#[test]
fn a_replay_repeats_the_run() {
    let out = folder();
    let first = out.path().join("first");
    let mut command = small().command("run", &first);
    command.args(["-L", "chr1"]);
    succeed(command);

    let second = out.path().join("second");
    replay("run", &first, &second);
    assert_eq!(names(&first), names(&second));
    for name in ["s.bam", "s.hard-filtered.vcf.gz", "s.mapping_metrics.csv"] {
        assert!(
            fs::read(first.join(name)).unwrap() == fs::read(second.join(name)).unwrap(),
            "{name}"
        );
    }
}

#[test]
fn read_groups_in_every_form_give_one_header() {
    let sample = small();
    let header = |args: &[&str]| {
        let out = folder();
        let mut command = fafnir();
        command
            .args(["align", "--ref"])
            .arg(&sample.index)
            .args(args);
        command.arg("--output-directory").arg(out.path());
        command.args(["--output-file-prefix", "s", "-q"]);
        succeed(command);
        let bam = crate::support::gunzip(&out.path().join("s.bam"));
        let text = String::from_utf8_lossy(&bam[8..]).into_owned();
        let line = text.lines().find(|line| line.starts_with("@RG")).unwrap();
        line.to_owned()
    };
    let (r1, r2) = (sample.r1.to_str().unwrap(), sample.r2.to_str().unwrap());
    let expected = "@RG\tID:a\tSM:b\tLB:c\tPL:ILLUMINA\tPU:u";
    let options = [
        "-1", r1, "-2", r2, "--RGID", "a", "--RGSM", "b", "--RGLB", "c", "--RGPL",
    ];
    assert_eq!(
        header(&[&options[..], &["ILLUMINA", "--RGPU", "u"]].concat()),
        expected
    );
    let line = "@RG\\tID:a\\tSM:b\\tLB:c\\tPL:ILLUMINA\\tPU:u";
    assert_eq!(header(&["-1", r1, "-2", r2, "-R", line]), expected);

    // Illumina is meant where nothing else is said, and an option replaces what the line says.
    let line = "@RG\\tID:a\\tSM:b\\tLB:c\\tPI:300";
    assert_eq!(
        header(&[
            "-1", r1, "-2", r2, "-R", line, "--RGPU", "u", "--RGPI", "400"
        ]),
        format!("{expected}\tPI:400")
    );

    let folder = folder();
    let list = folder.path().join("fastq_list.csv");
    let text = format!(
        "RGID,RGSM,RGLB,RGPL,RGPU,Lane,Read1File,Read2File\n\
         x,other,c,ILLUMINA,u,1,none_1.fq,none_2.fq\n\
         a,b,c,,,1,\"{r1}\",{r2}\n"
    );
    fs::write(&list, text).unwrap();
    let list = list.to_str().unwrap();
    let options = ["--fastq-list", list, "--fastq-list-sample-id", "b"];
    assert_eq!(
        header(&[&options[..], &["--RGPU", "u", "--RGLB", "other"]].concat()),
        expected
    );
    for option in [&["--RGSM", "x"][..], &["--interleaved"]] {
        let arguments = [&["align", "--ref", "x.fafnir"], &options[..], option].concat();
        fails(2, arguments);
    }
}

#[test]
fn wrong_usage_is_told() {
    let (r1, index) = (
        small().r1.to_str().unwrap(),
        small().index.to_str().unwrap(),
    );
    let on_reads = |subcommand: &'static str, more: &[&'static str]| {
        let reads = [subcommand, "--ref", index, "-1", r1, "--RGSM", "s"];
        [&reads[..], more].concat()
    };
    for args in [
        on_reads("run", &["-R", "@RG\\tID:1\\tSM:s"]),
        on_reads("run", &["-t", "0"]),
        on_reads("run", &["-2", r1]),
        on_reads("run", &["-1", r1, "-2", r1]),
        on_reads("run", &["--temporary-directory", "/nonexistent"]),
        on_reads("run", &["-c", "nowhere.toml"]),
        on_reads("align", &["--unsorted", "-o", "/nonexistent/u.bam"]),
        vec!["run"],
        vec!["run", "--ref", index, "-1", r1],
        vec!["run", "--ref", index, "-1", r1, "-R", "@RG\\tID:1"],
        vec!["call", "--ref", index, "-b", "-"],
        vec!["nothing"],
    ] {
        fails(2, args);
    }
}

#[test]
fn unsorted_records_stream_in_input_order() {
    let sample = small();
    let mut command = fafnir();
    command.args(["align", "--ref"]).arg(&sample.index);
    command.arg("-1").arg(&sample.r1).arg("-2").arg(&sample.r2);
    command.args([
        "--RGSM",
        "s",
        "--unsorted",
        "--compression-level",
        "0",
        "-o",
        "-",
        "-q",
    ]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let mut reader = fafnir_io::bam::BamReader::new("-", &output.stdout[..]).unwrap();
    let (mut record, mut names) = (Vec::new(), Vec::new());
    while reader.read(&mut record).unwrap() {
        names.push(fafnir_io::bam::RecordView::new(&record).name().to_vec());
    }
    names.dedup();
    let fastq = crate::support::gunzip(&sample.r1);
    let expected: Vec<Vec<u8>> = fastq
        .split(|b| *b == b'\n')
        .step_by(4)
        .filter(|line| !line.is_empty())
        .map(|line| {
            line[1..]
                .split(|b| matches!(b, b' ' | b'/'))
                .next()
                .unwrap()
                .to_vec()
        })
        .collect();
    assert_eq!(names, expected);
}

#[test]
fn no_output_is_ever_an_input() {
    let sample = small();
    let folder = folder();
    let copy = |from: &std::path::Path, name: &str| {
        let to = folder.path().join(name);
        fs::copy(from, &to).unwrap();
        to
    };
    let fasta = copy(&sample.reference, "ref.fa");
    let same = |args: &[&std::ffi::OsStr], input: &std::path::Path| {
        let before = fs::read(input).unwrap();
        let said = fails(2, args);
        assert!(said.contains("is the input"), "{said}");
        assert!(fs::read(input).unwrap() == before);
    };
    same(
        &[
            "index".as_ref(),
            fasta.as_ref(),
            "-o".as_ref(),
            fasta.as_ref(),
            "--force".as_ref(),
        ],
        &fasta,
    );
    let reads = copy(&sample.r1, "s.bam");
    let align = [
        "align".as_ref(),
        "--force".as_ref(),
        "--ref".as_ref(),
        sample.index.as_ref(),
        "-1".as_ref(),
        reads.as_ref(),
        "--RGSM".as_ref(),
        "s".as_ref(),
    ];
    let to_folder = ["--output-directory".as_ref(), folder.path().as_os_str()];
    same(&[&align[..], &to_folder].concat(), &reads);
    let to_file = ["--unsorted".as_ref(), "-o".as_ref(), reads.as_os_str()];
    same(&[&align[..], &to_file].concat(), &reads);
}

#[test]
fn a_reader_of_messages_who_left_is_no_failure() {
    let out = folder();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = small().command("run", out.path());
    // Progress is told, to nobody.
    let args: Vec<_> = command
        .get_args()
        .filter(|a| *a != "--quiet")
        .map(Into::into)
        .collect();
    let args: Vec<std::ffi::OsString> = args;
    command = fafnir();
    let status = command.args(args).stderr(writer).status().unwrap();
    assert!(status.success(), "{status}");
    run(["verify".as_ref(), out.path().as_os_str()]);

    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = fafnir()
        .args(["verify", "nowhere"])
        .stderr(writer)
        .status()
        .unwrap();
    assert!(matches!(status.code(), Some(10 | 11 | 2)), "{status}");
}

#[test]
fn align_and_call_share_a_folder() {
    let out = folder();
    succeed(small().command("align", out.path()));
    let call = || {
        let mut command = small().command("call", out.path());
        command.arg("-b").arg(out.path().join("s.bam"));
        command
    };
    succeed(call());
    let verified = String::from_utf8(run(["verify".as_ref(), out.path().as_os_str()]).stdout);
    let verified = verified.unwrap();
    for name in names(out.path()) {
        assert!(verified.contains(&name), "{name} is not vouched for");
    }
    for name in ["s.dsse.json", "s.call.dsse.json", "s.call-replay.json"] {
        assert!(names(out.path()).contains(&name.to_owned()), "{name}");
    }
    // Again, and then the whole in one: what is there afterwards is of one run.
    let mut again = call();
    again.arg("--force");
    succeed(again);
    run(["verify".as_ref(), out.path().as_os_str()]);
    let mut whole = small().command("run", out.path());
    whole.arg("--force");
    succeed(whole);
    run(["verify".as_ref(), out.path().as_os_str()]);
    assert!(names(out.path()).iter().all(|name| !name.contains(".call")));

    // What a run's statement vouches for is not replaced behind its back.
    let mut behind = call();
    behind.arg("--force");
    let output = behind.output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    run(["verify".as_ref(), out.path().as_os_str()]);
}

#[test]
fn statement_and_replay_tell_every_parameter() {
    let folder = folder();
    let options = folder.path().join("options.toml");
    fs::write(
        &options,
        "num-threads = 2\nvc-target-bed = \"chr1:1-9000\"\n",
    )
    .unwrap();
    let bed = folder.path().join("targets.bed");
    fs::write(&bed, "chr2\t10\t20\n").unwrap();
    let out = folder.path().join("out");
    let mut command = small().command("run", &out);
    command.arg("-c").arg(&options);
    command.args(["--memory", "4G"]);
    succeed(command);
    let replay: serde_json::Value =
        serde_json::from_slice(&fs::read(out.join("s-replay.json")).unwrap()).unwrap();
    let effective = &replay["effective"];
    assert_eq!(effective["threads"], 2);
    assert_eq!(effective["memory"], 4u64 << 30);
    assert_eq!(effective["developmentKey"], true);
    assert_eq!(effective["targets"][0], "chr1:1-9000");
    assert_eq!(effective["targetBases"], 9000);

    let keys = [trusted()];
    let report = fafnir::verify_path(&out, &keys).unwrap();
    let definition = &report.envelopes[0].statement.predicate.build_definition;
    let parameters = &definition.external_parameters;
    assert!(
        parameters["aligner"]
            .as_str()
            .unwrap()
            .starts_with("fafnir align match=1 ")
    );
    assert_eq!(parameters["caller"]["ploidy"], 2);
    assert_eq!(
        parameters["readGroups"][0],
        "@RG\tID:1\tSM:s\tLB:lib\tPL:ILLUMINA"
    );
    let roles: Vec<&str> = definition
        .resolved_dependencies
        .iter()
        .map(|d| d.annotations.role.as_str())
        .collect();
    for role in ["index", "options", "reads"] {
        assert!(roles.contains(&role), "{role} is not in {roles:?}");
    }
}

#[test]
fn dragens_switches_for_what_is_done_anyway_are_taken() {
    let out = folder();
    let sample = small();
    let mut command = fafnir();
    command.arg("run").arg("--ref-dir").arg(&sample.index);
    command.arg("-1").arg(&sample.r1).arg("-2").arg(&sample.r2);
    command.args(["--RGSM", "s", "--enable-map-align", "true"]);
    command.args([
        "--enable-map-align-output",
        "true",
        "--enable-variant-caller",
        "true",
    ]);
    command.args([
        "--enable-duplicate-marking",
        "false",
        "-q",
        "--output-directory",
    ]);
    command.arg(out.path());
    succeed(command);
    let bam = crate::support::gunzip(&out.path().join("s.bam"));
    let header = String::from_utf8_lossy(&bam[..4000]).into_owned();
    assert!(header.contains("mark-duplicates=false"), "{header}");

    let mut command = sample.command("run", out.path());
    command.args(["--enable-variant-caller", "false"]);
    assert_eq!(command.output().unwrap().status.code(), Some(2));
}

#[test]
fn single_reads_and_interleaved_pairs() {
    let sample = small();
    let folder = folder();
    let lines = |path| {
        let text = crate::support::gunzip(path);
        let lines: Vec<Vec<u8>> = text
            .split_inclusive(|b| *b == b'\n')
            .map(<[u8]>::to_vec)
            .collect();
        lines
    };
    let mut both = Vec::new();
    for (one, two) in lines(&sample.r1).chunks(4).zip(lines(&sample.r2).chunks(4)) {
        both.extend(one.concat());
        both.extend(two.concat());
    }
    let interleaved = folder.path().join("both.fastq");
    fs::write(&interleaved, both).unwrap();

    let out = folder.path().join("interleaved");
    let reads = ["-1", interleaved.to_str().unwrap(), "--interleaved"];
    succeed(sample.command_on("run", &reads, &out));
    let pairs = folder.path().join("pairs");
    succeed(sample.command("run", &pairs));
    assert!(fs::read(out.join("s.bam")).unwrap() == fs::read(pairs.join("s.bam")).unwrap());

    let single = folder.path().join("single");
    let mut command = fafnir();
    command
        .args(["run", "--ref"])
        .arg(&sample.index)
        .arg("-1")
        .arg(&sample.r1);
    command
        .args([
            "--RGSM",
            "s",
            "--output-file-prefix",
            "s",
            "--output-directory",
        ])
        .arg(&single);
    succeed(command);
    run(["verify".as_ref(), single.as_os_str()]);
}

#[test]
fn targets_limit_where_calls_are_made() {
    let sample = small();
    let folder = folder();
    let positions = |out: &std::path::Path| -> Vec<(String, u32)> {
        let text =
            String::from_utf8(crate::support::gunzip(&out.join("s.hard-filtered.vcf.gz"))).unwrap();
        let records = text.lines().filter(|line| !line.starts_with('#'));
        records
            .map(|line| {
                let mut columns = line.split('\t');
                (
                    columns.next().unwrap().into(),
                    columns.next().unwrap().parse().unwrap(),
                )
            })
            .collect()
    };
    let whole = folder.path().join("whole");
    succeed(sample.command("run", &whole));
    let all = positions(&whole);
    let bed = folder.path().join("targets.bed");
    fs::write(&bed, "chr1\t5000\t9000\n").unwrap();
    for (name, targets) in [
        ("bed", bed.to_str().unwrap()),
        ("region", "chr1:5,001-9,000"),
        ("both", "chr1:5,001-7,000"),
    ] {
        let out = folder.path().join(name);
        let mut command = sample.command("run", &out);
        command.args(["-L", targets]);
        if name == "both" {
            command.args(["-L", "chr1:6,001-9,000"]);
        }
        succeed(command);
        let inside: Vec<_> = all
            .iter()
            .filter(|(contig, position)| contig == "chr1" && (5001..=9000).contains(position))
            .cloned()
            .collect();
        let called = positions(&out);
        assert!(!inside.is_empty());
        // A deletion may begin before the target and reach into it.
        assert!(inside.iter().all(|p| called.contains(p)), "{name}");
        assert!(called.len() <= inside.len() + 1, "{name}");
        assert!(fs::read(out.join("s.bam")).unwrap() == fs::read(whole.join("s.bam")).unwrap());
    }
}

#[test]
fn demo_runs_from_nothing_and_again() {
    let folder = folder();
    for _ in 0..2 {
        let mut command = fafnir();
        command.args(["demo", "--genome-size", "120000", "--depth", "20", "-q"]);
        command.current_dir(folder.path());
        let said = String::from_utf8(succeed(command)).unwrap();
        for row in ["SNVs", "indels", "mapped", "signature", "verified"] {
            assert!(said.contains(row), "{said}");
        }
    }
    // A folder of somebody else's is left alone.
    fs::create_dir(folder.path().join("mine")).unwrap();
    fs::write(folder.path().join("mine/thesis.tex"), "x").unwrap();
    let mine = folder.path().join("mine");
    fails(
        2,
        [
            "demo".as_ref(),
            "--output-directory".as_ref(),
            mine.as_os_str(),
        ],
    );
    assert_eq!(names(&mine), ["thesis.tex"]);
}

#[test]
fn index_writes_the_fai_of_samtools() {
    let folder = folder();
    let reference = folder.path().join("ref.fa");
    fs::copy(repository("testdata/ref.fa"), &reference).unwrap();
    let index = folder.path().join("ref.fafnir");
    let mut command = fafnir();
    command
        .arg("index")
        .arg(&reference)
        .arg("-o")
        .arg(&index)
        .args(["--fai", "--quiet"]);
    succeed(command);
    let ours = fs::read(folder.path().join("ref.fa.fai")).unwrap();
    let Some(mut samtools) = tool("samtools") else {
        return;
    };
    samtools.arg("faidx").arg(&reference);
    succeed(samtools);
    assert_eq!(fs::read(folder.path().join("ref.fa.fai")).unwrap(), ours);
}
