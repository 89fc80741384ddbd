//! Batches of templates from one or two files.

use std::io::{self, Read};

use super::lane::{Chunk, Lane, Parser};
use super::{FastqError, FastqErrorKind, FastqReader};
use crate::reads::ReadPairBatch;

/// A FASTQ file to read.
#[derive(Debug)]
pub struct FastqInput<R> {
    /// What errors call it.
    pub file: String,
    /// Its bytes, compressed or not, from the first on.
    pub read: R,
}

/// Where the reads of a template are.
#[derive(Debug)]
pub enum Layout<R> {
    /// One read a template.
    Single(FastqInput<R>),
    /// First reads in the first file, second reads in the other.
    Paired(FastqInput<R>, FastqInput<R>),
    /// First and second reads in turn.
    Interleaved(FastqInput<R>),
}

/// How templates are batched and numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FastqOptions {
    /// Most templates of a batch, 1 to 65,535. Results do not depend on it. Default 4096.
    pub batch_pairs: usize,
    /// Number of the read group that the templates belong to. Default 0.
    pub read_group: u16,
    /// Ordinal of the first template. Default 0.
    pub first_ordinal: u64,
}

impl Default for FastqOptions {
    fn default() -> Self {
        Self {
            batch_pairs: 4096,
            read_group: 0,
            first_ordinal: 0,
        }
    }
}

/// Reads templates in batches.
pub struct PairReader<R> {
    first: Lane<R>,
    second: Option<Lane<R>>,
    interleaved: bool,
    options: FastqOptions,
    next_ordinal: u64,
    chunks: [Chunk; 2],
}

impl<R: Read> PairReader<R> {
    /// Reads on the calling thread.
    pub fn new(layout: Layout<R>, options: FastqOptions) -> Self {
        let open = |parser| Lane::Here(Box::new(parser));
        let (first, second, interleaved) = parsers(layout);
        Self::from_lanes(open(first), second.map(open), interleaved, options)
    }

    fn from_lanes(
        first: Lane<R>,
        second: Option<Lane<R>>,
        interleaved: bool,
        options: FastqOptions,
    ) -> Self {
        Self {
            first,
            second,
            interleaved,
            options: FastqOptions {
                // Beyond it the 32-bit offsets of `Reads` could overflow.
                batch_pairs: options.batch_pairs.clamp(1, 65_535),
                ..options
            },
            next_ordinal: options.first_ordinal,
            chunks: Default::default(),
        }
    }

    /// Number of templates read.
    pub fn templates(&self) -> u64 {
        self.next_ordinal - self.options.first_ordinal
    }

    /// Replaces what is in `batch` by the next templates, as many as a batch holds; `false`, and
    /// an empty batch, at the end.
    ///
    /// # Errors
    /// When a file cannot be read, a record is not valid, or the reads of a template do not belong
    /// together. No further batch can be read then.
    pub fn next_batch(&mut self, batch: &mut ReadPairBatch) -> Result<bool, FastqError> {
        let limit = self.options.batch_pairs;
        batch.first_ordinal = self.next_ordinal;
        batch.read_group = self.options.read_group;
        let [one, two] = &mut self.chunks;
        self.first.next(one, limit)?;
        if let Some(second) = &mut self.second {
            second.next(two, limit)?;
            std::mem::swap(&mut one.second, &mut two.first);
        }
        std::mem::swap(&mut batch.first, &mut one.first);
        std::mem::swap(&mut batch.second, &mut one.second);
        if self.interleaved || self.second.is_some() {
            self.check_mates(batch)?;
        }
        self.next_ordinal += batch.len() as u64;
        Ok(!batch.is_empty())
    }

    /// The underlying readers, in the order of the files. All bytes were read when
    /// [`Self::next_batch`] said `false`.
    ///
    /// # Errors
    /// When a reading thread panicked.
    pub fn finish(self) -> io::Result<Vec<R>> {
        [Some(self.first), self.second]
            .into_iter()
            .flatten()
            .map(|lane| {
                lane.into_inner()
                    .ok_or_else(|| io::Error::other("a reading thread panicked"))
            })
            .collect()
    }

    fn check_mates(&self, batch: &ReadPairBatch) -> Result<(), FastqError> {
        let (first, second) = (&batch.first, &batch.second);
        let done = self.templates();
        let file = self.first.file();
        let other = self.second.as_ref().map_or(file, Lane::file);
        let error = |file: &str, record: u64, kind| FastqError {
            file: file.to_owned(),
            record: record + 1,
            line: record * 4 + 1,
            offset: 0,
            kind,
        };
        let both = first.len().min(second.len());
        if let Some(i) = first.first_other_name(second) {
            let template = done + i as u64;
            // Read numbers of an interleaved file count both ends.
            let record = if self.interleaved {
                2 * template
            } else {
                template
            };
            let kind = FastqErrorKind::MateNames {
                first: String::from_utf8_lossy(first.name(i)).into_owned(),
                second: String::from_utf8_lossy(second.name(i)).into_owned(),
                second_file: other.to_owned(),
            };
            return Err(error(file, record, kind));
        }
        if first.len() != second.len() {
            let (shorter, longer) = match first.len() < second.len() {
                true => (file, other),
                false => (other, file),
            };
            let ended = done + both as u64;
            let kind = FastqErrorKind::MateMissing {
                ended,
                longer: longer.to_owned(),
            };
            return Err(error(shorter, ended, kind));
        }
        match (self.chunks[0].mate, self.chunks[1].mate) {
            (Some(one), Some(two)) if done == 0 && one == two && both > 0 => {
                let kind = FastqErrorKind::SameMate {
                    other: other.to_owned(),
                    mate: one,
                };
                Err(error(file, 0, kind))
            }
            _ => Ok(()),
        }
    }
}

impl<R: Read + Send + 'static> PairReader<R> {
    /// Decompresses and parses each file on a thread of its own, some batches ahead.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn spawn(layout: Layout<R>, options: FastqOptions) -> io::Result<Self> {
        let limit = options.batch_pairs.clamp(1, 65_535);
        let (first, second, interleaved) = parsers(layout);
        let first = Lane::spawn(first, limit)?;
        let second = second
            .map(|parser| Lane::spawn(parser, limit))
            .transpose()?;
        Ok(Self::from_lanes(first, second, interleaved, options))
    }
}

fn parsers<R: Read>(layout: Layout<R>) -> (Parser<R>, Option<Parser<R>>, bool) {
    let open = |input: FastqInput<R>, interleaved| Parser {
        reader: FastqReader::new(input.file, input.read),
        interleaved,
    };
    match layout {
        Layout::Single(input) => (open(input, false), None, false),
        Layout::Paired(one, two) => (open(one, false), Some(open(two, false)), false),
        Layout::Interleaved(input) => (open(input, true), None, true),
    }
}
