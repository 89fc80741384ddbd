//! Which reads are used, and what of them a region sees.

use std::ops::Range;

use fafnir_io::bam::{RecordView, flag};
use rustc_hash::FxHashMap;

use crate::{CallerOptions, MAX_INDEL};

/// Quality that stands for a missing one (255).
const MISSING_QUALITY: u8 = 20;
/// Where both mates cover a base and agree, each counts at most this: together, one fragment whose
/// library errors they share (GATK halves a PCR error of phred 40).
const OVERLAP_QUALITY: u8 = 20;
/// Reads below this MAPQ tell nothing of a sample: they may belong elsewhere (GATK).
const SURE_MAPPING_QUALITY: u8 = 20;
/// Ends below this quality are cut off.
const TAIL_QUALITY: u8 = 10;

/// A record that may be evidence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usable<'a> {
    pub(crate) view: RecordView<'a>,
    /// 0-based first aligned reference base.
    pub(crate) start: u32,
    /// 0-based end of the alignment, exclusive.
    pub(crate) end: u32,
}

/// The usable records among sorted ones, searchable by position.
#[derive(Debug, Default)]
pub(crate) struct ReadIndex<'a> {
    reads: Vec<Usable<'a>>,
    longest: u32,
}

impl<'a> ReadIndex<'a> {
    /// Keeps what can be used of `records`, which are sorted by position.
    pub(crate) fn new(records: &[RecordView<'a>], contig: u32, options: &CallerOptions) -> Self {
        let reads: Vec<_> = records
            .iter()
            .filter_map(|view| usable(*view, contig, options))
            .collect();
        let longest = reads.iter().map(|r| r.end - r.start).max().unwrap_or(0);
        Self { reads, longest }
    }

    /// The same of what the aligner was sure of, for what is learned of a sample.
    pub(crate) fn of_sure(records: &[RecordView<'a>], contig: u32) -> Self {
        let options = CallerOptions {
            min_mapping_quality: SURE_MAPPING_QUALITY,
            ..CallerOptions::default()
        };
        Self::new(records, contig, &options)
    }

    pub(crate) fn all(&self) -> &[Usable<'a>] {
        &self.reads
    }

    /// The reads whose alignment overlaps `window`, in file order.
    pub(crate) fn overlapping(&self, window: &Range<u32>) -> impl Iterator<Item = &Usable<'a>> {
        let from = window.start.saturating_sub(self.longest);
        let first = self.reads.partition_point(|r| r.start < from);
        let (start, end) = (window.start, window.end);
        self.reads[first..]
            .iter()
            .take_while(move |r| r.start < end)
            .filter(move |r| r.end > start)
    }
}

fn usable<'a>(view: RecordView<'a>, contig: u32, options: &CallerOptions) -> Option<Usable<'a>> {
    const UNUSED: u16 =
        flag::UNMAPPED | flag::SECONDARY | flag::SUPPLEMENTARY | flag::QC_FAIL | flag::DUPLICATE;
    if view.flag() & UNUSED != 0
        || view.contig() != contig as i32
        || view.position() < 0
        || view.mapping_quality() < options.min_mapping_quality
        || view.length() == 0
    {
        return None;
    }
    let (mut on_read, mut on_reference, mut inserted) = (0usize, 0u32, 0u32);
    for op in view.raw_cigar() {
        let length = op >> 4;
        match op & 15 {
            0 | 7 | 8 => {
                on_read += length as usize;
                on_reference = on_reference.saturating_add(length);
            }
            1 => {
                on_read += length as usize;
                inserted = inserted.saturating_add(length);
            }
            4 => on_read += length as usize,
            2 | 3 => on_reference = on_reference.saturating_add(length),
            _ => {}
        }
    }
    let sound = on_reference > 0
        && on_reference <= options.max_reference_span
        && inserted <= MAX_INDEL
        && on_read == view.length();
    let start = view.position() as u32;
    sound.then_some(Usable {
        view,
        start,
        end: start + on_reference,
    })
}

/// The quality of base `index`, with a value where the file has none.
pub(crate) fn quality(qualities: &[u8], index: usize) -> u8 {
    match qualities[index] {
        255 => MISSING_QUALITY,
        q => q,
    }
}

