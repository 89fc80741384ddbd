use std::ops::Range;

use super::model::{Real, Row};
use crate::HalError;

/// The longest read or haplotype, in bases.
pub const MAX_LENGTH: usize = u16::MAX as usize;

const N: u8 = 4;

/// A read of a [`Batch`], valid until the batch is cleared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ReadId(u32);

/// A haplotype of a [`Batch`], valid until the batch is cleared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct HaplotypeId(u32);

/// Reads, haplotypes, and the pairs of them to be computed: a reusable structure of arrays.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    read_bases: Vec<u8>,
    base_qualities: Vec<u8>,
    insertion_opens: Vec<u8>,
    deletion_opens: Vec<u8>,
    gap_continuations: Vec<u8>,
    reads: Vec<Range<u32>>,
    haplotype_bases: Vec<u8>,
    haplotypes: Vec<Range<u32>>,
    pairs: Vec<(ReadId, HaplotypeId)>,
}

/// A read's arrays, all of one length.
#[derive(Clone, Copy, Debug)]
pub(super) struct Read<'a> {
    pub(super) bases: &'a [u8],
    base_qualities: &'a [u8],
    insertion_opens: &'a [u8],
    deletion_opens: &'a [u8],
    gap_continuations: &'a [u8],
}

/// One pair's read and haplotype.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'a> {
    pub(super) read: Read<'a>,
    /// Where the read's bases lie in all reads' bases.
    pub(super) read_start: usize,
    pub(super) haplotype: &'a [u8],
    /// Where the haplotype's bases lie in all haplotypes' bases.
    pub(super) haplotype_start: usize,
}

impl Batch {
    /// Makes an empty batch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Removes everything and keeps the memory. Ids given out before are no longer valid.
    pub fn clear(&mut self) {
        self.read_bases.clear();
        self.base_qualities.clear();
        self.insertion_opens.clear();
        self.deletion_opens.clear();
        self.gap_continuations.clear();
        self.reads.clear();
        self.haplotype_bases.clear();
        self.haplotypes.clear();
        self.pairs.clear();
    }

    /// Appends a read: codes A=0, C=1, G=2, T=3, any other value N; and four phred values per base.
    /// An error leaves the batch as it was.
    ///
    /// # Errors
    ///
    /// [`HalError::SequenceTooLong`] above [`MAX_LENGTH`], [`HalError::QualityLength`] where an array
    /// does not match `bases`, [`HalError::BatchFull`].
    pub fn push_read(
        &mut self,
        bases: &[u8],
        base_quality: &[u8],
        insertion_open: &[u8],
        deletion_open: &[u8],
        gap_continuation: &[u8],
    ) -> Result<ReadId, HalError> {
        for (what, array) in [
            ("base quality", base_quality),
            ("insertion open", insertion_open),
            ("deletion open", deletion_open),
            ("gap continuation", gap_continuation),
        ] {
            if array.len() != bases.len() {
                return Err(HalError::QualityLength {
                    what,
                    length: array.len(),
                    expected: bases.len(),
                });
            }
        }
        let index = push_sequence("read", bases, &mut self.read_bases, &mut self.reads)?;
        self.base_qualities.extend_from_slice(base_quality);
        self.insertion_opens.extend_from_slice(insertion_open);
        self.deletion_opens.extend_from_slice(deletion_open);
        self.gap_continuations.extend_from_slice(gap_continuation);
        Ok(ReadId(index))
    }

    /// Appends a haplotype, coded as reads are. An error leaves the batch as it was.
    ///
    /// # Errors
    ///
    /// [`HalError::SequenceTooLong`] above [`MAX_LENGTH`], [`HalError::BatchFull`].
    pub fn push_haplotype(&mut self, bases: &[u8]) -> Result<HaplotypeId, HalError> {
        let (blob, haplotypes) = (&mut self.haplotype_bases, &mut self.haplotypes);
        push_sequence("haplotype", bases, blob, haplotypes).map(HaplotypeId)
    }

    /// Appends a pair and returns its index.
    ///
    /// # Errors
    ///
    /// [`HalError::UnknownId`] for an id of another batch, or from before [`Self::clear`], that this
    /// batch does not hold.
    pub fn push_pair(&mut self, read: ReadId, haplotype: HaplotypeId) -> Result<usize, HalError> {
        check_id("read", read.0, self.reads.len())?;
        check_id("haplotype", haplotype.0, self.haplotypes.len())?;
        self.pairs.push((read, haplotype));
        Ok(self.pairs.len() - 1)
    }

    /// Returns the number of pairs.
    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    /// Returns whether there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    /// Returns the cells of the pair at `index`: read bases times haplotype bases.
    pub(crate) fn cells(&self, index: usize) -> u64 {
        let pair = self.pair(index);
        pair.read.bases.len() as u64 * pair.haplotype.len() as u64
    }

    /// Returns all reads as one, end to end.
    pub(super) fn all_reads(&self) -> Read<'_> {
        self.read(0..self.read_bases.len())
    }

    /// Returns the pair at `index`.
    pub(super) fn pair(&self, index: usize) -> Pair<'_> {
        let (read, haplotype) = self.pairs[index];
        let read = usize_range(&self.reads[read.0 as usize]);
        let haplotype = usize_range(&self.haplotypes[haplotype.0 as usize]);
        Pair {
            read_start: read.start,
            read: self.read(read),
            haplotype_start: haplotype.start,
            haplotype: &self.haplotype_bases[haplotype],
        }
    }

    fn read(&self, range: Range<usize>) -> Read<'_> {
        Read {
            bases: &self.read_bases[range.clone()],
            base_qualities: &self.base_qualities[range.clone()],
            insertion_opens: &self.insertion_opens[range.clone()],
            deletion_opens: &self.deletion_opens[range.clone()],
            gap_continuations: &self.gap_continuations[range],
        }
    }
}

impl<'a> Read<'a> {
    /// Returns the model's probabilities at each base.
    pub(super) fn rows<R: Real>(self) -> impl Iterator<Item = Row<R>> + 'a {
        (0..self.bases.len()).map(move |i| {
            Row::new(
                self.base_qualities[i],
                self.insertion_opens[i],
                self.deletion_opens[i],
                self.gap_continuations[i],
            )
        })
    }
}

fn push_sequence(
    what: &'static str,
    bases: &[u8],
    blob: &mut Vec<u8>,
    ranges: &mut Vec<Range<u32>>,
) -> Result<u32, HalError> {
    if bases.len() > MAX_LENGTH {
        return Err(HalError::SequenceTooLong {
            what,
            length: bases.len(),
            limit: MAX_LENGTH,
        });
    }
    let full = |_| HalError::BatchFull;
    let start = u32::try_from(blob.len()).map_err(full)?;
    let end = u32::try_from(blob.len() + bases.len()).map_err(full)?;
    let index = u32::try_from(ranges.len()).map_err(full)?;
    blob.extend(bases.iter().map(|&base| base.min(N)));
    ranges.push(start..end);
    Ok(index)
}

fn check_id(what: &'static str, index: u32, count: usize) -> Result<(), HalError> {
    let index = index as usize;
    if index < count {
        Ok(())
    } else {
        Err(HalError::UnknownId { what, index, count })
    }
}

fn usize_range(range: &Range<u32>) -> Range<usize> {
    range.start as usize..range.end as usize
}
