//! What INFO and FORMAT say of the fragments behind a call.

use fafnir_io::bam::{RecordFields, encode, flag};
use fafnir_io::vcf;

use super::genome::{READ, call, random_bases};

const POSITION: usize = 1_500;

/// The call from reads with each number of bases before the site, first ones of a pair and forward where
/// it is even, second ones and reverse else. Those with an ALT allele are `shown` by it.
fn site(shown: impl Fn(usize) -> bool) -> vcf::Record {
    let bases = random_bases(3_000, 11);
    let mut records = Vec::new();
    for before in (0..READ).rev() {
        let start = POSITION - before;
        let mut read = bases[start..start + READ].to_vec();
        if shown(before) {
            read[before] = if bases[POSITION] == b'A' { b'C' } else { b'A' };
        }
        let (name, second) = (format!("r{before}"), before % 2 == 1);
        let fields = RecordFields {
            name: name.as_bytes(),
            flag: flag::PAIRED
                | flag::MATE_UNMAPPED
                | [flag::FIRST, flag::LAST | flag::REVERSE][usize::from(second)],
            contig: 0,
            position: start as i32,
            mapping_quality: 60,
            cigar: &[(READ as u32) << 4],
            mate_contig: -1,
            mate_position: -1,
            template_length: 0,
            bases: &read,
            qualities: &[37; READ],
        };
        encode(&fields, &mut records, |_| {});
    }
    let mut found = call(&bases, &records);
    assert_eq!(found.len(), 1);
    found.remove(0)
}

fn value<'a>(fields: &'a [(&'static str, String)], name: &str) -> &'a str {
    let found = fields.iter().find(|(key, _)| *key == name);
    found.map_or("", |(_, value)| value)
}

fn score(record: &vcf::Record) -> f64 {
    value(&record.info, "ReadPosRankSum").parse().unwrap()
}

#[test]
fn alternates_near_the_ends_of_reads_rank_low() {
    let near = |before: usize| before.min(READ - 1 - before) < 20;
    let at_ends = site(near);
    assert!(score(&at_ends) < -5.0, "{at_ends:?}");
    let inside = site(|before| !near(before));
    assert!(score(&inside) > 5.0, "{inside:?}");
    let anywhere = site(|before| before % 4 < 2);
    assert!(score(&anywhere).abs() < 1.0, "{anywhere:?}");
}

#[test]
fn fragments_are_counted_by_read_of_the_pair() {
    let even = site(|before| before % 4 < 2);
    assert_eq!(value(&even.format, "MB"), "37,37,37,37");
    let uneven = site(|before| before % 4 == 0 || before % 8 == 1);
    assert_eq!(value(&uneven.format, "MB"), "37,55,37,19");
    assert_eq!(value(&uneven.format, "SB"), "37,55,37,19");
}
