#![allow(clippy::unwrap_used)]

use super::*;

fn small() -> GenomeOptions {
    GenomeOptions {
        contigs: vec![("a".into(), 700_000), ("b".into(), 150_001)],
        ..GenomeOptions::default()
    }
}

fn make(options: &GenomeOptions, seed: u64) -> Reference {
    Genome::new(options, seed).unwrap().reference(&|_| {})
}

/// Observed over expected CpG, and GC content, of what is not N.
fn composition(sequence: &[u8]) -> (f64, f64) {
    let upper = sequence.to_ascii_uppercase();
    let count = |base: u8| upper.iter().filter(|&&b| b == base).count() as f64;
    let cpg = upper.windows(2).filter(|pair| pair == b"CG").count() as f64;
    let known = count(b'A') + count(b'C') + count(b'G') + count(b'T');
    (
        cpg * known / (count(b'C') * count(b'G')),
        (count(b'C') + count(b'G')) / known,
    )
}

#[test]
fn looks_human() {
    let genome = make(&small(), 3);
    let sequence = &genome.contigs[0].sequence;
    assert_eq!(sequence.len(), 700_000);
    let (cpg, gc) = composition(sequence);
    assert!((0.15..0.45).contains(&cpg), "CpG {cpg}");
    assert!((0.36..0.50).contains(&gc), "GC {gc}");
    let masked = sequence
        .iter()
        .filter(|base| base.is_ascii_lowercase())
        .count() as f64
        / sequence.len() as f64;
    assert!((0.22..0.45).contains(&masked), "masked {masked}");
    assert!(
        sequence[..7000].iter().all(|&base| base == b'N')
            && sequence[693_000..].iter().all(|&base| base == b'N')
    );
    assert!(sequence.iter().all(|base| b"ACGTNacgt".contains(base)));
}

#[test]
fn repeats_stop_where_the_options_say() {
    let plain = GenomeOptions {
        alu: 0.0,
        line: 0.0,
        ancient: 0.0,
        tandem_per_10kb: 0.0,
        duplication: 0.0,
        satellite: 0.0,
        gaps: false,
        ..small()
    };
    assert!(
        make(&plain, 3)
            .contigs
            .iter()
            .all(|contig| contig.sequence.iter().all(|base| b"ACGT".contains(base)))
    );
}

#[test]
fn seeds_and_contigs_differ() {
    let (one, two) = (make(&small(), 1), make(&small(), 2));
    assert_ne!(one.contigs[0].sequence, two.contigs[0].sequence);
    assert_ne!(
        one.contigs[0].sequence[100_000..100_100],
        one.contigs[1].sequence[100_000..100_100]
    );
}

#[test]
fn finds_tandem_repeats() {
    let found = tandem::find(b"GCAAAAAAAAGCTACACACACACACAGTTNNNNNNNNNNNG");
    let spans: Vec<_> = found
        .iter()
        .map(|tandem| (tandem.start, tandem.end, tandem.period))
        .collect();
    assert_eq!(spans, [(2, 10, 1), (13, 26, 2)]);
    assert_eq!(found[1].units(), 6);
}

#[test]
fn sizes_sum_up() {
    let options = GenomeOptions::of_size(3_100_000_000, 24);
    assert_eq!(
        options
            .contigs
            .iter()
            .map(|(_, length)| u64::from(*length))
            .sum::<u64>(),
        3_100_000_000
    );
    assert!(
        options
            .contigs
            .windows(2)
            .all(|pair| pair[0].1 >= pair[1].1)
    );
    assert!(options.check().is_ok());
}

#[test]
fn refuses_impossible_options() {
    let contigs = |list: &[(&str, u32)]| GenomeOptions {
        contigs: list
            .iter()
            .map(|(name, length)| ((*name).to_string(), *length))
            .collect(),
        ..GenomeOptions::default()
    };
    let bad = [
        contigs(&[]),
        contigs(&[("a b", 5000)]),
        contigs(&[("a", 5000), ("a", 5000)]),
        contigs(&[("a", 10)]),
        GenomeOptions {
            line: 0.6,
            ..GenomeOptions::default()
        },
        GenomeOptions {
            gc: (0.6, 0.4),
            ..GenomeOptions::default()
        },
    ];
    for options in bad {
        assert!(Genome::new(&options, 1).is_err(), "{options:?}");
    }
}
