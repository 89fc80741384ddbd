//! An allele that only reads of one strand show.

use fafnir_io::bam::{RecordFields, encode, flag};

use super::genome::{READ, call, random_bases, summary};

const POSITION: usize = 1_500;

/// Calls from 30 reads, both strands alike, of which eight reverse ones have another base at
/// [`POSITION`], of this quality.
fn calls(quality: u8) -> Vec<String> {
    let bases = random_bases(3_000, 7);
    let mut records = Vec::new();
    for number in 0..30 {
        let start = POSITION + 4 * number + 4 - READ;
        let mut read = bases[start..start + READ].to_vec();
        let mut qualities = vec![37; READ];
        let reverse = number % 2 == 1;
        if reverse && number < 16 {
            read[POSITION - start] = if bases[POSITION] == b'A' { b'C' } else { b'A' };
            qualities[POSITION - start] = quality;
        }
        let name = format!("r{number}");
        let fields = RecordFields {
            name: name.as_bytes(),
            flag: [0, flag::REVERSE][usize::from(reverse)],
            contig: 0,
            position: start as i32,
            mapping_quality: 60,
            cigar: &[(READ as u32) << 4],
            mate_contig: -1,
            mate_position: -1,
            template_length: 0,
            bases: &read,
            qualities: &qualities,
        };
        encode(&fields, &mut records, |_| {});
    }
    summary(&call(&bases, &records))
}

#[test]
fn sure_bases_are_a_variant_and_doubtful_ones_errors() {
    assert_eq!(calls(37).len(), 1);
    assert_eq!(calls(20), [""; 0]);
}
