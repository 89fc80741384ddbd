//! Opens the inputs one after another, and gives what they hold.

use std::collections::VecDeque;

use fafnir_attest::{InputProof, Pending};
use fafnir_io::{
    ReadPairBatch,
    fastq::{FastqInput, FastqOptions, Layout, PairReader},
    templates::{LANES_OF_READ_GROUP, PassedOver, TemplateReader, Templates},
};

use crate::{
    error::{Class, Error},
    input::{Lane, Reads, RecordFile},
};

/// Ordinals hold the number of the lane above this bit, and the record's number below.
pub(in crate::pipeline) const LANE_SHIFT: u32 = 48;

/// What comes next.
pub(super) enum Next {
    /// Templates of one read group.
    Batch(Box<Batch>),
    /// No file that is still to be read has reads of this group.
    EndOfGroup(usize),
}

/// Templates of one read group.
pub(super) struct Batch {
    pub(super) reads: ReadPairBatch,
    /// Whether they failed quality control.
    pub(super) failed: bool,
}

/// Files of FASTQ, read group by read group; then those of records.
pub(super) struct Inputs<'a> {
    batch_size: usize,
    /// Lanes of FASTQ that are not yet opened, and files of records.
    lanes: VecDeque<&'a Lane>,
    files: VecDeque<&'a RecordFile>,
    /// Number of the next lane.
    next_lane: u64,
    open: Option<Open<'a>>,
    proofs: Vec<InputProof>,
    notes: Vec<String>,
}

/// A lane or file that is being read.
enum Open<'a> {
    Fastq {
        reader: Box<PairReader<Pending>>,
        read_group: usize,
    },
    Records {
        reader: Box<TemplateReader<Pending>>,
        file: &'a RecordFile,
        /// Number of the first of its lanes.
        first_lane: u64,
    },
}

impl<'a> Inputs<'a> {
    /// Opens no file yet.
    pub(super) fn new(reads: &'a Reads, batch_size: usize) -> Self {
        let mut lanes: Vec<&Lane> = reads.lanes.iter().collect();
        lanes.sort_by_key(|lane| lane.read_group);
        Self {
            batch_size,
            lanes: lanes.into(),
            files: reads.record_files.iter().collect(),
            next_lane: 0,
            open: None,
            proofs: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// What comes next, until all was read.
    pub(super) fn next(&mut self) -> Result<Option<Next>, Error> {
        loop {
            if self.open.is_none() && !self.open_next()? {
                return Ok(None);
            }
            match &mut self.open {
                None => {}
                Some(Open::Fastq { reader, .. }) => {
                    let mut reads = ReadPairBatch::default();
                    let read = reader.next_batch(&mut reads);
                    if read.map_err(|e| Error::from_source(Class::Input, e))? {
                        let failed = false;
                        return Ok(Some(Next::Batch(Box::new(Batch { reads, failed }))));
                    }
                    if let Some(ended) = self.close()? {
                        return Ok(Some(Next::EndOfGroup(ended)));
                    }
                }
                Some(Open::Records {
                    reader, first_lane, ..
                }) => {
                    let next = reader.next_batch();
                    let next = next.map_err(|e| Error::from_source(Class::Input, e))?;
                    if let Some(templates) = next {
                        let Templates {
                            lane,
                            mut batch,
                            failed,
                        } = templates;
                        batch.first_ordinal |= (*first_lane + lane as u64) << LANE_SHIFT;
                        let reads = batch;
                        return Ok(Some(Next::Batch(Box::new(Batch { reads, failed }))));
                    }
                    self.close()?;
                }
            }
        }
    }

    /// Proofs of what was read, once all of it was, and what there is to say of it.
    pub(super) fn finish(self) -> (Vec<InputProof>, Vec<String>) {
        (self.proofs, self.notes)
    }

    fn open_next(&mut self) -> Result<bool, Error> {
        if let Some(lane) = self.lanes.pop_front() {
            self.open = Some(self.open_lane(lane)?);
            self.next_lane += 1;
        } else if let Some(file) = self.files.pop_front() {
            let numbers: Vec<u16> = file.read_groups.iter().map(|g| *g as u16).collect();
            let name = file.path.display().to_string();
            self.open = Some(Open::Records {
                reader: Box::new(TemplateReader::new(name, file.reader()?, &numbers)),
                file,
                first_lane: self.next_lane,
            });
            self.next_lane += (LANES_OF_READ_GROUP * file.read_groups.len()) as u64;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn open_lane(&self, lane: &Lane) -> Result<Open<'a>, Error> {
        let open = |path: &std::path::PathBuf| -> Result<_, Error> {
            Ok(FastqInput {
                file: path.display().to_string(),
                read: Pending::open(path, None)?.with_role("reads"),
            })
        };
        let first = open(&lane.first)?;
        let layout = match &lane.second {
            Some(second) => Layout::Paired(first, open(second)?),
            None if lane.interleaved => Layout::Interleaved(first),
            None => Layout::Single(first),
        };
        let options = FastqOptions {
            batch_pairs: self.batch_size,
            read_group: lane.read_group as u16,
            first_ordinal: self.next_lane << LANE_SHIFT,
        };
        let reader = PairReader::spawn(layout, options)
            .map_err(|e| Error::from_source(Class::Elsewhere, e))?;
        Ok(Open::Fastq {
            reader: Box::new(reader),
            read_group: lane.read_group,
        })
    }

    /// Closes what is open; gives the read group that has ended with it, if one has for sure.
    fn close(&mut self) -> Result<Option<usize>, Error> {
        match self.open.take() {
            None => Ok(None),
            Some(Open::Fastq { reader, read_group }) => {
                let inputs = reader
                    .finish()
                    .map_err(|e| Error::from_source(Class::Bug, e))?;
                for input in inputs {
                    self.proofs.push(input.finish()?);
                }
                let next = self.lanes.front().map(|lane| lane.read_group);
                Ok(Some(read_group).filter(|group| next != Some(*group)))
            }
            Some(Open::Records { reader, file, .. }) => {
                let PassedOver {
                    secondary,
                    supplementary,
                } = reader.passed_over();
                if secondary + supplementary > 0 {
                    self.notes.push(format!(
                        "{}: passed over {secondary} secondary and {supplementary} supplementary \
                         records; the reads were taken from their primary ones",
                        file.path.display()
                    ));
                }
                self.proofs.push(reader.into_inner().finish()?);
                Ok(None)
            }
        }
    }
}
