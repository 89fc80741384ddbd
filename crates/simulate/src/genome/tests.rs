#![allow(clippy::unwrap_used)]

use std::io::Read;

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
        families: Vec::new(),
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

fn lower_case(genome: &Reference) -> f64 {
    let (mut masked, mut all) = (0, 0);
    for contig in &genome.contigs {
        masked += contig
            .sequence
            .iter()
            .filter(|base| base.is_ascii_lowercase())
            .count();
        all += contig.sequence.len();
    }
    masked as f64 / all as f64
}

/// Bases in windows of 50 that differ between two genomes of equal contigs.
fn differing(one: &Reference, two: &Reference) -> f64 {
    let (mut differing, mut all) = (0, 0);
    for (one, two) in one.contigs.iter().zip(&two.contigs) {
        let windows = one.sequence.chunks(50).zip(two.sequence.chunks(50));
        differing += 50 * windows.filter(|(one, two)| one != two).count();
        all += one.sequence.len();
    }
    differing as f64 / all as f64
}

#[test]
fn half_of_a_human_genome_is_repeats_in_their_shares() {
    let human = GenomeOptions::human(8_000_000);
    let plain = GenomeOptions {
        families: Vec::new(),
        tandem_per_10kb: 0.0,
        duplication: 0.0,
        satellite: 0.0,
        gaps: false,
        ..human.clone()
    };
    let near = |what: &str, found: f64, wanted: f64| {
        assert!(
            (0.8..1.2).contains(&(found / wanted)),
            "{what}: {found}, not {wanted}"
        );
    };
    for family in &human.families {
        let alone = GenomeOptions {
            families: vec![family.clone()],
            ..plain.clone()
        };
        near(
            &format!("{family:?}"),
            lower_case(&make(&alone, 5)),
            family.share,
        );
    }
    let satellite = GenomeOptions {
        satellite: human.satellite,
        ..plain.clone()
    };
    near("satellite", lower_case(&make(&satellite, 5)), 0.03);
    let tandem = GenomeOptions {
        tandem_per_10kb: human.tandem_per_10kb,
        ..plain
    };
    near("microsatellites", lower_case(&make(&tandem, 5)), 0.017);

    // These are few and long.
    let human = GenomeOptions::human(40_000_000);
    let once = GenomeOptions {
        duplication: 0.0,
        ..human.clone()
    };
    let (human, once) = (make(&human, 5), make(&once, 5));
    near("segmental duplications", differing(&human, &once), 0.05);
    let masked = lower_case(&human);
    assert!((0.45..0.56).contains(&masked), "{masked}");
}

#[test]
fn a_human_genome_has_a_million_copies_of_alu() {
    let options = GenomeOptions::human(3_100_000_000);
    let alu = &options.families[0];
    assert!(3.1e9 * alu.share / alu.mean_length > 1e6);
    let sum: u64 = options
        .contigs
        .iter()
        .map(|(_, length)| u64::from(*length))
        .sum();
    assert_eq!((options.contigs.len(), sum), (24, 3_100_000_000));
    assert_eq!(options.contigs[19].0, "chr20");
    assert!(options.check().is_ok());
}

#[test]
fn written_as_it_is_made_the_same_by_any_number_of_threads() {
    let options = GenomeOptions {
        contigs: vec![("a".into(), 4_500_007), ("b".into(), 150_001)],
        ..GenomeOptions::human(0)
    };
    let genome = Genome::new(&options, 9).unwrap();
    let mut whole = Vec::new();
    genome.reference(&|_| {}).write_fasta(&mut whole).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for (threads, name) in [(1, "one.fa"), (3, "three.fa.gz")] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let path = folder.path().join(name);
        pool.install(|| genome.write_to(&path)).unwrap();
        let mut text = Vec::new();
        crate::reference::open(&path)
            .unwrap()
            .read_to_end(&mut text)
            .unwrap();
        assert!(text == whole, "{name}");
    }
    let compressed = std::fs::read(folder.path().join("three.fa.gz")).unwrap();
    assert_eq!(compressed[12..16], *b"BC\x02\x00");
    assert!(compressed.ends_with(&crate::gzip::block(&[])));
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
            duplication: 0.6,
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
