//! Batches and results of extensions as bytes: the payloads of frames, and what kernels read.
//!
//! A batch is words [match, mismatch, gap open, gap extend], then one array of words each for the
//! jobs' starts among the bases, query lengths, target lengths, bands, z-drops, end bonuses and flags
//! (1 is reversed, 2 traceback), then the bases: each job's query and target in forward order, end
//! to end.
//!
//! Results are one array of words each for score, query end, target end, end-to-end score, end-to-end
//! target and number of path operations, then the operations of all jobs, end to end: BAM's, the last
//! of the extension first. A job that the device leaves to the processor has [`LEFT`] operations, and
//! its other words mean nothing.

mod answer;

use std::ops::Range;

pub use self::answer::answer;

use super::{
    CONTRACT,
    batch::{Batch, MAX_LENGTH},
    check::{is_possible, is_right_path},
    results::{Found, Results},
};
use crate::device::{Frame, FrameError, Kind, MAX_PAYLOAD, put_words, words};

/// The most operations of a path that travel; jobs with more are left to the processor.
pub const PATH_SLOT: usize = 24;

/// In place of a number of operations: the device leaves this job to the processor.
pub const LEFT: i32 = -1;

/// Words of a result before its operations.
pub const RESULT_FIELDS: usize = 6;

const SCORING: usize = 4;
const FIELDS: usize = 7;
const REVERSED: u32 = 1;
const TRACEBACK: u32 = 2;

/// What a received job takes to compute.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Size {
    /// Rows: query bases.
    pub rows: usize,
    /// Columns that the band reaches, from 1 on.
    pub columns: usize,
    /// The most cells that a row has in columns from 1 on.
    pub width: usize,
    /// Whether its path is wanted.
    pub traceback: bool,
}

/// Makes the frame of the jobs `range` of a batch.
///
/// # Errors
///
/// [`FrameError::TooLong`].
pub fn encode(batch: &Batch, range: Range<usize>) -> Result<Frame, FrameError> {
    let count = range.len();
    let jobs = || range.clone().map(|index| batch.job(index));
    let bases: usize = jobs().map(|job| job.query.len() + job.target.len()).sum();
    let length = 4 * (SCORING + FIELDS * count) + bases;
    if length > MAX_PAYLOAD {
        return Err(FrameError::TooLong { length });
    }
    let mut payload = Vec::with_capacity(length);
    let scoring = batch.scoring();
    let prices = [
        scoring.match_score,
        scoring.mismatch,
        scoring.gap_open,
        scoring.gap_extend,
    ];
    put_words(&mut payload, prices.iter().map(|&price| price as u32));
    let mut end = 0;
    let starts = jobs().map(|job| {
        let start = end;
        end += (job.query.len() + job.target.len()) as u32;
        start
    });
    put_words(&mut payload, starts);
    put_words(&mut payload, jobs().map(|job| job.query.len() as u32));
    put_words(&mut payload, jobs().map(|job| job.target.len() as u32));
    put_words(&mut payload, jobs().map(|job| job.band.into()));
    put_words(&mut payload, jobs().map(|job| job.z_drop.into()));
    let end_bonuses = jobs().map(|job| i32::from(job.end_bonus) as u32);
    put_words(&mut payload, end_bonuses);
    let flags =
        jobs().map(|job| u32::from(job.reversed) * REVERSED + u32::from(job.traceback) * TRACEBACK);
    put_words(&mut payload, flags);
    for job in jobs() {
        payload.extend_from_slice(job.query);
        payload.extend_from_slice(job.target);
    }
    Frame::batch(Kind::Extend, CONTRACT, count, payload)
}

/// Checks a received batch, so that a kernel can trust it, and returns the sizes of its jobs.
///
/// # Errors
///
/// [`FrameError::Payload`].
pub fn check(frame: &Frame) -> Result<Vec<Size>, FrameError> {
    let wrong = |what| Err(FrameError::Payload { what });
    if (frame.kind, frame.contract) != (Kind::Extend, CONTRACT) {
        return wrong("it is no extend batch of this contract");
    }
    let count = frame.count as usize;
    let Some((head, bases)) = frame
        .payload
        .split_at_checked(4 * (SCORING + FIELDS * count))
    else {
        return wrong("it is too short for its jobs");
    };
    let (scoring, fields) = head.split_at(4 * SCORING);
    if words(scoring).any(|price| price > i8::MAX as u32) {
        return wrong("a score leaves its range");
    }
    let field = |k: usize| words(&fields[4 * k * count..4 * (k + 1) * count]);
    let mut end = 0;
    for ((start, query), target) in field(0).zip(field(1)).zip(field(2)) {
        if query.max(target) as usize > MAX_LENGTH || start as usize != end {
            return wrong("sequences do not lie end to end");
        }
        end += (query + target) as usize;
    }
    if end != bases.len() {
        return wrong("sequences do not fill the bases");
    }
    let short = |word: u32| i16::try_from(word as i32).is_ok();
    if field(3).chain(field(4)).any(|word| word > u16::MAX.into())
        || !field(5).all(short)
        || field(6).any(|word| word > REVERSED + TRACEBACK)
    {
        return wrong("a parameter leaves its range");
    }
    if bases.iter().any(|&base| base > 4) {
        return wrong("a base has no code");
    }
    let shapes = field(1).zip(field(2)).zip(field(3)).zip(field(6));
    Ok(shapes
        .map(|(((query, target), band), flags)| {
            let columns = target.min(query + band) as usize;
            Size {
                rows: query as usize,
                columns,
                width: columns.min(2 * band as usize + 1),
                traceback: flags & TRACEBACK != 0,
            }
        })
        .collect())
}

