//! Libraries whose pairs lie otherwise than paired ends do.

use std::path::PathBuf;

use super::{Fixture, Line, Lines, Random, UNIQUE, fixture, reverse_complement};
use crate::support::stderr;

/// Pairs of `orientation`, or in one of `every` cases of the other kind that is given.
fn pairs(
    fixture: &Fixture,
    (orientation, length): (&str, usize),
    (other, every): ((&str, usize), usize),
) -> Vec<(String, Vec<u8>, Vec<u8>)> {
    let mut random = Random(17);
    let pair = |i: usize| {
        let (orientation, length) = if i % every == every - 1 {
            other
        } else {
            (orientation, length)
        };
        // About normal: the sum of four even draws, with a deviation of about a tenth.
        let spread: usize = (0..4).map(|_| random.next() % (length / 6)).sum();
        let size = length - length / 3 + spread;
        let at = random.next() % (UNIQUE - size);
        let fragment = &fixture.sequence[at..at + size];
        let (left, right) = (&fragment[..100], &fragment[size - 100..]);
        let (left, right) = (random.differ(left, 150), random.differ(right, 150));
        let (first, second) = match orientation {
            "FR" => (left, reverse_complement(&right)),
            "RF" => (reverse_complement(&left), right),
            "FF" => (left, right),
            _ => (right, left),
        };
        // The fragment's other strand: as often.
        let (first, second) = match (random.next() % 2, orientation) {
            (0, _) => (first, second),
            (_, "FR" | "RF") => (second, first),
            _ => (reverse_complement(&second), reverse_complement(&first)),
        };
        (format!("{orientation}{i}"), first, second)
    };
    (0..2000).map(pair).collect()
}

/// Proper templates.
fn proper(lines: &Lines) -> usize {
    let first = lines.iter().filter(|((_, end), _)| *end == 0x40);
    first.filter(|(_, own)| own[0].is(0x2)).count()
}

#[test]
fn every_orientation_is_learned() {
    let fixture = fixture();
    let cases = [
        ("FR", 400, "RF", 1000),
        ("RF", 3000, "FR", 8),
        ("RF", 3000, "FR", 1000),
        ("FF", 600, "FR", 1000),
        ("RR", 600, "FR", 1000),
    ];
    for (orientation, length, other, every) in cases {
        let name = format!("{orientation}{length}{other}{every}");
        let pairs = pairs(fixture, (orientation, length), ((other, 300), every));
        let reads = fixture.write_reads(&name, &pairs);
        let Some([ours, theirs]) = fixture.both(&reads, &[], &[]) else {
            return;
        };
        let (own, peer) = (proper(&ours), proper(&theirs));
        assert!(
            own.abs_diff(peer) <= 20,
            "{name}: {own} proper pairs, bwa {peer}"
        );
        assert!(own > 1950 - usize::from(every == 1000) * 5, "{name}: {own}");
        let tlen = |line: &Line| line.template_length;
        let same = ours.iter().filter(|(read, own)| {
            let other = &theirs[read][0];
            own[0].part() == other.part() && tlen(&own[0]) == tlen(other)
        });
        let same = same.count();
        assert!(
            100 * same >= 98 * ours.len(),
            "{name}: {same} have bwa's place and TLEN"
        );
    }
}

fn align(fixture: &Fixture, reads: &[PathBuf; 2], options: &[&str]) -> String {
    let mut command = fixture.command(reads);
    command.args(["--unsorted", "--force", "-o"]);
    command.arg(fixture.path("told.bam")).args(options);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    stderr(&output)
}

#[test]
fn the_log_tells_what_was_learned_or_assumed() {
    let fixture = fixture();
    let all = pairs(fixture, ("RF", 3000), (("FR", 300), 8));
    let reads = fixture.write_reads("told", &all);
    let said = align(fixture, &reads, &[]);
    for orientation in ["FR", "RF"] {
        let line = format!("read group 1: insert size {orientation} ");
        assert!(said.contains(&line), "{said}");
    }
    let said = align(fixture, &reads, &["--Aligner.pe-orientation", "1"]);
    assert!(
        said.contains("insert size RF ") && !said.contains("FR "),
        "{said}"
    );
    let few = fixture.write_reads("few", &all[..9]);
    let said = align(fixture, &few, &[]);
    assert!(
        said.contains("of the first 9 pairs show an insert size"),
        "{said}"
    );
    let said = align(fixture, &few, &["-I", "3000,300"]);
    assert!(!said.contains("insert size"), "{said}");
}

#[test]
fn insert_sizes_can_be_given() {
    let fixture = fixture();
    let all = pairs(fixture, ("FR", 400), (("RF", 3000), 5));
    let reads = fixture.write_reads("given", &all);
    let sizes = ["-I", "400,40"];
    let Some([ours, theirs]) = fixture.both(&reads, &sizes, &sizes) else {
        return;
    };
    let (own, peer) = (proper(&ours), proper(&theirs));
    assert!(
        own.abs_diff(peer) <= 20 && (1500..1650).contains(&own),
        "{own} {peer}"
    );
    let options = ["-I", "3000,300", "--Aligner.pe-orientation", "RF"];
    let [ours, _] = fixture.both(&reads, &options, &[]).unwrap();
    let own = proper(&ours);
    assert!((350..=400).contains(&own), "{own}");
}
