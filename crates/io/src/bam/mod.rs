//! BAM records (SAM/BAM specification 1.6, section 4.2).

pub mod aux;
mod encode;
pub mod flag;
pub mod header;
mod index;
mod reader;
mod view;
mod writer;

pub use encode::{RecordFields, encode};
pub use header::Header;
pub use index::BamIndex;
pub use reader::{BamError, BamErrorKind, BamReader, RecordError, validate};
pub use view::{CigarOp, RecordView};
pub use writer::{BamWriteError, BamWriter};

/// Encoded records of consecutive templates: what mapping gives to sorting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordBatch {
    /// Ordinal of the first template.
    pub first_ordinal: u64,
    /// Number of the read group.
    pub read_group: u16,
    /// Records as in a BAM file, each with its leading `block_size`.
    pub bytes: Vec<u8>,
    /// For each template, where its records end in `bytes`.
    pub template_ends: Vec<usize>,
}

impl RecordBatch {
    /// Number of templates.
    pub fn len(&self) -> usize {
        self.template_ends.len()
    }

    /// Whether there is no template.
    pub fn is_empty(&self) -> bool {
        self.template_ends.is_empty()
    }

    /// Sets the bits of `flag` in the FLAG of every record.
    pub fn add_flag(&mut self, flag: u16) {
        let mut rest = self.bytes.as_mut_slice();
        while let Some((size, record)) = rest.split_first_chunk_mut::<4>() {
            let size = u32::from_le_bytes(*size) as usize;
            for (byte, bits) in record[14..].iter_mut().zip(flag.to_le_bytes()) {
                *byte |= bits;
            }
            rest = &mut record[size..];
        }
    }

    /// The records of template `index`.
    pub fn template(&self, index: usize) -> Records<'_> {
        let start = if index == 0 {
            0
        } else {
            self.template_ends[index - 1]
        };
        Records {
            bytes: &self.bytes[start..self.template_ends[index]],
        }
    }
}

/// Iterates over records that lie behind one another, each with its `block_size`.
#[derive(Clone, Copy, Debug)]
pub struct Records<'a> {
    bytes: &'a [u8],
}

impl<'a> Records<'a> {
    /// Records in `bytes`, which end where a record ends, as those that this program encoded and
    /// those that the reader validated do. Of others it gives what lies before the record that is
    /// cut off; debug builds panic there.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = RecordView<'a>;

    fn next(&mut self) -> Option<RecordView<'a>> {
        let split = self.bytes.split_first_chunk::<4>();
        let split = split
            .and_then(|(size, rest)| rest.split_at_checked(u32::from_le_bytes(*size) as usize));
        debug_assert!(
            split.is_some() || self.bytes.is_empty(),
            "a record is cut off"
        );
        let (record, rest) = split?;
        self.bytes = rest;
        Some(RecordView::new(record))
    }
}
