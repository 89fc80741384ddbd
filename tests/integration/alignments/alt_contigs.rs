//! ALT contigs and masks.

use std::{collections::BTreeMap, fs, process::Output, sync::OnceLock};

use super::{Fixture, Line, Lines, Random, SUPPLEMENTARY, reverse_complement, write_reference};
use crate::support::{fafnir, fails, folder, run, stderr, succeed, tool};

/// The place of the primary assembly that the ALT contig is another version of.
const COPIED: std::ops::Range<usize> = 60_000..72_000;
const LENGTH: usize = 150_000;
const ALT: &str = "chr1_TEST01v1_alt";

/// A contig, and an ALT contig that differs from a part of it in a base of 80 and by an insertion.
fn genome() -> Fixture {
    let mut random = Random(23);
    let sequence = random.sequence(LENGTH);
    let mut alt = random.differ(&sequence[COPIED], 80);
    let inserted = random.sequence(1000);
    alt.splice(6000..6000, inserted);
    let folder = folder();
    write_reference(folder.path(), &[("chr1", &sequence), (ALT, &alt)]);
    Fixture {
        folder,
        sequence: [sequence, alt].concat(),
        families: Default::default(),
        indexed: OnceLock::new(),
    }
}

fn index(genome: &Fixture, options: &[&str]) -> Output {
    let mut command = fafnir();
    command
        .arg("index")
        .arg(genome.path("ref.fa"))
        .args(options);
    let output = command.arg("--force").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    output
}

/// Pairs of both versions of the place.
fn pairs(genome: &Fixture) -> Vec<(String, Vec<u8>, Vec<u8>)> {
    let mut random = Random(29);
    let pair = |i: usize| {
        let (kind, from, length) = match i % 2 {
            0 => ("primary", COPIED.start, COPIED.len()),
            _ => ("alternate", LENGTH, COPIED.len() + 1000),
        };
        let size = 300 + random.next() % 200;
        let at = from + random.next() % (length - size);
        let fragment = &genome.sequence[at..at + size];
        let first = random.differ(&fragment[..120], 200);
        let second = random.differ(&reverse_complement(fragment)[..120], 200);
        (format!("{kind}{i}"), first, second)
    };
    (0..1200).map(pair).collect()
}

/// Primary reads with MAPQ of at least 30, by kind.
fn confident(lines: &Lines) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for ((name, _), own) in lines {
        let kind = name.trim_end_matches(|c: char| c.is_ascii_digit());
        *counts.entry(kind).or_default() += usize::from(own[0].quality >= 30);
    }
    counts
}

#[test]
fn alt_contigs_take_no_quality_from_the_primary_assembly() {
    let genome = genome();
    // bwa knows them from a list, and so do we; without one, by name.
    fs::write(
        genome.path("ref.fa.alt"),
        format!("@HD\n{ALT}\t0\tchr1\t60001\n"),
    )
    .unwrap();
    let said = stderr(&index(&genome, &[]));
    assert!(
        said.contains("1 contigs are ALT contigs") && said.contains("--mask-bed"),
        "{said}"
    );
    let listed = fs::read(genome.path("ref.fafnir")).unwrap();
    fs::rename(genome.path("ref.fa.alt"), genome.path("list")).unwrap();
    index(&genome, &[]);
    assert_eq!(fs::read(genome.path("ref.fafnir")).unwrap(), listed);
    fs::rename(genome.path("list"), genome.path("ref.fa.alt")).unwrap();

    let reads = genome.write_reads("alt", &pairs(&genome));
    let Some([ours, theirs]) = genome.both(&reads, &[], &[]) else {
        return;
    };
    let (own, peer) = (confident(&ours), confident(&theirs));
    assert!(own["primary"] >= 1190, "{own:?} {peer:?}");
    for kind in ["primary", "alternate"] {
        assert!(own[kind].abs_diff(peer[kind]) <= 60, "{own:?} {peer:?}");
    }
    let (mut places, mut alternates, mut shares) = (0, 0, 0);
    for (read, own) in &ours {
        let other = &theirs[read];
        places += usize::from(own[0].part() == other[0].part());
        // Hits on the ALT contig that are better than those of the primary assembly are records.
        let on_alt = |lines: &[Line]| {
            let lines = lines
                .iter()
                .filter(|l| l.is(SUPPLEMENTARY) && l.contig == ALT);
            lines.map(Line::part).collect::<Vec<_>>()
        };
        alternates += usize::from(on_alt(own) == on_alt(other));
        let share = |l: &Line| {
            l.tags
                .get("pa")
                .map(|t| (1000.0 * t.parse::<f64>().unwrap()).round())
        };
        shares += usize::from(share(&own[0]) == share(&other[0]));
        assert!(
            own.iter()
                .all(|l| l.contig != ALT || !l.cigar.contains('H')),
            "{read:?}"
        );
    }
    let all = ours.len();
    assert!(
        100 * places >= 98 * all && 100 * alternates >= 98 * all && 100 * shares >= 90 * all,
        "{places} places, {alternates} on the ALT contig, {shares} ratios as bwa's of {all}"
    );
    let surpassed = ours
        .values()
        .filter(|own| own[0].tags.contains_key("pa"))
        .count();
    assert!(surpassed > 500, "{surpassed}");
}

