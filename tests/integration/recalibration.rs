//! `fafnir recalibration` and `--vc-recalibration`: a model is used where it is named and signed.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use fafnir::simulate::{Reference, compare::Comparison};

use crate::{
    determinism::assert_same,
    support::{
        fafnir, fails, folder, gunzip, names, refused, replay, run, succeed, tiled, tiled_results,
        trusted,
    },
};

const VCF: &str = "s.hard-filtered.vcf.gz";
const FEATURES: &str = "s.features.tsv.gz";

fn call(folder: &Path, options: &[&OsStr]) -> Command {
    let mut command = tiled().command("call", folder);
    command
        .arg("-b")
        .arg(tiled_results().join("s.bam"))
        .args(options);
    command
}

fn text(path: &Path) -> String {
    String::from_utf8(gunzip(path)).unwrap()
}

/// Results of `call --vc-emit-features`.
fn emitted() -> &'static Path {
    static RESULTS: OnceLock<PathBuf> = OnceLock::new();
    RESULTS.get_or_init(|| {
        let kept = folder().keep();
        succeed(call(&kept, &["--vc-emit-features".as_ref()]));
        kept
    })
}

/// Labels as vcfeval gives them: calls with a high enough DP are right.
fn labels() -> String {
    let table = text(&emitted().join(FEATURES));
    let mut lines = table.lines();
    let names: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let depth = names.iter().position(|name| *name == "DP").unwrap();
    let mut labels = String::from("##fileformat=VCFv4.2\n");
    for (number, line) in lines.enumerate() {
        let columns: Vec<&str> = line.split('\t').collect();
        let label = match columns[depth].parse::<u32>().unwrap() {
            _ if number == 0 => "OUT",
            0..=7 => ["FP", "FP_CA"][number % 2],
            _ => "TP",
        };
        let [contig, position, reference, alternates] = columns[..4] else {
            panic!("{line}")
        };
        labels += &format!(
            "{contig}\t{position}\t.\t{reference}\t{alternates}\t.\t.\tX=1;CALL={label}\n"
        );
    }
    labels
}

/// A model that was trained on them, and what was said.
fn model() -> &'static (PathBuf, String) {
    static MODEL: OnceLock<(PathBuf, String)> = OnceLock::new();
    MODEL.get_or_init(|| {
        let kept = folder().keep();
        let labelled = kept.join("calls.vcf");
        fs::write(&labelled, labels()).unwrap();
        let path = kept.join("model.dsse.json");
        let features = emitted().join(FEATURES);
        let output = run([
            "recalibration".as_ref(),
            "train".as_ref(),
            "--features".as_ref(),
            features.as_os_str(),
            "--labels".as_ref(),
            labelled.as_ref(),
            "-o".as_ref(),
            path.as_ref(),
        ]);
        (path, String::from_utf8(output.stdout).unwrap())
    })
}

#[test]
fn nothing_changes_where_none_is_named() {
    let results = tiled_results();
    assert!(fs::read(results.join(VCF)).unwrap() == fs::read(emitted().join(VCF)).unwrap());
    let calls = text(&results.join(VCF));
    let calls = calls.lines().filter(|line| !line.starts_with('#'));
    let table = text(&emitted().join(FEATURES));
    for (row, line) in table.lines().skip(1).zip(calls.clone()) {
        let (row, record): (Vec<_>, Vec<_>) =
            (row.split('\t').collect(), line.split('\t').collect());
        assert_eq!(
            (row[0], row[1], row[2], row[3]),
            (record[0], record[1], record[3], record[4])
        );
        assert_eq!(
            (row[4], Some(row[5])),
            (record[6], record[9].split(':').next())
        );
        let [full, written] = [row[7], record[5]].map(|text| text.parse::<f64>().unwrap());
        assert!((full - written).abs() < 0.006, "{row:?} {record:?}");
    }
    assert_eq!(table.lines().count(), calls.count() + 1);
}

