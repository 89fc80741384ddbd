//! The account of one read.

use std::fs;

use super::{REPEAT, fixture, reverse_complement};
use crate::support::stderr;

#[test]
fn one_read_is_explained_without_a_change_of_results() {
    let fixture = fixture();
    let unique = &fixture.sequence[10_000..10_400];
    // The last family has two equal copies.
    let start = fixture.families[2][1];
    let copy = &fixture.sequence[start..start + REPEAT];
    let pair = |name: &str, fragment: &[u8]| {
        let second = reverse_complement(fragment)[..150].to_vec();
        (name.to_owned(), fragment[..150].to_vec(), second)
    };
    let pairs = [
        pair("unique", unique),
        pair("twice", &copy[..400]),
        ("nowhere".to_owned(), vec![b'A'; 150], vec![b'N'; 150]),
    ];
    let reads = fixture.write_reads("explain", &pairs);
    let explain = |name: Option<&str>| {
        let bam = fixture.path(&format!("explain-{}.bam", name.unwrap_or("none")));
        let mut command = fixture.command(&reads);
        command.args(["-I", "400,50", "--unsorted", "-o"]).arg(&bam);
        if let Some(name) = name {
            command.args(["--explain-read", name]);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        (stderr(&output), fs::read(bam).unwrap())
    };
    let (_, expected) = explain(None);
    for (name, lines) in [
        (
            "unique",
            &[
                "template unique",
                "read 1 of 150 bases",
                "chr1:10001+ 150M: score 150",
                "read 2 by itself: score 150, best rival seen 0",
                "insert size FR 400 +- 50, proper pairs from 200 to 600",
                "unpaired: 150 + 150 - 17 = 283",
                "best pair, FR 400: 150 + 150 - 0 = 300",
                "placed paired",
                "flag 99, chr1:10001, MAPQ 60, 150M",
            ][..],
        ),
        (
            "twice",
            &[
                "2 candidates",
                "2 alignments",
                "score 150, best rival seen 150, judged against 150",
                "next pair 300",
                "MAPQ 0, 150M",
            ],
        ),
        (
            "nowhere",
            &["read 2 has no place by itself", "flag 141, unmapped"],
        ),
    ] {
        let (said, bam) = explain(Some(name));
        assert_eq!(bam, expected);
        for line in lines {
            assert!(said.contains(line), "{line:?} is missing in\n{said}");
        }
    }
}
