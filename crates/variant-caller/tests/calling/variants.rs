//! Each kind of variant is found, and nothing else is.

use super::genome::{Gaps, Truth, call, random_bases, reads, summary, truth};

const HET: [bool; 2] = [true, false];
const OTHER: [bool; 2] = [false, true];
const HOM: [bool; 2] = [true, true];

/// A random genome with `motif` at 1,500.
fn genome(motif: &str) -> Vec<u8> {
    let mut bases = random_bases(3_000, 7);
    bases.splice(1_500..1_500 + motif.len(), motif.bytes());
    bases
}

fn calls(bases: &[u8], truth: &[Truth], gaps: Gaps) -> Vec<String> {
    summary(&call(bases, &reads(bases, truth, 40, 11, gaps)))
}

const UNIQUE: &str = "GATTCAGCCATAGGTCACTGACGTTAGCATCGGACTTACGCTAAGTCCGATGCAGTACCTGA";

#[test]
fn nothing_is_called_where_nothing_differs() {
    assert_eq!(calls(&genome(UNIQUE), &[], Gaps::Found), [""; 0]);
}

#[test]
fn single_substitutions() {
    let variants = [truth(1_500, 1, "T", HET)];
    assert_eq!(
        calls(&genome(UNIQUE), &variants, Gaps::Found),
        ["1501 G T 0/1"]
    );
    let variants = [truth(1_505, 1, "G", HOM)];
    assert_eq!(
        calls(&genome(UNIQUE), &variants, Gaps::Found),
        ["1506 A G 1/1"]
    );
}

#[test]
fn adjacent_substitutions_on_one_haplotype() {
    let variants = [truth(1_510, 3, "GTC", HET)];
    assert_eq!(
        calls(&genome(UNIQUE), &variants, Gaps::Found),
        ["1511 T G 0/1", "1512 A T 0/1", "1513 G C 0/1"]
    );
}

#[test]
fn two_alternates_at_one_position() {
    let variants = [truth(1_500, 1, "T", HET), truth(1_500, 1, "C", OTHER)];
    assert_eq!(
        calls(&genome(UNIQUE), &variants, Gaps::Found),
        ["1501 G C,T 1/2"]
    );
}

#[test]
fn short_indels() {
    let variants = [truth(1_512, 2, "", HET)];
    assert_eq!(
        calls(&genome(UNIQUE), &variants, Gaps::Found),
        ["1512 AGG A 0/1"]
    );
    let variants = [truth(1_512, 0, "CT", HOM)];
    assert_eq!(
        calls(&genome(UNIQUE), &variants, Gaps::Found),
        ["1512 A ACT 1/1"]
    );
}

#[test]
fn a_deletion_over_a_substitution() {
    let variants = [truth(1_510, 12, "", HET), truth(1_516, 1, "T", OTHER)];
    let found = calls(&genome(UNIQUE), &variants, Gaps::Found);
    assert_eq!(found, ["1510 ATAGGTCACTGAC A 0/1", "1517 A *,T 1/2"]);
}

#[test]
fn a_homopolymer_loses_a_base() {
    let bases = genome("GATTCAGCAAAAAAAAAGTCACTGACGTTAGC");
    let variants = [truth(1_508, 1, "", HET)];
    assert_eq!(calls(&bases, &variants, Gaps::Found), ["1508 CA C 0/1"]);
}

#[test]
fn a_dinucleotide_repeat_gains_two_units() {
    let bases = genome("GATTCAGTCACACACACACACAGTTACTGACGTTAGC");
    let variants = [truth(1_508, 0, "CACA", HOM)];
    assert_eq!(calls(&bases, &variants, Gaps::Found), ["1508 T TCACA 1/1"]);
}

#[test]
fn long_indels_that_the_aligner_clipped() {
    let bases = genome(UNIQUE);
    let variants = [truth(1_501, 55, "", HET)];
    let found = calls(&bases, &variants, Gaps::Clipped);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("1501 GATTCAG") && found[0].ends_with("0/1"),
        "{found:?}"
    );
    let inserted = "CCGTAAGGCTTACGATTCAAGCTGTACCATGGACTTCAGCGTAATCG";
    let variants = [truth(1_501, 0, inserted, HET)];
    let found = calls(&bases, &variants, Gaps::Clipped);
    // Its last base is that before it: the record stands one base to the left.
    assert_eq!(
        found,
        [format!("1500 G GG{} 0/1", &inserted[..inserted.len() - 1])]
    );
}

#[test]
fn few_reads_are_enough_for_a_homozygous_variant_and_one_is_not() {
    let bases = genome(UNIQUE);
    let variants = [truth(1_505, 1, "G", HOM)];
    let found = summary(&call(&bases, &reads(&bases, &variants, 8, 3, Gaps::Found)));
    assert_eq!(found, ["1506 A G 1/1"]);
    let found = summary(&call(&bases, &reads(&bases, &variants, 1, 3, Gaps::Found)));
    assert_eq!(found, [""; 0]);
}
