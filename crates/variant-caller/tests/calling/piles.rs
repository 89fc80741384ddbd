//! Reads stacked over one place: what strand, base quality and MAPQ make of those that differ.

use fafnir_io::bam::{RecordFields, encode, flag};

use super::genome::{READ, call, random_bases, summary};

const POSITION: usize = 1_500;

/// A read of the pile.
#[derive(Clone, Copy)]
struct Stacked {
    /// Whether it has other bases than the reference at the places asked for.
    differs: bool,
    reverse: bool,
    /// Phred of those bases.
    quality: u8,
    mapping_quality: u8,
}

const USUAL: Stacked = Stacked {
    differs: false,
    reverse: false,
    quality: 37,
    mapping_quality: 60,
};

/// Calls from reads over [`POSITION`], some of which differ from the reference at `places`.
fn calls(pile: &[Stacked], places: &[usize]) -> Vec<String> {
    let bases = random_bases(3_000, 7);
    let mut records = Vec::new();
    for (number, shown) in pile.iter().enumerate() {
        let start = POSITION + 4 * number + 12 - READ;
        let mut read = bases[start..start + READ].to_vec();
        let mut qualities = vec![37; READ];
        for place in places.iter().filter(|_| shown.differs) {
            read[place - start] = if bases[*place] == b'A' { b'C' } else { b'A' };
            qualities[place - start] = shown.quality;
        }
        let cigar = [(READ as u32) << 4];
        push(&mut records, *shown, start, &cigar, &read, &qualities);
    }
    summary(&call(&bases, &records))
}

/// Appends a record; the place at which it starts is its name too.
fn push(
    records: &mut Vec<u8>,
    shown: Stacked,
    start: usize,
    cigar: &[u32],
    bases: &[u8],
    qualities: &[u8],
) {
    let name = format!("r{start}");
    let fields = RecordFields {
        name: name.as_bytes(),
        flag: [0, flag::REVERSE][usize::from(shown.reverse)],
        contig: 0,
        position: start as i32,
        mapping_quality: shown.mapping_quality,
        cigar,
        mate_contig: -1,
        mate_position: -1,
        template_length: 0,
        bases,
        qualities,
    };
    encode(&fields, records, |_| {});
}

/// 30 reads, both strands alike, of which so many reverse ones have other bases of this quality.
fn of_one_strand(quality: u8, differing: usize, places: &[usize]) -> Vec<String> {
    let pile: Vec<Stacked> = (0..30)
        .map(|number| Stacked {
            differs: number % 2 == 1 && number < 2 * differing,
            reverse: number % 2 == 1,
            quality,
            ..USUAL
        })
        .collect();
    calls(&pile, places)
}

#[test]
fn sure_bases_of_one_strand_are_a_variant_and_doubtful_ones_errors() {
    assert_eq!(of_one_strand(37, 8, &[POSITION]).len(), 1);
    assert_eq!(of_one_strand(20, 8, &[POSITION]), [""; 0]);
}

/// A repeat's copy lowers the MAPQ of the reads of one haplotype, and chance puts them on one strand: errors
/// at two places come less often together than variants do.
#[test]
fn two_bases_of_the_same_reads_of_one_strand_are_variants() {
    let pile: Vec<Stacked> = (0..30)
        .map(|number| match number % 2 == 1 && number < 12 {
            true => Stacked {
                differs: true,
                reverse: true,
                mapping_quality: 35,
                ..USUAL
            },
            false => Stacked {
                reverse: number % 2 == 1,
                ..USUAL
            },
        })
        .collect();
    let found = calls(&pile, &[POSITION, POSITION + 3]);
    assert_eq!(found.len(), 2, "{found:?}");
}

/// 30 reads, of which every `each`th has this MAPQ and differs.
fn of_low_mapping_quality(mapping_quality: u8, each: usize) -> Vec<String> {
    let pile: Vec<Stacked> = (0..30)
        .map(|number| Stacked {
            reverse: number % 4 < 2,
            ..match number % each {
                0 => Stacked {
                    differs: true,
                    mapping_quality,
                    ..USUAL
                },
                _ => USUAL,
            }
        })
        .collect();
    calls(&pile, &[POSITION])
}

/// A haplotype near a repeat's copy maps with lower MAPQ than the other, and is there all the same; few
/// reads of next to none are another place's.
#[test]
fn a_haplotype_of_low_mapping_quality_is_called_heterozygous() {
    for (mapping_quality, each) in [(8, 2), (15, 3), (22, 5)] {
        let found = of_low_mapping_quality(mapping_quality, each);
        assert_eq!(found.len(), 1, "MAPQ {mapping_quality}");
        assert!(found[0].ends_with(" 0/1"), "{found:?}");
    }
    assert_eq!(of_low_mapping_quality(4, 7), [""; 0]);
}

/// What stands together on one haplotype is homozygous together: three reads that all have it say so as
/// well of three substitutions as of one.
#[test]
fn a_homozygous_cluster_needs_no_more_reads_than_one_substitution() {
    let pile = [false, true, true].map(|reverse| Stacked {
        differs: true,
        reverse,
        ..USUAL
    });
    for places in [
        &[POSITION][..],
        &[POSITION, POSITION + 2, POSITION + 4],
        &[POSITION, POSITION + 1, POSITION + 2, POSITION + 4],
    ] {
        let found = calls(&pile, places);
        assert_eq!(found.len(), places.len());
        assert!(found.iter().all(|f| f.ends_with(" 1/1")), "{found:?}");
    }
}

/// A read that ends just behind a deletion shows a substitution. Where another shows the deletion itself, that
/// is asked for too.
#[test]
fn a_deletion_is_no_substitution_of_the_reads_that_end_behind_it() {
    let mut bases = random_bases(3_000, 7);
    bases.splice(POSITION..POSITION + 14, *b"ACTGTGTTTTTCAA");
    // TG is deleted from POSITION + 2 on: a read that ends before the fourth T shows T for G.
    let deleted = POSITION + 2;
    let mut sample = bases.clone();
    sample.drain(deleted..deleted + 2);
    let qualities = [37; READ];
    let mut records = Vec::new();
    for (number, end) in [deleted + 5, deleted + 6, deleted + 60]
        .into_iter()
        .enumerate()
    {
        let start = end - READ;
        let left = (deleted - start) as u32;
        let right = READ as u32 - left;
        let cigar = match number {
            2 => vec![left << 4, 2 << 4 | 2, right << 4],
            _ => vec![(READ as u32) << 4],
        };
        let shown = Stacked {
            reverse: number == 1,
            ..USUAL
        };
        push(
            &mut records,
            shown,
            start,
            &cigar,
            &sample[start..end],
            &qualities,
        );
    }
    for start in (deleted - 80..deleted - 20).step_by(20) {
        let read = &bases[start..start + READ];
        push(
            &mut records,
            USUAL,
            start,
            &[(READ as u32) << 4],
            read,
            &qualities,
        );
    }
    let expected = format!("{deleted} CTG C 0/1");
    assert_eq!(summary(&call(&bases, &records)), [expected]);
}
