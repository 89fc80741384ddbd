//! Indels up to the limit are called alike wherever they lie; longer ones nowhere.

use fafnir_fpga_hal::Hal;
use fafnir_io::ContigId;
use fafnir_io::bam::{RecordFields, RecordView, Records, encode};
use fafnir_variant_caller::{Caller, CallerOptions, MAX_INDEL, Model, Scratch};

use super::genome::{Gaps, call, caller, random_bases, reads, reference, summary, truth};

const HET: [bool; 2] = [true, false];
const HOM: [bool; 2] = [true, true];
const LIMIT: usize = MAX_INDEL as usize;
const INNER: usize = 3_600;
const AT: usize = 1_500;
/// Twice what regions are cut at multiples of.
const PERIOD: usize = 512;

/// The same genome and reads, `shift` bases farther right.
fn shifted(inner: &[u8], records: &[u8], shift: usize) -> (Vec<u8>, Vec<u8>) {
    let mut bases = random_bases(shift, 99);
    bases.extend_from_slice(inner);
    let mut moved = Vec::new();
    for view in Records::new(records) {
        let cigar: Vec<u32> = view.raw_cigar().collect();
        let read: Vec<u8> = (0..view.length())
            .map(|i| {
                b"=ACMGRSVTWYHKDBN"[usize::from(view.packed_bases()[i / 2] >> (4 - i % 2 * 4) & 15)]
            })
            .collect();
        let fields = RecordFields {
            name: view.name(),
            flag: view.flag(),
            contig: 0,
            position: view.position() + shift as i32,
            mapping_quality: view.mapping_quality(),
            cigar: &cigar,
            mate_contig: -1,
            mate_position: -1,
            template_length: 0,
            bases: &read,
            qualities: view.qualities(),
        };
        encode(&fields, &mut moved, |_| {});
    }
    (bases, moved)
}

#[test]
fn a_deletion_is_called_alike_at_every_distance_to_a_cut() {
    let inner = random_bases(INNER, 21);
    for (length, on, genotype) in [
        (LIMIT, HOM, "1/1"),
        (290, HOM, "1/1"),
        (120, HET, "0/1"),
        (LIMIT + 1, HOM, ""),
        (700, HOM, ""),
    ] {
        let records = reads(&inner, &[truth(AT, length, "", on)], 40, 4, Gaps::Found);
        let mut qualities = Vec::new();
        for shift in (0..PERIOD).step_by(23) {
            let (bases, moved) = shifted(&inner, &records, shift);
            let found = call(&bases, &moved);
            if genotype.is_empty() {
                assert!(found.is_empty(), "{length} bases, {shift}: {found:?}");
                continue;
            }
            let [record] = found.as_slice() else {
                panic!("{length} bases, {shift}: {found:?}");
            };
            assert!(record.filters.is_empty(), "{record:?}");
            // Bases alike on both sides let it stand farther left.
            let position = record.position as usize - shift;
            assert!((AT - 10..AT).contains(&position), "{position}");
            assert_eq!(record.reference.len(), length + 1, "{shift}");
            assert_eq!(record.format[0].1, genotype, "{length} bases, {shift}");
            qualities.push(record.quality);
        }
        assert!(qualities.windows(2).all(|w| w[0] == w[1]), "{qualities:?}");
    }
}

/// The longest place: a repeat, the longest deletion behind it, and bases that it can be moved over.
#[test]
fn a_deletion_behind_a_repeat_is_called_alike_at_every_distance_to_a_cut() {
    let mut inner = random_bases(INNER, 22);
    let repeat: Vec<u8> = b"ACGTT".iter().copied().cycle().take(110).collect();
    inner[AT - 110..AT].copy_from_slice(&repeat);
    let moved_over = inner[AT..AT + 30].to_vec();
    inner[AT + LIMIT..AT + LIMIT + 30].copy_from_slice(&moved_over);
    inner[AT + LIMIT - 1] = if inner[AT - 1] == b'A' { b'C' } else { b'A' };
    let records = reads(&inner, &[truth(AT, LIMIT, "", HOM)], 40, 4, Gaps::Found);
    let mut found = Vec::new();
    for shift in (0..PERIOD).step_by(23) {
        let (bases, moved) = shifted(&inner, &records, shift);
        let calls = call(&bases, &moved);
        let [record] = calls.as_slice() else {
            panic!("{shift}: {calls:?}");
        };
        assert!(record.filters.is_empty(), "{record:?}");
        assert_eq!(record.position as usize - shift, AT - 1);
        found.push((record.quality, record.format.clone()));
    }
    assert!(found.windows(2).all(|w| w[0] == w[1]), "{found:?}");
}