#[test]
fn a_masked_copy_gets_no_reads_and_stays_in_the_header() {
    let genome = genome();
    let reads = genome.write_reads("masked", &pairs(&genome));
    fs::write(
        genome.path("mask.bed"),
        format!("{ALT}\t0\t5900\n{ALT}\t7100\t13000\n"),
    )
    .unwrap();
    index(&genome, &[]);
    let Some(mut view) = tool("samtools") else {
        return;
    };
    let header = |mut view: std::process::Command, options: &[&str]| {
        view.args(["view", "--no-PG", "-H"])
            .arg(genome.align(&reads, options));
        String::from_utf8(succeed(view)).unwrap()
    };
    let plain = header(view, &[]);
    let mask = genome.path("mask.bed");
    let told = index(&genome, &["--mask-bed", mask.to_str().unwrap()]);
    let said = stderr(&told) + &String::from_utf8_lossy(&told.stdout);
    assert!(
        said.contains("(mask): sha256") && !said.contains("warning"),
        "{said}"
    );
    view = tool("samtools").unwrap();
    assert_eq!(
        header(view, &["-a"]).replace("secondary=4294967295", "secondary=0"),
        plain
    );
    assert!(
        plain.contains(&format!("SN:{ALT}\tLN:13000\tM5:")),
        "{plain}"
    );

    view = tool("samtools").unwrap();
    view.arg("view").arg(genome.align(&reads, &[]));
    let text = String::from_utf8(succeed(view)).unwrap();
    let (mut primary, mut inserted) = (0, 0);
    for line in text.lines() {
        let ((name, _), line) = Line::parse(line);
        if line.contig == ALT {
            assert!(
                (5780..7100).contains(&line.position),
                "{name} {}",
                line.position
            );
            inserted += 1;
        } else if name.starts_with("primary") {
            primary += usize::from(line.quality >= 30);
        }
    }
    assert!(primary >= 1190 && inserted > 50, "{primary} {inserted}");

    // The statement names the mask.
    let out = folder();
    let mut command = genome.command(&reads);
    command.args(["--quiet", "--output-directory"]);
    command.arg(out.path());
    succeed(command);
    let statements = fs::read_dir(out.path())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let texts = statements.filter(|path| path.extension().is_some_and(|e| e == "json"));
    let named = texts.filter(|path| fs::read_to_string(path).unwrap().contains("mask.bed"));
    assert!(named.count() > 0);
}

#[test]
fn a_list_for_another_reference_is_refused() {
    let genome = genome();
    let list = genome.path("other.alt");
    fs::write(&list, "chr9_alt\t0\n").unwrap();
    let reference = genome.path("ref.fa");
    let index = |option: &str, path: &std::path::Path| {
        let args = [
            "index",
            option,
            path.to_str().unwrap(),
            reference.to_str().unwrap(),
        ];
        fails(10, args)
    };
    let said = index("--alt", &list);
    assert!(said.contains("has none of its 1 contigs"), "{said}");
    fs::write(&list, "chr9\t0\t10\n").unwrap();
    let said = index("--mask-bed", &list);
    assert!(said.contains("line 1") && said.contains("chr9"), "{said}");
    assert!(!genome.path("ref.fafnir").exists());
    run(["index", "--quiet", reference.to_str().unwrap()]);
}