/// Makes the frame of results from the words that the kernel wrote: [`RESULT_FIELDS`] arrays of a word
/// a job, and [`PATH_SLOT`] operations a job, of which as many travel as the path has.
///
/// # Errors
///
/// [`FrameError::TooLong`].
pub fn encode_results(found: &[i32], paths: &[u32]) -> Result<Frame, FrameError> {
    let count = found.len() / RESULT_FIELDS;
    let operations = found[(RESULT_FIELDS - 1) * count..].iter();
    let mut payload = Vec::with_capacity(4 * found.len());
    put_words(&mut payload, found.iter().map(|&word| word as u32));
    for (&operations, path) in operations.zip(paths.chunks(PATH_SLOT)) {
        let operations = usize::try_from(operations).unwrap_or(0).min(path.len());
        put_words(&mut payload, path[..operations].iter().copied());
    }
    Frame::batch(Kind::Results, CONTRACT, count, payload)
}

/// Takes the results of the jobs `range` of a batch from a frame. Each is checked for what its job can
/// have, and its path for being one of the batch's sequences with the score that was found. `out`
/// has room for the whole batch. Returns the jobs that the device left to the processor.
///
/// # Errors
///
/// [`FrameError::Payload`]; then nothing in `range` is to be used.
///
/// # Panics
///
/// If the batch has no such jobs, or `out` no room for them.
pub fn decode_results(
    batch: &Batch,
    range: Range<usize>,
    frame: &Frame,
    out: &mut Results,
) -> Result<Vec<usize>, FrameError> {
    let wrong = |what| Err(FrameError::Payload { what });
    let count = range.len();
    if (frame.kind, frame.contract) != (Kind::Results, CONTRACT) || frame.count as usize != count {
        return wrong("results are not as many as jobs");
    }
    let Some((fields, paths)) = frame.payload.split_at_checked(4 * RESULT_FIELDS * count) else {
        return wrong("results are not as many as jobs");
    };
    let field = |k: usize| words(&fields[4 * k * count..]).map(|word| word as i32);
    let scores = field(0).zip(field(1)).zip(field(2));
    let rest = field(3).zip(field(4)).zip(field(5));
    let mut paths = words(paths);
    if !frame.payload.len().is_multiple_of(4) {
        return wrong("a path is cut off");
    }
    let mut left = Vec::new();
    let mut path = Vec::with_capacity(PATH_SLOT);
    for (index, (((score, query), target), ((end_score, end_target), operations))) in
        range.zip(scores.zip(rest))
    {
        if operations == LEFT {
            left.push(index);
            continue;
        }
        let job = batch.job(index);
        let ends = [query, target, end_target].map(u16::try_from);
        let [Ok(query_end), Ok(target_end), Ok(end_to_end_target)] = ends else {
            return wrong("a coordinate leaves the sequences");
        };
        let found = Found {
            score,
            query_end,
            target_end,
            end_to_end_score: end_score,
            end_to_end_target,
        };
        if !is_possible(&job, batch.scoring(), &found) {
            return wrong("a result is none that its job can have");
        }
        let most = if job.traceback { PATH_SLOT } else { 0 };
        let operations = match usize::try_from(operations) {
            Ok(operations) if operations <= most.min(paths.len()) => operations,
            _ => return wrong("a path is longer than its slot"),
        };
        path.clear();
        path.extend(paths.by_ref().take(operations));
        if job.traceback && !is_right_path(&job, batch.scoring(), &found.choose(&job), &path) {
            return wrong("a path is not that of its result");
        }
        out.record(index, &job, found, |_, operations| {
            operations.extend_from_slice(&path);
        });
    }
    if paths.len() > 0 {
        return wrong("there are more paths than jobs");
    }
    Ok(left)
}

#[cfg(test)]
mod tests;
