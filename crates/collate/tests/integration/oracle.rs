//! The plain way: all records in one vector, sets of like templates in maps.

use std::collections::{BTreeMap, BTreeSet};

use fafnir_io::bam::{RecordBatch, RecordView, flag};

use crate::templates::LIBRARIES;

/// Contig, unclipped 5' end, reverse strand.
type Place = (i32, i32, bool);

struct Entry {
    score: i32,
    ordinal: u64,
}

/// All records in order, duplicate flags set.
pub(crate) fn collate(batches: &[RecordBatch], remove: bool) -> Vec<u8> {
    let duplicates = duplicates(batches);
    let mut records = Vec::new();
    for batch in batches {
        for i in 0..batch.len() {
            let ordinal = batch.first_ordinal + i as u64;
            for (index, record) in batch.template(i).enumerate() {
                let mut bytes = record.as_bytes().to_vec();
                if duplicates.contains(&ordinal) {
                    bytes[15] |= 4;
                }
                let unplaced = record.contig() < 0;
                let place = (record.contig() as u32, record.position());
                let reverse = !unplaced && record.flag() & flag::REVERSE != 0;
                if !(remove && duplicates.contains(&ordinal)) {
                    records.push((place, reverse, ordinal, index, bytes));
                }
            }
        }
    }
    records.sort();
    let mut out = Vec::new();
    for (.., bytes) in records {
        out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        out.extend_from_slice(&bytes);
    }
    out
}

/// Ordinals of duplicate templates.
pub(crate) fn duplicates(batches: &[RecordBatch]) -> BTreeSet<u64> {
    let mut pairs: BTreeMap<(u16, Place, Place), Vec<Entry>> = BTreeMap::new();
    let mut fragments: BTreeMap<(u16, Place), Vec<Entry>> = BTreeMap::new();
    let mut paired_ends = BTreeSet::new();
    for batch in batches {
        let library = LIBRARIES[usize::from(batch.read_group)];
        for i in 0..batch.len() {
            let ordinal = batch.first_ordinal + i as u64;
            let mut ends = Vec::new();
            for record in batch.template(i) {
                let flags = record.flag();
                if flags & (flag::UNMAPPED | flag::SECONDARY | flag::SUPPLEMENTARY) != 0 {
                    continue;
                }
                let (place, score) = (place(&record), score(&record));
                if flags & flag::PAIRED != 0 && flags & flag::MATE_UNMAPPED == 0 {
                    paired_ends.insert((library, place));
                    ends.push((place, score));
                } else {
                    let set = fragments.entry((library, place)).or_default();
                    set.push(Entry { score, ordinal });
                }
            }
            if let [(a, score_a), (b, score_b)] = ends[..] {
                let set = pairs.entry((library, a.min(b), a.max(b))).or_default();
                set.push(Entry {
                    score: score_a + score_b,
                    ordinal,
                });
            }
        }
    }
    let mut duplicates = BTreeSet::new();
    let mut all_but_best = |set: &[Entry]| {
        let best = set.iter().min_by_key(|e| (-e.score, e.ordinal)).unwrap();
        let others = set.iter().filter(|e| e.ordinal != best.ordinal);
        duplicates.extend(others.map(|e| e.ordinal));
    };
    pairs.values().for_each(|set| all_but_best(set));
    for (place, set) in &fragments {
        if !paired_ends.contains(place) {
            all_but_best(set);
        }
    }
    for (place, set) in &fragments {
        if paired_ends.contains(place) {
            duplicates.extend(set.iter().map(|e| e.ordinal));
        }
    }
    duplicates
}

fn place(record: &RecordView<'_>) -> Place {
    let reverse = record.flag() & flag::REVERSE != 0;
    let clip = |kind: u8| kind == b'S' || kind == b'H';
    let end = if reverse {
        let clips = record.cigar().rev().take_while(|op| clip(op.kind));
        record.reference_end() - 1 + clips.map(|op| op.length as i32).sum::<i32>()
    } else {
        let clips = record.cigar().take_while(|op| clip(op.kind));
        record.position() - clips.map(|op| op.length as i32).sum::<i32>()
    };
    (record.contig(), end, reverse)
}

fn score(record: &RecordView<'_>) -> i32 {
    let qualities = record.qualities().iter().map(|q| i32::from(*q));
    let sum: i32 = qualities.filter(|q| (15..128).contains(q)).sum();
    let failed = record.flag() & flag::QC_FAIL != 0;
    sum.min(16_383) - if failed { 16_384 } else { 0 }
}
