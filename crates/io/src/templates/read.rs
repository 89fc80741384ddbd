//! A record's read as it came from the sequencer.

use super::TemplateErrorKind;
use crate::bam::{RecordView, flag};
use crate::fastq::MAX_READ;
use crate::name::{forbidden_byte, without_mate_number};

/// Highest quality of SAM text, `~`.
const HIGHEST_QUALITY: u8 = 93;
/// In place of all qualities where a file has none.
const MISSING_QUALITY: u8 = 255;

/// Name, bases and qualities of a read.
#[derive(Clone, Debug, Default)]
pub(super) struct Read {
    pub(super) name: Vec<u8>,
    /// Upper-case ASCII.
    pub(super) bases: Vec<u8>,
    /// Phred numbers; all 255 where the file has none.
    pub(super) qualities: Vec<u8>,
}

impl Read {
    /// Takes what `record` has, in the order of sequencing.
    pub(super) fn fill(&mut self, record: &RecordView<'_>) -> Result<(), TemplateErrorKind> {
        let length = record.length();
        if length > MAX_READ {
            return Err(TemplateErrorKind::ReadTooLong(length));
        }
        let name = without_mate_number(record.name());
        if name.is_empty() {
            return Err(TemplateErrorKind::EmptyName);
        }
        if let Some(wrong) = forbidden_byte(name) {
            return Err(TemplateErrorKind::NameByte(name[wrong]));
        }
        let qualities = record.qualities();
        let beyond = |q: &u8| *q > HIGHEST_QUALITY;
        if qualities.iter().fold(false, |any, q| any | beyond(q))
            && let Some(wrong) = qualities.iter().copied().find(beyond)
            && qualities.iter().any(|q| *q != MISSING_QUALITY)
        {
            return Err(TemplateErrorKind::Quality(wrong));
        }
        self.name.clear();
        self.name.extend_from_slice(name);
        self.bases.clear();
        self.qualities.clear();
        let packed = record.packed_bases();
        if record.flag() & flag::REVERSE == 0 {
            let letters = packed.iter().flat_map(|byte| LETTERS[usize::from(*byte)]);
            self.bases.extend(letters.take(length));
            self.qualities.extend_from_slice(qualities);
        } else {
            let letters = packed.iter().rev();
            let letters = letters.flat_map(|byte| COMPLEMENTS[usize::from(*byte)]);
            // The last byte of an odd number of bases has one of them.
            self.bases.extend(letters.skip(length % 2).take(length));
            self.qualities.extend(qualities.iter().rev());
        }
        if memchr::memchr(b'=', &self.bases).is_some() {
            return Err(TemplateErrorKind::Base);
        }
        Ok(())
    }
}

/// Both bases of a byte (SAM specification 1.6, section 4.2.3).
const LETTERS: [[u8; 2]; 256] = pairs(b"=ACMGRSVTWYHKDBN", false);
/// Complements of both bases of a byte, the second before the first.
const COMPLEMENTS: [[u8; 2]; 256] = pairs(b"=TGKCYSBAWRDMHVN", true);

const fn pairs(letters: &[u8; 16], reverse: bool) -> [[u8; 2]; 256] {
    let mut table = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        let (first, second) = (letters[byte >> 4], letters[byte & 15]);
        table[byte] = if reverse {
            [second, first]
        } else {
            [first, second]
        };
        byte += 1;
    }
    table
}
