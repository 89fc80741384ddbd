//! Alleles that are genotyped because they were asked for, and regions with copies of their own.

use fafnir_io::bam::{RecordView, Records};
use fafnir_io::{ContigId, vcf};
use fafnir_variant_caller::{ForcedAlleles, ForcedError, Ploidies, Scratch};

use super::genome::{Gaps, call, caller, random_bases, reads, reference, truth};

const C: ContigId = ContigId(0);

fn other(base: u8) -> &'static str {
    if base == b'A' { "C" } else { "A" }
}

fn field<'a>(record: &'a vcf::Record, name: &str) -> &'a str {
    let field = record.format.iter().find(|(key, _)| *key == name);
    field.map_or("", |(_, value)| value)
}

fn flags(record: &vcf::Record) -> Vec<&str> {
    let info = record.info.iter();
    let flags = info.filter(|(_, value)| value.is_empty());
    flags.map(|(key, _)| *key).collect()
}

#[test]
fn every_allele_asked_for_has_a_genotype() {
    let mut bases = random_bases(6_000, 11);
    bases[2_000..2_010].copy_from_slice(b"GATTTTTTTC");
    let variants = [truth(1_000, 1, other(bases[1_000]), [true, false])];
    // No read from 4,500 on.
    let records: Vec<u8> = {
        let all = reads(&bases, &variants, 30, 3, Gaps::Found);
        let kept = Records::new(&all).filter(|r| r.reference_end() < 4_500);
        kept.flat_map(|r| {
            let mut bytes = (r.as_bytes().len() as u32).to_le_bytes().to_vec();
            bytes.extend_from_slice(r.as_bytes());
            bytes
        })
        .collect()
    };
    let plain = call(&bases, &records);
    let reference = reference(&bases);
    let mut forced = ForcedAlleles::default();
    let mut add = |position: u32, replaced: &[u8], allele: &str| {
        forced.add(&reference, C, position, replaced, allele.as_bytes())
    };
    let at = |position: usize| &bases[position..position + 1];
    add(1_000, at(1_000), other(bases[1_000])).unwrap();
    add(
        1_000,
        at(1_000),
        if bases[1_000] == b'G' { "T" } else { "G" },
    )
    .unwrap();
    add(3_000, at(3_000), other(bases[3_000])).unwrap();
    // The last T of the run, as somebody may write it who does not move it to the left.
    add(2_007, b"TTC", "TC").unwrap();
    add(2_001, b"A", "AT").unwrap();
    add(5_000, at(5_000), other(bases[5_000])).unwrap();
    let two = [other(bases[3_500]), other(bases[3_501])].concat();
    add(3_500, &bases[3_500..3_502], &two).unwrap();
    assert_eq!(add(10, at(10), "<DEL>"), Err(ForcedError::NotSmall));
    assert_eq!(add(10, at(10), "*"), Err(ForcedError::NotSmall));
    let same = String::from_utf8(at(10).to_vec()).unwrap();
    assert_eq!(add(10, at(10), &same), Err(ForcedError::NotSmall));
    assert_eq!(
        add(10, other(bases[10]).as_bytes(), &same),
        Err(ForcedError::OtherReference)
    );
    assert_eq!(add(5_999, b"AA", "A"), Err(ForcedError::OtherReference));
    let forced = forced.sorted();
    assert_eq!(forced.len(), 8);

    let caller = caller(reference.clone()).with_forced(forced);
    let views: Vec<RecordView<'_>> = Records::new(&records).collect();
    let found = caller.call_span(C, 0..6_000, &views, &mut Scratch::default());
    let at = |position: u32| {
        let mut of = found.iter().filter(|r| r.position == position);
        let record = of
            .next()
            .unwrap_or_else(|| panic!("no record at {position}"));
        assert!(of.next().is_none(), "two records at {position}");
        record
    };
    let known = at(1_000);
    assert_eq!(flags(known), ["FGT", "NML"]);
    assert_eq!(
        (
            known.alternates.len(),
            field(known, "PL").split(',').count()
        ),
        (2, 6)
    );
    assert!(matches!(field(known, "GT"), "0/1" | "0/2"), "{known:?}");
    for absent in [at(3_000), at(2_001), at(3_500), at(3_501)] {
        assert_eq!(
            (field(absent, "GT"), flags(absent)),
            ("0/0", vec!["FGT"]),
            "{absent:?}"
        );
        assert!(absent.filters.is_empty(), "{absent:?}");
        assert!(
            field(absent, "GQ").parse::<u32>().unwrap() > 20,
            "{absent:?}"
        );
    }
    let repeat = at(2_001);
    assert_eq!(repeat.alternates.len(), 2, "{repeat:?}");
    assert_eq!(repeat.reference, b"AT");
    let unseen = at(5_000);
    assert_eq!(
        (
            field(unseen, "GT"),
            field(unseen, "DP"),
            field(unseen, "PL")
        ),
        ("./.", "0", "0,0,0")
    );
    assert!(unseen.quality.is_nan());
    assert_eq!(unseen.filters, ["LowDepth".into()]);
    // What was called before is called still.
    for record in &plain {
        let again = at(record.position);
        assert!(field(again, "GT").contains(['1', '2']), "{again:?}");
    }
    assert_eq!(found.len(), plain.len() + 5);
    assert!(found.is_sorted_by_key(|r| r.position));
}