#[test]
fn a_model_sets_quality_and_filter_alike_at_any_thread_count() {
    let (path, said) = model();
    assert!(
        said.contains("calls outside the truth's regions: 1\n"),
        "{said}"
    );
    assert!(
        said.contains(", a development key: proves integrity"),
        "{said}"
    );
    let recalibrated = |threads: &str| {
        let out = folder();
        let options = [
            "-t",
            threads,
            "-E",
            "GVCF",
            "--vc-emit-features",
            "--vc-recalibration",
        ];
        let mut options: Vec<&OsStr> = options.iter().map(OsStr::new).collect();
        options.push(path.as_os_str());
        succeed(call(out.path(), &options));
        out
    };
    let (one, many) = (recalibrated("1"), recalibrated("5"));
    let files = |folder: &Path| -> Vec<(String, Vec<u8>)> {
        let results = names(folder)
            .into_iter()
            .filter(|name| !name.contains("call"));
        results
            .map(|name| (name.clone(), fs::read(folder.join(name)).unwrap()))
            .collect()
    };
    assert_same(&files(one.path()), &files(many.path()), "5 threads");
    // What the calls fail by is another matter.
    let features = |folder: &Path| -> Vec<String> {
        let table = text(&folder.join(FEATURES));
        let columns = table.lines().map(|line| line.split('\t').enumerate());
        let kept = columns.map(|line| line.filter(|(at, _)| *at != 4).map(|(_, value)| value));
        kept.map(|line| line.collect::<Vec<_>>().join("\t"))
            .collect()
    };
    assert_eq!(features(one.path()), features(emitted()));

    let (before, after) = (
        text(&tiled_results().join(VCF)),
        text(&one.path().join(VCF)),
    );
    assert!(after.contains("##FILTER=<ID=LowRecalibratedQUAL,"));
    assert!(!after.contains("HardQUAL") && after.contains("##FILTER=<ID=LowDepth,"));
    let records = |text: &str| -> Vec<Vec<String>> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines
            .map(|line| line.split('\t').map(str::to_owned).collect())
            .collect()
    };
    let (mut failed, mut passed) = (0, 0);
    for (before, after) in records(&before).iter().zip(records(&after)) {
        assert_eq!((&before[..5], &before[7..]), (&after[..5], &after[7..]));
        let quality: f64 = after[5].parse().unwrap();
        let low = after[6].contains("LowRecalibratedQUAL");
        assert_eq!(low, quality < 3.0, "{after:?}");
        failed += usize::from(low);
        passed += usize::from(after[6] == "PASS");
    }
    assert!(failed > 50 && passed > 50, "{failed} {passed}");
    // The records of both files say the same of a call.
    let detailed = text(&one.path().join("s.hard-filtered.gvcf.gz"));
    let of_call = |record: &[String]| [0, 1, 5, 6].map(|at| record[at].clone());
    let mut detailed = records(&detailed).into_iter();
    for record in records(&after) {
        assert!(
            detailed.any(|line| of_call(&line) == of_call(&record)),
            "{record:?}"
        );
    }

    let report = fafnir::verify_path(one.path(), &[trusted()]).unwrap();
    let definition = &report.envelopes[0].statement.predicate.build_definition;
    let mut inputs = definition.resolved_dependencies.iter();
    assert!(inputs.any(|input| input.annotations.role == "recalibration"));
    assert_eq!(definition.external_parameters["recalibration"], "given");
}

#[test]
fn a_replay_recalibrates_again() {
    let out = folder();
    let (first, second) = (out.path().join("first"), out.path().join("second"));
    let mut command = tiled().command("run", &first);
    command.arg("--vc-recalibration").arg(&model().0);
    command.args(["-L", "chr1:1-200000"]);
    succeed(command);
    replay("run", &first, &second);
    assert!(fs::read(first.join(VCF)).unwrap() == fs::read(second.join(VCF)).unwrap());
}

#[test]
fn what_nobody_trusted_signed_is_refused() {
    let scratch = folder();
    let out = scratch.path().join("out");
    let named = |path: &Path, more: &[&OsStr]| {
        let mut options = vec!["--vc-recalibration".as_ref(), path.as_os_str()];
        options.extend(more);
        call(&out, &options)
    };
    let changed = scratch.path().join("changed.json");
    let good = fs::read(&model().0).unwrap();
    // Bits of payload, type, key and signature.
    for at in [20, good.len() / 2, good.len() - 10] {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        fs::write(&changed, bytes).unwrap();
        let said = refused(11, named(&changed, &[]), &out);
        assert!(said.contains("changed.json: "), "{at}: {said}");
    }
    let key = scratch.path().join("lab.pem");
    run(["key".as_ref(), "new".as_ref(), key.as_os_str()]);
    let public = scratch.path().join("lab.pub.pem");
    let option: &OsStr = "--vc-recalibration-key".as_ref();
    let said = refused(11, named(&model().0, &[option, public.as_ref()]), &out);
    assert!(said.contains("key"), "{said}");
    let package = scratch.path().join("other.json");
    fs::copy(tiled_results().join("s.dsse.json"), &package).unwrap();
    let said = refused(11, named(&package, &[]), &out);
    assert!(said.contains("recalibration+json"), "{said}");
    refused(10, named(&scratch.path().join("missing"), &[]), &out);

    // The same model, signed by a key of one's own.
    let mut command = fafnir();
    command.args(["recalibration", "train", "--features"]);
    command.arg(emitted().join(FEATURES)).arg("--labels");
    command
        .arg(model().0.with_file_name("calls.vcf"))
        .arg("--key")
        .arg(&key);
    command.arg("-o").arg(&changed).arg("--force");
    succeed(command);
    refused(11, named(&changed, &[]), &out);
    succeed(named(&changed, &[option, public.as_ref()]));
}

