//! Adapters against a plain search.

use fafnir_io::bcl::adapters::{AdapterBehavior, AdapterTrimmer, TrimOptions, Trimmed};
use proptest::prelude::*;

const TRUSEQ: &[u8] = b"AGATCGGAAGAGCACACGTCTGAACTCCAGTCA";

fn options(minimum_length: usize, mask_below: usize) -> TrimOptions {
    TrimOptions {
        minimum_length,
        mask_below,
        ..TrimOptions::for_shortest_read(0)
    }
}

fn trimmer(adapters: &[&[u8]], options: TrimOptions) -> AdapterTrimmer {
    let adapters: Vec<_> = adapters.iter().map(|adapter| adapter.to_vec()).collect();
    AdapterTrimmer::new(&adapters, options)
}

/// Every start, every base, and the share as it stands in the documentation.
fn oracle(adapters: &[Vec<u8>], read: &[u8], stringency: f32, overlap: usize) -> usize {
    let found = |start: usize| {
        adapters.iter().any(|adapter| {
            let (mut matches, mut mismatches, mut given_up) = (0_usize, 0_usize, false);
            for (base, expected) in read[start..].iter().zip(adapter) {
                match base {
                    b'N' => {}
                    base if base == expected => matches += 1,
                    _ => mismatches += 1,
                }
                given_up |= mismatches >= 2 && mismatches > matches;
            }
            let share = matches as f32 / (matches + mismatches) as f32;
            !given_up && matches >= overlap && share >= stringency
        })
    };
    (0..read.len())
        .find(|&start| found(start))
        .unwrap_or(read.len())
}

#[test]
fn defaults_are_those_of_bcl_convert() {
    let long = TrimOptions::for_shortest_read(151);
    assert_eq!((long.minimum_length, long.mask_below), (35, 22));
    let short = TrimOptions::for_shortest_read(20);
    assert_eq!((short.minimum_length, short.mask_below), (20, 20));
    assert_eq!((long.stringency, long.minimum_overlap), (0.9, 1));
}

#[test]
fn an_adapter_is_cut_wherever_it_starts() {
    let trimmer = trimmer(&[TRUSEQ], options(0, 0));
    let insert = b"TTTTTTTTTTTTTTTTTTTT";
    for length in 1..=TRUSEQ.len() {
        let read = [insert, &TRUSEQ[..length]].concat();
        assert_eq!(
            trimmer.trim(&read).length,
            insert.len(),
            "{length} bases of it"
        );
    }
    assert_eq!(trimmer.trim(insert).length, insert.len());
    assert_eq!(trimmer.trim(TRUSEQ).length, 0);
    assert_eq!(trimmer.trim(b"").length, 0);
}

#[test]
fn nine_of_ten_must_match() {
    let trimmer = trimmer(&[b"AGATCGGAAG"], options(0, 0));
    assert_eq!(trimmer.find(b"TTTTTAGATCGCAAGTTTTT"), 5);
    assert_eq!(trimmer.find(b"TTTTTAGATCGCAACTTTTT"), 20);
    // At the end nine of ten are not to be had of nine.
    assert_eq!(trimmer.find(b"TTTTTTTTTTTAGATCGCAA"), 19);
}

#[test]
fn n_neither_matches_nor_differs() {
    let trimmer = trimmer(&[b"AGATCGGAAG"], options(0, 0));
    assert_eq!(trimmer.find(b"TTTTTNGNTNGNANGTTTTT"), 5);
    assert_eq!(trimmer.find(b"NNNNNNNN"), 8);
}

#[test]
fn a_short_overlap_is_left_if_asked() {
    let mut options = options(0, 0);
    options.minimum_overlap = 3;
    let trimmer = trimmer(&[TRUSEQ], options);
    assert_eq!(trimmer.find(b"TTTTTTTTTTTAG"), 13);
    assert_eq!(trimmer.find(b"TTTTTTTTTTAGA"), 10);
}