/// `count` reads at one place, each with an insertion of `length` bases.
fn inserted(bases: &[u8], count: usize, length: usize) -> Vec<u8> {
    let insertion = random_bases(length, 77);
    let mut out = Vec::new();
    for number in 0..count {
        let mut read = bases[AT - 75..AT].to_vec();
        read.extend_from_slice(&insertion);
        read.extend_from_slice(&bases[AT..AT + 75]);
        encode(
            &RecordFields {
                name: format!("i{number}").as_bytes(),
                flag: 0,
                contig: 0,
                position: AT as i32 - 75,
                mapping_quality: 60,
                cigar: &[75 << 4, (length as u32) << 4 | 1, 75 << 4],
                mate_contig: -1,
                mate_position: -1,
                template_length: 0,
                bases: &read,
                qualities: &vec![37; read.len()],
            },
            &mut out,
            |_| {},
        );
    }
    out
}

#[test]
fn insertions_up_to_the_limit_are_called() {
    let bases = random_bases(INNER, 21);
    let found = summary(&call(&bases, &inserted(&bases, 40, LIMIT)));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].ends_with(" 1/1"), "{found:?}");
    let found = summary(&call(&bases, &inserted(&bases, 40, LIMIT + 1)));
    assert_eq!(found, [""; 0]);
}

#[test]
fn reads_with_giant_insertions_cost_nothing() {
    let bases = random_bases(INNER, 21);
    let records = inserted(&bases, 100, 12_000);
    let views: Vec<RecordView<'_>> = Records::new(&records).collect();
    let mut scratch = Scratch::default();
    let caller = caller(reference(&bases));
    caller.call_span(ContigId(0), 0..INNER as u32, &views, &mut scratch);
    assert_eq!(scratch.pairhmm_cells(), 0);
}

/// The calls, the cells and the capped regions of a deletion under a limit on cells.
fn under(max_region_cells: u64, records: &[u8], bases: &[u8]) -> (Vec<String>, u64, u64) {
    let options = CallerOptions {
        max_region_cells,
        ..CallerOptions::default()
    };
    let hal = Hal::new().unwrap();
    let caller = Caller::new(options, reference(bases), Model::default(), hal);
    let views: Vec<RecordView<'_>> = Records::new(records).collect();
    let mut scratch = Scratch::default();
    let span = 0..bases.len() as u32;
    let calls = caller.call_span(ContigId(0), span, &views, &mut scratch);
    (
        summary(&calls),
        scratch.pairhmm_cells(),
        scratch.take_capped().regions,
    )
}

#[test]
fn reads_give_way_where_not_two_haplotypes_can_be_afforded() {
    let bases = random_bases(INNER, 21);
    let records = reads(&bases, &[truth(AT, 40, "", HOM)], 200, 4, Gaps::Found);
    let (free, cells, capped) = under(u64::MAX, &records, &bases);
    assert_eq!((free.len(), capped), (1, 0));
    // Too little for two haplotypes with all reads, enough with some.
    let limit = cells / 4;
    let (found, cells, capped) = under(limit, &records, &bases);
    assert!(0 < cells && cells <= limit, "{cells} of {limit}");
    assert_eq!((found, capped), (free, 1));
    let (found, cells, capped) = under(0, &records, &bases);
    assert_eq!((found.len(), cells, capped), (0, 0, 1));
}