/// A region compares so many haplotypes and no more; what it leaves out is there without a genotype.
#[test]
fn a_crowd_of_alleles_is_bounded_and_all_there() {
    let bases = random_bases(3_000, 31);
    let records = reads(&bases, &[], 20, 7, Gaps::Found);
    let reference = reference(&bases);
    let mut forced = ForcedAlleles::default();
    let places: Vec<u32> = (1_000..1_180).step_by(3).collect();
    for &at in &places {
        let replaced = &bases[at as usize..at as usize + 1];
        let allele = other(replaced[0]).as_bytes();
        forced.add(&reference, C, at, replaced, allele).unwrap();
    }
    let caller = caller(reference).with_forced(forced.sorted());
    let views: Vec<RecordView<'_>> = Records::new(&records).collect();
    let mut scratch = Scratch::default();
    let found = caller.call_span(C, 0..3_000, &views, &mut scratch);
    let positions: Vec<u32> = found.iter().map(|r| r.position).collect();
    assert_eq!(positions, places);
    assert!(
        found
            .iter()
            .all(|r| matches!(field(r, "GT"), "0/0" | "./."))
    );
    assert!(found.iter().filter(|r| field(r, "GT") == "0/0").count() >= 16);
    assert!(scratch.take_capped().regions > 0);
}

#[test]
fn a_region_with_one_copy_has_haploid_genotypes() {
    let bases = random_bases(4_000, 21);
    let snv = |at: usize| truth(at, 1, other(bases[at]), [true, true]);
    let variants = [snv(500), snv(1_480), snv(1_520), snv(2_500), snv(3_500)];
    let records = reads(&bases, &variants, 30, 5, Gaps::Found);
    let views: Vec<RecordView<'_>> = Records::new(&records).collect();
    let ploidies = Ploidies::new(2, [(C, 1_500..3_000, 1), (C, 3_000..4_000, 0)]);
    let caller = caller(reference(&bases)).with_ploidies(ploidies);
    let found = caller.call_span(C, 0..4_000, &views, &mut Scratch::default());
    let genotypes: Vec<(u32, &str, usize)> = found
        .iter()
        .map(|r| {
            (
                r.position,
                field(r, "GT"),
                field(r, "PL").split(',').count(),
            )
        })
        .collect();
    let expected = [
        (500, "1/1", 3),
        (1_480, "1/1", 3),
        (1_520, "1", 2),
        (2_500, "1", 2),
    ];
    assert_eq!(genotypes, expected);
    let regions = caller.find_regions(C, 0..4_000, &views);
    assert!(
        regions
            .iter()
            .all(|r| !r.span().contains(&1_500) || r.span().start == 1_500)
    );
}
