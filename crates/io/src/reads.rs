//! Batches of sequencing reads as structures of arrays.

/// Reads of one end: names, bases and qualities in three flat arrays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    names: Vec<u8>,
    name_ends: Vec<u32>,
    bases: Vec<u8>,
    qualities: Vec<u8>,
    ends: Vec<u32>,
}

impl Reads {
    /// Appends a read. `name` is without `@`, comment and `/1`, `/2`; `bases` are upper-case ASCII
    /// IUPAC letters; `qualities` are phred numbers (no offset), as many as bases.
    pub fn push(&mut self, name: &[u8], bases: &[u8], qualities: &[u8]) {
        debug_assert_eq!(bases.len(), qualities.len());
        self.names.extend_from_slice(name);
        self.name_ends.push(self.names.len() as u32);
        self.bases.extend_from_slice(bases);
        self.qualities.extend_from_slice(qualities);
        self.ends.push(self.bases.len() as u32);
    }

    /// As [`Self::push`], with qualities as FASTQ has them: with the offset 33.
    pub fn push_text(&mut self, name: &[u8], bases: &[u8], qualities: &[u8]) {
        self.push_encoded(name, bases, qualities, |base| base);
    }

    /// Appends a read from the text of a FASTQ record that was checked: `base` gives the upper-case
    /// letter for each byte; qualities have the offset 33.
    pub(crate) fn push_encoded(
        &mut self,
        name: &[u8],
        bases: &[u8],
        qualities: &[u8],
        base: impl Fn(u8) -> u8,
    ) {
        debug_assert_eq!(bases.len(), qualities.len());
        self.names.extend_from_slice(name);
        self.name_ends.push(self.names.len() as u32);
        self.bases.extend(bases.iter().map(|b| base(*b)));
        self.qualities
            .extend(qualities.iter().map(|q| q.wrapping_sub(33)));
        self.ends.push(self.bases.len() as u32);
    }

    /// The first read whose name differs from that of the read with the same number in `other`;
    /// reads that only one of the two has do not count.
    pub(crate) fn first_other_name(&self, other: &Self) -> Option<usize> {
        if self.name_ends == other.name_ends && self.names == other.names {
            return None;
        }
        (0..self.len().min(other.len())).find(|i| self.name(*i) != other.name(*i))
    }

    /// Removes all reads and keeps the memory.
    pub fn clear(&mut self) {
        self.names.clear();
        self.name_ends.clear();
        self.bases.clear();
        self.qualities.clear();
        self.ends.clear();
    }

    /// Number of reads.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no read.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Number of bases of all reads together.
    pub fn base_count(&self) -> usize {
        self.bases.len()
    }

    /// Name of read `index`.
    pub fn name(&self, index: usize) -> &[u8] {
        &self.names[start(&self.name_ends, index)..self.name_ends[index] as usize]
    }

    /// Bases of read `index`, upper-case ASCII.
    pub fn bases(&self, index: usize) -> &[u8] {
        &self.bases[start(&self.ends, index)..self.ends[index] as usize]
    }

    /// Phred qualities of read `index`, without offset.
    pub fn qualities(&self, index: usize) -> &[u8] {
        &self.qualities[start(&self.ends, index)..self.ends[index] as usize]
    }
}

/// Some thousands of read pairs (or single reads), in input order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadPairBatch {
    /// Ordinal of the batch's first template in its input: (input number, record number) fix the
    /// place of every template, whatever thread handles it.
    pub first_ordinal: u64,
    /// Number of the read group that the templates belong to.
    pub read_group: u16,
    /// First (or only) reads of the templates.
    pub first: Reads,
    /// Second reads, one for each of `first`; empty for single-end data.
    pub second: Reads,
}

impl ReadPairBatch {
    /// Number of templates.
    pub fn len(&self) -> usize {
        self.first.len()
    }

    /// Whether there is no template.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// Whether the templates have two reads.
    pub fn is_paired(&self) -> bool {
        !self.second.is_empty()
    }
}

fn start(ends: &[u32], index: usize) -> usize {
    if index == 0 {
        0
    } else {
        ends[index - 1] as usize
    }
}