#[test]
fn short_reads_are_masked() {
    let read = [&b"CTCTCTCTCT"[..], TRUSEQ].concat();
    let trim = |minimum, mask| trimmer(&[TRUSEQ], options(minimum, mask)).trim(&read);
    let trimmed = |length, unmasked| Trimmed {
        adapter_start: 10,
        length,
        unmasked,
    };
    assert_eq!(trim(5, 0), trimmed(10, 10));
    assert_eq!(trim(20, 0), trimmed(20, 10));
    assert_eq!(trim(20, 10), trimmed(20, 10));
    assert_eq!(trim(20, 11), trimmed(20, 0));
    assert_eq!(trim(200, 11), trimmed(43, 0));
    let mut mask = options(20, 5);
    mask.behavior = AdapterBehavior::Mask;
    assert_eq!(trimmer(&[TRUSEQ], mask).trim(&read), trimmed(43, 10));
    // Only bases that were called count.
    let read = [&b"CTNNNNNNNN"[..], TRUSEQ].concat();
    let kept = trimmer(&[TRUSEQ], options(5, 3)).trim(&read);
    assert_eq!((kept.length, kept.unmasked), (10, 0));
    // A read without an adapter is left alone.
    assert_eq!(
        trimmer(&[TRUSEQ], options(20, 11)).trim(b"CTCT").unmasked,
        4
    );
}

#[test]
fn the_first_of_several_adapters_counts() {
    let trimmer = trimmer(&[b"GTGTGTGTGT", b"ACACACACAC"], options(0, 0));
    assert_eq!(trimmer.find(b"TTTTACACACACACTTGTGTGTGTGT"), 4);
    assert_eq!(trimmer.find(b"CCCCGTGTGTGTGTTTACACACACAC"), 4);
}

fn bases(letters: &'static [u8], length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(letters), length)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn equal_to_a_plain_search(
        adapters in prop::collection::vec(bases(b"ACGT", 1..40), 1..3),
        insert in bases(b"ACGT", 0..60),
        tail in bases(b"ACGT", 0..20),
        damage in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(&b"ACGTN"[..])), 0..6),
        stringency in prop::sample::select(vec![0.5_f32, 0.7, 0.75, 0.9, 1.0]),
        overlap in 1_usize..4,
    ) {
        let mut read = [&insert[..], &adapters[0], &tail].concat();
        for (at, base) in damage {
            let at = at.index(read.len());
            read[at] = base;
        }
        let mut options = options(0, 0);
        (options.stringency, options.minimum_overlap) = (stringency, overlap);
        let found = AdapterTrimmer::new(&adapters, options).find(&read);
        prop_assert_eq!(found, oracle(&adapters, &read, stringency, overlap));
    }

    /// Starts on both sides of the words of 64 that they are looked at in.
    #[test]
    fn equal_on_long_reads(
        insert in bases(b"ACGTN", 0..200),
        damage in prop::collection::vec((0..TRUSEQ.len(), prop::sample::select(&b"ACGTN"[..])), 0..5),
        kept in 1..=TRUSEQ.len(),
        tail in bases(b"ACGT", 0..100),
        stringency in prop::sample::select(vec![0.5_f32, 0.8, 0.9, 1.0]),
        overlap in 1_usize..20,
    ) {
        let mut adapter = TRUSEQ.to_vec();
        for (at, base) in damage {
            adapter[at] = base;
        }
        let read = [&insert[..], &adapter[..kept], &tail].concat();
        let mut options = options(0, 0);
        (options.stringency, options.minimum_overlap) = (stringency, overlap);
        let adapters = [TRUSEQ.to_vec()];
        let found = AdapterTrimmer::new(&adapters, options).find(&read);
        prop_assert_eq!(found, oracle(&adapters, &read, stringency, overlap));
    }

    /// Two letters only, so that near misses abound.
    #[test]
    fn equal_on_reads_that_repeat(
        adapter in bases(b"AC", 8..20),
        read in bases(b"ACCCAAN", 0..80),
        stringency in prop::sample::select(vec![0.5_f32, 0.8, 0.9]),
    ) {
        let mut options = options(0, 0);
        options.stringency = stringency;
        let adapters = [adapter];
        let found = AdapterTrimmer::new(&adapters, options).find(&read);
        prop_assert_eq!(found, oracle(&adapters, &read, stringency, 1));
    }
}