/// Base code (A 0, C 1, G 2, T 3, anything else 4) of base `index` of a record's packed bases.
#[inline]
pub(crate) fn base(packed: &[u8], index: usize) -> u8 {
    const CODE: [u8; 16] = [4, 0, 1, 4, 2, 4, 4, 4, 3, 4, 4, 4, 4, 4, 4, 4];
    let pair = packed[index / 2];
    CODE[usize::from(if index.is_multiple_of(2) {
        pair >> 4
    } else {
        pair & 15
    })]
}

/// A read cut to a window, in the reference's orientation.
#[derive(Clone, Debug, Default)]
pub(crate) struct RegionRead {
    /// Base codes.
    pub(crate) bases: Vec<u8>,
    /// Phred qualities.
    pub(crate) qualities: Vec<u8>,
    /// Whether the mate covers this base too.
    pub(crate) shared: Vec<bool>,
    /// For each base, the reference position it is aligned to; an inserted base has that of the
    /// aligned base before it, a soft-clipped one that which it would have without the clip.
    pub(crate) positions: Vec<u32>,
    /// What the whole read is aligned to, without its clips.
    pub(crate) alignment: Range<u32>,
    /// MAPQ.
    pub(crate) mapping_quality: u8,
    /// Whether it lies on the reverse strand.
    pub(crate) reverse: bool,
    /// Whether the first read of the pair lies forward: the fragment's F1R2 orientation.
    pub(crate) f1r2: bool,
    /// The first used record of the same name.
    pub(crate) fragment: usize,
    /// A number that stands for the name.
    pub(crate) name: u64,
}

/// The reads that overlap `window`, in file order, and whether there are more than `most`, which is how
/// many are given.
pub(crate) fn chosen<'i, 'a>(
    index: &'i ReadIndex<'a>,
    window: &Range<u32>,
    most: usize,
) -> (Vec<&'i Usable<'a>>, bool) {
    let all: Vec<&Usable<'_>> = index.overlapping(window).collect();
    if all.len() <= most {
        return (all, false);
    }
    let mut keyed: Vec<(u64, usize)> = all
        .iter()
        .enumerate()
        .map(|(i, r)| (choice(&r.view), i))
        .collect();
    keyed.sort_unstable();
    keyed.truncate(most);
    let mut kept: Vec<usize> = keyed.into_iter().map(|(_, i)| i).collect();
    kept.sort_unstable();
    (kept.into_iter().map(|i| all[i]).collect(), true)
}

/// Cuts the reads that overlap `window`, at most `most`, to it and pairs mates. Tells whether there were
/// more.
pub(crate) fn region_reads(
    index: &ReadIndex<'_>,
    window: &Range<u32>,
    most: usize,
) -> (Vec<RegionRead>, bool) {
    let (chosen, is_crowded) = chosen(index, window, most);
    let mut reads: Vec<RegionRead> = Vec::with_capacity(chosen.len());
    let mut mates: FxHashMap<&[u8], usize> = FxHashMap::default();
    for usable in chosen {
        let mut read = cut(usable, window);
        if read.bases.is_empty() {
            continue;
        }
        let number = reads.len();
        let fragment = *mates.entry(usable.view.name()).or_insert(number);
        read.fragment = fragment;
        read.name = mix(usable.view.name(), 0);
        if fragment != number {
            reconcile(&mut reads[fragment], &mut read);
        }
        reads.push(read);
    }
    (reads, is_crowded)
}

/// The number by which reads are chosen where there are too many.
fn choice(view: &RecordView<'_>) -> u64 {
    mix(view.name(), view.flag())
}

/// FNV-1a over name and flags from a seed of our own, stirred by SplitMix64's last step. Calls rest on
/// it, so it stays as it is: a library's hash may change.
fn mix(name: &[u8], flags: u16) -> u64 {
    const SEED: u64 = 0x6661_666e_6972;
    const PRIME: u64 = 0x0100_0000_01b3;
    let bytes = name.iter().copied().chain(flags.to_le_bytes());
    let mut x = bytes.fold(SEED ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(PRIME)
    });
    x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

