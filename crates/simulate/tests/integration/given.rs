use std::fs;
use std::io::Write as _;
use std::path::Path;

use fafnir_simulate::{Error, Simulation, SimulationOptions};

use crate::{contents, small, text};

#[test]
fn a_given_genome_and_truth_give_the_same_reads() {
    let directory = tempfile::tempdir().unwrap();
    let (own, given) = (directory.path().join("own"), directory.path().join("given"));
    let first = Simulation::new(small(3, 3000)).write_to(&own).unwrap();
    // The truth's reference is upper case in VCF; the FASTA keeps its mask.
    let again =
        Simulation::from_reference(small(3, 3000), &first.reference, Some(&first.truth_vcf));
    let second = again.write_to(&given).unwrap();
    assert_eq!(second.reference, first.reference);
    assert!(contents(&first) == contents(&second));
    assert_eq!(
        (second.ignored.unusable, second.ignored.overlapping),
        (0, 0)
    );
    // Without a VCF the variants are drawn, and so the same again.
    let drawn = Simulation::from_reference(small(3, 3000), &first.reference, None)
        .write_to(&given)
        .unwrap();
    assert!(contents(&first) == contents(&drawn));
}

#[test]
fn single_reads_without_positions() {
    let directory = tempfile::tempdir().unwrap();
    let mut options = small(3, 100);
    options.reads.paired = false;
    options.positions = false;
    let written = Simulation::new(options).write_to(directory.path()).unwrap();
    assert_eq!((written.r2, written.positions), (None, None));
    assert_eq!(
        text(&written.r1)
            .iter()
            .filter(|&&byte| byte == b'\n')
            .count(),
        400
    );
}

#[test]
fn errors_name_file_and_line() {
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("out");
    let fasta = directory.path().join("r.fa");
    let cases = [
        (
            ">a\nACGT\n>a\nAC\n",
            "r.fa, line 3: the name a occurs twice; rename one",
        ),
        ("ACGT\n", "r.fa, line 1: bases before the first '>' header"),
        (">a\nAC-T\n", "r.fa, line 2: '-' is not a base"),
        (">\nACGT\n", "r.fa, line 1: header without a name"),
        (
            ">a\nNNNN\n",
            "the reference has no base that is not N; nothing can be read",
        ),
    ];
    for (text, wanted) in cases {
        fs::write(&fasta, text).unwrap();
        let simulation = Simulation::from_reference(SimulationOptions::default(), &fasta, None);
        let message = simulation.write_to(&out).unwrap_err().to_string();
        assert!(message.ends_with(wanted), "{message}");
    }
    let missing = Simulation::from_reference(
        SimulationOptions::default(),
        &directory.path().join("no.fa"),
        None,
    );
    assert!(
        missing
            .write_to(&out)
            .unwrap_err()
            .to_string()
            .contains("no.fa: ")
    );
}

#[test]
fn contigs_too_short_for_a_fragment_end_in_contaminants() {
    let directory = tempfile::tempdir().unwrap();
    let fasta = directory.path().join("r.fa");
    fs::write(&fasta, ">a\nACGTACGTTTGACCA\n").unwrap();
    let written = Simulation::from_reference(small(1, 20), &fasta, None)
        .write_to(directory.path())
        .unwrap();
    let positions = String::from_utf8(text(written.positions.as_ref().unwrap())).unwrap();
    assert_eq!(
        positions
            .lines()
            .filter(|line| line.contains("\tcontaminant\t"))
            .count(),
        20
    );
}

#[test]
fn a_full_disk_leaves_no_file_under_its_name() {
    let full = Path::new("/dev/full");
    if !full.exists() {
        let _ = writeln!(std::io::stderr(), "SKIPPED: no /dev/full here");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(full, directory.path().join("reads_R2.fastq.gz.part")).unwrap();
    let error = Simulation::new(small(1, 5000))
        .write_to(directory.path())
        .unwrap_err();
    assert!(matches!(error, Error::Write { .. }), "{error}");
    let names: Vec<_> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        !names
            .iter()
            .any(|name| name.to_string_lossy().contains("reads")),
        "{names:?}"
    );
}
