//! What duplicate marking keeps of a template.

use fafnir_io::bam::{RecordView, flag};

use crate::slot::Slot;

/// Qualities below count nothing.
const LEAST_QUALITY: u8 = 15;
/// Cap of one read's score, so that a pair's stays within 16 bits.
const SCORE_CAP: u32 = i16::MAX as u32 / 2;
/// What a read that failed quality control loses.
const FAILED: i16 = i16::MIN / 2;

/// An unclipped 5' end: contig, position and strand in the order of its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct End(u64);

impl End {
    /// In place of the right end: the template is a fragment.
    pub(crate) const FRAGMENT: Self = Self(u64::MAX);
    /// In place of the right end: a pair that is held elsewhere has this left end too.
    pub(crate) const ELSEWHERE: Self = Self(u64::MAX - 1);

    /// Clips may reach beyond the contig on both sides, so the position has a bias and 33 bits.
    fn new(contig: i32, position: i64, reverse: bool) -> Self {
        let biased = (position + (1 << 32)).clamp(0, (1 << 33) - 1) as u64;
        Self((contig as u64) << 34 | biased << 1 | u64::from(reverse))
    }

    /// The 5' end of a mapped record, with its clips unfolded.
    fn of(record: &RecordView<'_>) -> Self {
        let (mut leading, mut aligned, mut trailing) = (0i64, 0i64, 0i64);
        let mut clips = true;
        for op in record.raw_cigar() {
            let length = i64::from(op >> 4);
            match op & 15 {
                4 | 5 if clips => leading += length,
                4 | 5 => trailing += length,
                0 | 2 | 3 | 7 | 8 => {
                    (clips, trailing) = (false, 0);
                    aligned += length;
                }
                _ => (clips, trailing) = (false, 0),
            }
        }
        let reverse = record.flag() & flag::REVERSE != 0;
        let position = i64::from(record.position());
        let end = if reverse {
            position + aligned - 1 + trailing
        } else {
            position - leading
        };
        Self::new(record.contig(), end, reverse)
    }

    /// Both ends of a template as one number to sort by.
    pub(crate) fn pair(left: Self, right: Self) -> u128 {
        u128::from(left.0) << 64 | u128::from(right.0)
    }

    /// The bin where templates with this left end are compared.
    pub(crate) fn bin(self) -> u64 {
        let position = (self.0 >> 1 & ((1 << 33) - 1)) as i64 - (1 << 32);
        Slot::at((self.0 >> 34) as u32, position).bin()
    }
}

/// What a template is compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) left: End,
    /// The right end, [`End::FRAGMENT`] or [`End::ELSEWHERE`].
    pub(crate) right: End,
    pub(crate) ordinal: u64,
    pub(crate) score: i16,
    pub(crate) read_group: u16,
}

impl Signature {
    /// Bytes in a temporary file.
    pub(crate) const ENCODED: usize = 28;

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.left.0.to_le_bytes());
        out.extend_from_slice(&self.right.0.to_le_bytes());
        out.extend_from_slice(&self.ordinal.to_le_bytes());
        out.extend_from_slice(&self.score.to_le_bytes());
        out.extend_from_slice(&self.read_group.to_le_bytes());
    }

    pub(crate) fn decode(bytes: &[u8; Self::ENCODED]) -> Self {
        let u64_at = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        Self {
            left: End(u64_at(0)),
            right: End(u64_at(8)),
            ordinal: u64_at(16),
            score: i16::from_le_bytes([bytes[24], bytes[25]]),
            read_group: u16::from_le_bytes([bytes[26], bytes[27]]),
        }
    }
}

/// Gathers a template's mapped primary records into signatures.
pub(crate) struct TemplateEnds {
    ordinal: u64,
    read_group: u16,
    /// The end and score of the pair's read that came first.
    mate: Option<(End, i16)>,
}

impl TemplateEnds {
    pub(crate) fn new(ordinal: u64, read_group: u16) -> Self {
        Self {
            ordinal,
            read_group,
            mate: None,
        }
    }

    /// Takes a record in; gives the signatures that it completes to `emit`.
    pub(crate) fn add(&mut self, record: &RecordView<'_>, mut emit: impl FnMut(Signature)) {
        let flags = record.flag();
        if flags & (flag::UNMAPPED | flag::SECONDARY | flag::SUPPLEMENTARY) != 0
            || record.contig() < 0
        {
            return;
        }
        let (end, score) = (End::of(record), score(record));
        let signature = |left, right, score| Signature {
            left,
            right,
            ordinal: self.ordinal,
            score,
            read_group: self.read_group,
        };
        if flags & (flag::PAIRED | flag::MATE_UNMAPPED) != flag::PAIRED {
            emit(signature(end, End::FRAGMENT, score));
        } else if let Some((mate, mate_score)) = self.mate.take() {
            let (left, right) = (mate.min(end), mate.max(end));
            emit(signature(left, right, mate_score + score));
            if left.bin() != right.bin() {
                emit(signature(right, End::ELSEWHERE, 0));
            }
        } else {
            self.mate = Some((end, score));
        }
    }

    /// Ends the template. A paired read whose mate's record is missing still makes duplicates of
    /// the fragments at its end.
    pub(crate) fn finish(self, mut emit: impl FnMut(Signature)) {
        if let Some((left, _)) = self.mate {
            emit(Signature {
                left,
                right: End::ELSEWHERE,
                ordinal: self.ordinal,
                score: 0,
                read_group: self.read_group,
            });
        }
    }
}

/// Sum of the base qualities that count. Qualities above 127 are missing ones.
fn score(record: &RecordView<'_>) -> i16 {
    // 256 qualities of at most 127 stay within 16 bits, twice as many to a vector as 32 bits.
    let sum_of_chunk = |chunk: &[u8]| {
        chunk.iter().fold(0u16, |sum, &q| {
            let counts = q.wrapping_sub(LEAST_QUALITY) <= 127 - LEAST_QUALITY;
            sum.wrapping_add(u16::from(if counts { q } else { 0 }))
        })
    };
    let chunks = record.qualities().chunks(256);
    let sum: u32 = chunks.map(|chunk| u32::from(sum_of_chunk(chunk))).sum();
    let penalty = if record.flag() & flag::QC_FAIL != 0 {
        FAILED
    } else {
        0
    };
    sum.min(SCORE_CAP) as i16 + penalty
}