fn cut(usable: &Usable<'_>, window: &Range<u32>) -> RegionRead {
    let view = &usable.view;
    let flags = view.flag();
    let reverse = flags & flag::REVERSE != 0;
    let window = within_fragment(view, window);
    let mut read = RegionRead {
        alignment: usable.start..usable.end,
        mapping_quality: view.mapping_quality(),
        reverse,
        f1r2: (flags & flag::LAST != 0) == reverse,
        ..RegionRead::default()
    };
    let leading_clip: u32 = view
        .cigar()
        .take_while(|op| matches!(op.kind, b'S' | b'H'))
        .filter(|op| op.kind == b'S')
        .map(|op| op.length)
        .sum();
    let (packed, qualities) = (view.packed_bases(), view.qualities());
    let mut on_read = 0usize;
    let mut position = i64::from(usable.start) - i64::from(leading_clip);
    for op in view.cigar() {
        match op.kind {
            b'M' | b'=' | b'X' | b'S' => {
                for i in 0..op.length as usize {
                    let at = position + i as i64;
                    if at >= i64::from(window.start) && at < i64::from(window.end) {
                        read.bases.push(base(packed, on_read + i));
                        read.qualities.push(quality(qualities, on_read + i));
                        read.positions.push(at as u32);
                    }
                }
                on_read += op.length as usize;
                position += i64::from(op.length);
            }
            b'I' => {
                let at = position - 1;
                if at >= i64::from(window.start) && position < i64::from(window.end) {
                    for i in 0..op.length as usize {
                        read.bases.push(base(packed, on_read + i));
                        read.qualities.push(quality(qualities, on_read + i));
                        read.positions.push(at as u32);
                    }
                }
                on_read += op.length as usize;
            }
            b'D' | b'N' => position += i64::from(op.length),
            _ => {}
        }
    }
    trim_tails(&mut read);
    read.shared = vec![false; read.bases.len()];
    read
}

/// `window` without what lies beyond the fragment's ends: sequence there is adapter.
pub(crate) fn within_fragment(view: &RecordView<'_>, window: &Range<u32>) -> Range<u32> {
    let flags = view.flag();
    let reverse = flags & flag::REVERSE != 0;
    let mate_reverse = flags & flag::MATE_REVERSE != 0;
    let paired = flags & flag::PAIRED != 0
        && flags & flag::MATE_UNMAPPED == 0
        && view.contig() == view.mate_contig()
        && reverse != mate_reverse
        && view.template_length() != 0;
    let mut window = window.clone();
    if paired && !reverse && view.template_length() > 0 {
        let end = i64::from(view.position()) + i64::from(view.template_length());
        window.end = window.end.min(end.clamp(0, i64::from(u32::MAX)) as u32);
    } else if paired && reverse && view.template_length() < 0 && view.mate_position() >= 0 {
        window.start = window.start.max(view.mate_position() as u32);
    }
    window
}

fn trim_tails(read: &mut RegionRead) {
    let good = |q: &u8| *q >= TAIL_QUALITY;
    let end = read.qualities.iter().rposition(good).map_or(0, |i| i + 1);
    let start = read.qualities.iter().position(good).unwrap_or(0).min(end);
    read.bases.truncate(end);
    read.qualities.truncate(end);
    read.positions.truncate(end);
    read.bases.drain(..start);
    read.qualities.drain(..start);
    read.positions.drain(..start);
}

/// Where mates cover the same position: agreeing bases share their weight, disagreeing ones have none.
fn reconcile(first: &mut RegionRead, second: &mut RegionRead) {
    let (mut i, mut j) = (0, 0);
    while i < first.positions.len() && j < second.positions.len() {
        match first.positions[i].cmp(&second.positions[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                let most = if first.bases[i] == second.bases[j] {
                    OVERLAP_QUALITY
                } else {
                    0
                };
                first.qualities[i] = first.qualities[i].min(most);
                second.qualities[j] = second.qualities[j].min(most);
                first.shared[i] = true;
                second.shared[j] = true;
                i += 1;
                j += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::mix;

    #[test]
    fn the_choice_of_reads_never_changes() {
        assert_eq!(mix(b"", 0), 0xb470_ad00_90c0_4ab7);
        let name = b"HWI-D00360:5:H814YADXX:1:1101";
        assert_eq!(mix(name, 99), 0xf5c7_7908_cce8_8630);
    }

    /// Names that differ in their last digits alone, as a run's do, are chosen evenly.
    #[test]
    fn near_names_are_far_apart() {
        let mut bins = [0u32; 16];
        for number in 0..16_000 {
            for flags in [83, 163] {
                bins[(mix(format!("run:1:{number}").as_bytes(), flags) >> 60) as usize] += 1;
            }
        }
        assert!(
            bins.iter().all(|&n| (1_800..2_200).contains(&n)),
            "{bins:?}"
        );
    }
}
