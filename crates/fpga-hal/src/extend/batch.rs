use crate::HalError;

/// The longest query or target, in bases.
pub const MAX_LENGTH: usize = u16::MAX as usize;

/// The most cells inside the band of a job with traceback.
pub const MAX_TRACEBACK_CELLS: usize = 1 << 26;

const N: u8 = 4;

/// Scores of a pair of bases and prices of gaps. Penalties are positive numbers.
///
/// N against anything scores -1. A gap of length n costs `gap_open + n * gap_extend`. The default is
/// that of bwa: 1, 4, 6, 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Scoring {
    /// Added for a pair of equal bases.
    pub match_score: i8,
    /// Taken off for a pair of different bases.
    pub mismatch: i8,
    /// Taken off once for each gap.
    pub gap_open: i8,
    /// Taken off for each base of a gap, the first included.
    pub gap_extend: i8,
}

impl Default for Scoring {
    fn default() -> Self {
        Self {
            match_score: 1,
            mismatch: 4,
            gap_open: 6,
            gap_extend: 1,
        }
    }
}

/// One extension, as it is pushed to a [`Batch`].
///
/// The default has empty sequences, band 100, z-drop 100, end bonus 5 (bwa's) and no traceback.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// Read bases: A=0, C=1, G=2, T=3; any other value is N. In forward order.
    pub query: &'a [u8],
    /// Reference bases, coded likewise, in forward order.
    pub target: &'a [u8],
    /// Both sequences are extended from their last base towards their first.
    pub reversed: bool,
    /// Cells further than this from the diagonal do not exist.
    pub band: u16,
    /// How far a row may fall behind the best before the job stops; 0 means never.
    pub z_drop: u16,
    /// Added to the end-to-end score when it is compared with the local best.
    pub end_bonus: i16,
    /// Whether the chosen alignment's CIGAR is wanted.
    pub traceback: bool,
}

impl Default for Job<'_> {
    fn default() -> Self {
        Self {
            query: &[],
            target: &[],
            reversed: false,
            band: 100,
            z_drop: 100,
            end_bonus: 5,
            traceback: false,
        }
    }
}

impl Job<'_> {
    /// Returns about how many cells the job has: those of its widest row, in each row.
    pub(crate) fn cells(&self) -> usize {
        band_cells(self.query_length(), self.target.len() as u16, self.band)
    }

    /// The query's length; `Batch::push` checked that it fits.
    pub(super) fn query_length(&self) -> u16 {
        self.query.len() as u16
    }

    /// Returns the query's codes in the direction of extension.
    pub(super) fn query_codes(&self) -> impl Iterator<Item = u8> {
        directed(self.query, self.reversed)
    }

    /// Returns the target's codes in the direction of extension.
    pub(super) fn target_codes(&self) -> impl Iterator<Item = u8> {
        directed(self.target, self.reversed)
    }
}

fn directed(codes: &[u8], reversed: bool) -> impl Iterator<Item = u8> {
    let last = codes.len().wrapping_sub(1);
    (0..codes.len()).map(move |i| codes[if reversed { last - i } else { i }])
}

/// Jobs in the order of their pushes, all of one scoring: a reusable structure of arrays.
#[derive(Clone, Debug)]
pub struct Batch {
    scoring: Scoring,
    /// Query and target of each job, one after the other, as codes 0..=4 in forward order.
    bases: Vec<u8>,
    /// Where each job's query starts in `bases`; its target follows.
    starts: Vec<u32>,
    query_lengths: Vec<u16>,
    target_lengths: Vec<u16>,
    bands: Vec<u16>,
    z_drops: Vec<u16>,
    end_bonuses: Vec<i16>,
    flags: Vec<Flags>,
}

#[derive(Clone, Copy, Debug)]
struct Flags {
    reversed: bool,
    traceback: bool,
}

