//! From records to templates.

use std::io;

use rustc_hash::FxHashMap;

use super::lanes::{Lanes, Place};
use super::read::Read;
use super::records::RecordReader;
use super::{TemplateError, TemplateErrorKind, Templates};
use crate::bam::aux::AuxValue;
use crate::bam::{RecordView, flag};

/// Records that are no reads of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PassedOver {
    /// Secondary records (FLAG 0x100).
    pub secondary: u64,
    /// Supplementary records (FLAG 0x800) that are not secondary.
    pub supplementary: u64,
}

/// Reads the templates of a file whose records are grouped by name.
pub struct TemplateReader<R> {
    file: String,
    records: RecordReader<R>,
    /// By ID, the read group's number in the file.
    read_groups: FxHashMap<Vec<u8>, usize>,
    group_count: usize,
    lanes: Lanes,
    /// The record under work.
    record: Vec<u8>,
    /// The first record of a pair whose second is awaited.
    waiting: Option<Half>,
    reads: [Read; 2],
    passed_over: PassedOver,
}

/// A record of a pair.
#[derive(Clone, Copy, Debug)]
struct Half {
    flag: u16,
    read_group: usize,
}

impl<R: io::Read> TemplateReader<R> {
    /// Reads on from `records`, which stands at its first record; `file` is what errors call it.
    /// `read_groups` are the numbers that batches get for the read groups of the header, in its
    /// order; one for all reads where the header has none.
    ///
    /// # Panics
    /// When `read_groups` has not one number for each read group of the header, or one in all
    /// where the header has none.
    pub fn new(
        file: impl Into<String>,
        records: impl Into<RecordReader<R>>,
        read_groups: &[u16],
    ) -> Self {
        let records = records.into();
        let known = &records.header().read_groups;
        assert_eq!(read_groups.len(), known.len().max(1), "a number each");
        let ids = known.iter().enumerate();
        Self {
            file: file.into(),
            read_groups: ids.map(|(i, g)| (g.id.clone().into_bytes(), i)).collect(),
            group_count: known.len(),
            lanes: Lanes::new(read_groups),
            records,
            record: Vec::new(),
            waiting: None,
            reads: Default::default(),
            passed_over: PassedOver::default(),
        }
    }

    /// The next batch of some lane; `None` at the end of the file.
    ///
    /// # Errors
    /// When the file cannot be read, a record is not valid, or the reads of a pair are not next to
    /// each other. No further batch can be read then.
    pub fn next_batch(&mut self) -> Result<Option<Templates>, TemplateError> {
        while self.records.read(&mut self.record)? {
            match self.take_record() {
                Ok(None) => {}
                Ok(full) => return Ok(full),
                Err(kind) => return Err(self.error(kind)),
            }
        }
        if self.waiting.is_some() {
            let name = text(&self.reads[0].name);
            return Err(self.error(TemplateErrorKind::MateMissing(name)));
        }
        Ok(self.lanes.take_rest())
    }

    /// What was passed over so far.
    pub fn passed_over(&self) -> PassedOver {
        self.passed_over
    }

    /// The underlying reader.
    pub fn into_inner(self) -> R {
        self.records.into_inner()
    }

    fn take_record(&mut self) -> Result<Option<Templates>, TemplateErrorKind> {
        let record = RecordView::new(&self.record);
        let flag = record.flag();
        if flag & flag::SECONDARY != 0 {
            self.passed_over.secondary += 1;
            return Ok(None);
        }
        if flag & flag::SUPPLEMENTARY != 0 {
            self.passed_over.supplementary += 1;
            return Ok(None);
        }
        let own = Half {
            flag,
            read_group: self.read_group(&record)?,
        };
        let [first, second] = &mut self.reads;
        let Some(waiting) = self.waiting.take() else {
            first.fill(&record)?;
            if flag & flag::PAIRED != 0 {
                self.waiting = Some(own);
                return Ok(None);
            }
            let place = Place {
                read_group: own.read_group,
                paired: false,
                failed: flag & flag::QC_FAIL != 0,
            };
            return Ok(self.lanes.push(place, &[&*first]));
        };
        second.fill(&record)?;
        if flag & flag::PAIRED == 0 || first.name != second.name {
            return Err(TemplateErrorKind::MateApart {
                waiting: text(&first.name),
                next: text(&second.name),
            });
        }
        if waiting.read_group != own.read_group {
            return Err(TemplateErrorKind::MateReadGroup(text(&first.name)));
        }
        const ENDS: u16 = flag::FIRST | flag::LAST;
        let reads = match (waiting.flag & ENDS, flag & ENDS) {
            (flag::FIRST, flag::LAST) => [&*first, &*second],
            (flag::LAST, flag::FIRST) => [&*second, &*first],
            _ => return Err(TemplateErrorKind::Ends(text(&first.name))),
        };
        let place = Place {
            read_group: own.read_group,
            paired: true,
            failed: (waiting.flag | flag) & flag::QC_FAIL != 0,
        };
        Ok(self.lanes.push(place, &reads))
    }

    /// Number of the record's read group in the file.
    fn read_group(&self, record: &RecordView<'_>) -> Result<usize, TemplateErrorKind> {
        match record.aux(b"RG") {
            Some(AuxValue::Text(id)) => match self.read_groups.get(id) {
                Some(number) => Ok(*number),
                None => Err(TemplateErrorKind::UnknownReadGroup(text(id))),
            },
            _ if self.group_count <= 1 => Ok(0),
            _ => Err(TemplateErrorKind::NoReadGroup(self.group_count)),
        }
    }

    /// An error of the record that was read last.
    fn error(&self, kind: TemplateErrorKind) -> TemplateError {
        TemplateError::Record {
            file: self.file.clone(),
            record: self.records.records(),
            kind,
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