#[test]
fn calls_are_held_against_a_truth() {
    let data = tiled().reference.parent().unwrap();
    let (truth, regions) = (data.join("truth.vcf"), data.join("truth.bed"));
    let output = run([
        "recalibration".as_ref(),
        "evaluate".as_ref(),
        "--features".as_ref(),
        emitted().join(FEATURES).as_os_str(),
        "-r".as_ref(),
        tiled().reference.as_ref(),
        "--truth".as_ref(),
        truth.as_ref(),
        "--truth-bed".as_ref(),
        regions.as_ref(),
        "--recalibration".as_ref(),
        model().0.as_ref(),
    ]);
    let said = String::from_utf8(output.stdout).unwrap();
    let report = Comparison {
        reference: &Reference::read_fasta(&tiled().reference).unwrap(),
        truth: &truth,
        calls: &emitted().join(VCF),
        regions: Some(&regions),
        filtered: false,
    }
    .run()
    .unwrap();
    for (kind, counts) in [("SNVs", report.snv), ("indels", report.indel)] {
        let start = format!("{kind} that pass the filters: ");
        let found = said
            .lines()
            .find_map(|line| line.strip_prefix(&start))
            .unwrap();
        let found: Vec<u64> = found
            .split(' ')
            .filter_map(|word| word.parse().ok())
            .collect();
        // Beside calls that do not pass, one or the other finds another partner.
        assert!(
            found[0].abs_diff(counts.correct) <= 2,
            "{found:?} {counts:?}"
        );
        assert!(found[1].abs_diff(counts.extra) <= 2, "{found:?} {counts:?}");
        assert!(found[0] > 100, "{found:?}");
        assert!(said.contains(&format!("{kind} by GQ")), "{said}");
        assert!(
            said.contains(&format!("{kind} by recalibrated QUAL")),
            "{said}"
        );
    }
}

#[test]
fn what_cannot_be_learned_from_is_refused() {
    let scratch = folder();
    let path = |name: &str| scratch.path().join(name).to_str().unwrap().to_owned();
    let table = text(&emitted().join(FEATURES));
    fs::write(
        path("few.tsv"),
        table
            .lines()
            .take(9)
            .map(|l| l.to_owned() + "\n")
            .collect::<String>(),
    )
    .unwrap();
    fs::write(path("labels.vcf"), labels()).unwrap();
    let train = |features: &str, labels: &str| {
        [
            "recalibration",
            "train",
            "--features",
            features,
            "--labels",
            labels,
            "-o",
        ]
        .map(str::to_owned)
        .into_iter()
        .chain([path("model.json")])
        .collect::<Vec<_>>()
    };
    let said = fails(10, train(&path("few.tsv"), &path("labels.vcf")));
    assert!(said.contains("too few to learn from"), "{said}");
    fs::write(path("old.tsv"), table.replacen("MateFS", "Luck", 1)).unwrap();
    let said = fails(10, train(&path("old.tsv"), &path("labels.vcf")));
    assert!(said.contains("old.tsv: line 1: not the names"), "{said}");
    fs::write(path("cut.tsv"), &table[..table.len() - 20]).unwrap();
    let said = fails(10, train(&path("cut.tsv"), &path("labels.vcf")));
    assert!(
        said.contains(&format!("line {}: not a call's", table.lines().count())),
        "{said}"
    );
    fs::write(path("no.vcf"), labels().replace("CALL=", "CALLED=")).unwrap();
    let said = fails(10, train(&path("few.tsv"), &path("no.vcf")));
    assert!(said.contains("no record has INFO CALL"), "{said}");
    let mut three = train(&path("few.tsv"), &path("labels.vcf"));
    three.extend(["--labels", "a", "--labels", "b"].map(str::to_owned));
    let said = fails(2, three);
    assert!(
        said.contains("3 files of --labels for 1 of --features"),
        "{said}"
    );
    assert!(!Path::new(&path("model.json")).exists());
}