impl Batch {
    /// Makes an empty batch. Negative numbers in `scoring` are taken as 0.
    pub fn new(scoring: Scoring) -> Self {
        Self {
            scoring: Scoring {
                match_score: scoring.match_score.max(0),
                mismatch: scoring.mismatch.max(0),
                gap_open: scoring.gap_open.max(0),
                gap_extend: scoring.gap_extend.max(0),
            },
            bases: Vec::new(),
            starts: Vec::new(),
            query_lengths: Vec::new(),
            target_lengths: Vec::new(),
            bands: Vec::new(),
            z_drops: Vec::new(),
            end_bonuses: Vec::new(),
            flags: Vec::new(),
        }
    }

    /// Removes all jobs and keeps the memory.
    pub fn clear(&mut self) {
        self.bases.clear();
        self.starts.clear();
        self.query_lengths.clear();
        self.target_lengths.clear();
        self.bands.clear();
        self.z_drops.clear();
        self.end_bonuses.clear();
        self.flags.clear();
    }

    /// Appends a job and returns its index. An error leaves the batch as it was.
    ///
    /// # Errors
    ///
    /// [`HalError::SequenceTooLong`] above [`MAX_LENGTH`], [`HalError::TracebackTooLarge`] above
    /// [`MAX_TRACEBACK_CELLS`], [`HalError::BatchFull`].
    pub fn push(&mut self, job: Job<'_>) -> Result<usize, HalError> {
        self.push_with(job, job.target.len(), |target| {
            target.copy_from_slice(job.target);
        })
    }

    /// As [`Self::push`], with a target of `target_len` bases that `fill` writes, in forward order,
    /// instead of `job.target`: a packed reference can so be unpacked in place.
    ///
    /// # Errors
    ///
    /// As [`Self::push`]; then `fill` is not called.
    pub fn push_with(
        &mut self,
        job: Job<'_>,
        target_len: usize,
        fill: impl FnOnce(&mut [u8]),
    ) -> Result<usize, HalError> {
        let query_length = checked_length("query", job.query.len())?;
        let target_length = checked_length("target", target_len)?;
        if job.traceback {
            let cells = band_cells(query_length, target_length, job.band);
            if cells > MAX_TRACEBACK_CELLS {
                return Err(HalError::TracebackTooLarge {
                    cells,
                    limit: MAX_TRACEBACK_CELLS,
                });
            }
        }
        let start = u32::try_from(self.bases.len()).map_err(|_| HalError::BatchFull)?;
        if self.len() == u32::MAX as usize {
            return Err(HalError::BatchFull);
        }

        self.bases.extend_from_slice(job.query);
        let target_start = self.bases.len();
        self.bases.resize(target_start + target_len, N);
        fill(&mut self.bases[target_start..]);
        for base in &mut self.bases[start as usize..] {
            *base = (*base).min(N);
        }
        self.starts.push(start);
        self.query_lengths.push(query_length);
        self.target_lengths.push(target_length);
        self.bands.push(job.band);
        self.z_drops.push(job.z_drop);
        self.end_bonuses.push(job.end_bonus);
        self.flags.push(Flags {
            reversed: job.reversed,
            traceback: job.traceback,
        });
        Ok(self.len() - 1)
    }

    /// Returns the number of jobs.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Returns whether there are no jobs.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Returns the scoring of all jobs.
    pub fn scoring(&self) -> Scoring {
        self.scoring
    }

    /// Returns the job at `index`.
    pub(crate) fn job(&self, index: usize) -> Job<'_> {
        let (start, n, m) = (
            self.starts[index] as usize,
            usize::from(self.query_lengths[index]),
            usize::from(self.target_lengths[index]),
        );
        let (query, target) = self.bases[start..start + n + m].split_at(n);
        Job {
            query,
            target,
            reversed: self.flags[index].reversed,
            band: self.bands[index],
            z_drop: self.z_drops[index],
            end_bonus: self.end_bonuses[index],
            traceback: self.flags[index].traceback,
        }
    }
}

fn checked_length(what: &'static str, length: usize) -> Result<u16, HalError> {
    u16::try_from(length).map_err(|_| HalError::SequenceTooLong {
        what,
        length,
        limit: MAX_LENGTH,
    })
}

/// Returns the number of cells that a row can have at most, times the number of rows.
fn band_cells(query_length: u16, target_length: u16, band: u16) -> usize {
    let width = (2 * usize::from(band) + 1).min(usize::from(target_length));
    usize::from(query_length) * width
}
