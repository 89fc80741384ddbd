//! Batches and results of extensions as bytes: the payloads of frames, and what kernels read.
//!
//! A batch is words [match, mismatch, gap open, gap extend], then one array of words each for
//! the jobs' starts among the bases, query lengths, target lengths, bands, z-drops and directions
//! (1 is reversed), then the bases: each job's query and target in forward order, end to end.
//! Results are one array of words each for score, query end, target end, end-to-end score and
//! end-to-end target. Paths do not travel: jobs with traceback are computed again here.

use super::{
    CONTRACT,
    batch::{Batch, Job, MAX_LENGTH},
    results::{Found, NOT_REACHED, Results},
    scalar,
};
use crate::device::{Frame, FrameError, Kind, MAX_PAYLOAD, put_words, words};

const SCORING: usize = 4;
const FIELDS: usize = 6;
const RESULT_FIELDS: usize = 5;

/// Makes the frame of a batch.
///
/// # Errors
///
/// [`FrameError::TooLong`].
pub fn encode(batch: &Batch) -> Result<Frame, FrameError> {
    let jobs = || (0..batch.len()).map(|index| batch.job(index));
    let bases: usize = jobs().map(|job| job.query.len() + job.target.len()).sum();
    let length = 4 * (SCORING + FIELDS * batch.len()) + bases;
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
    put_words(&mut payload, jobs().map(|job| job.reversed.into()));
    for job in jobs() {
        payload.extend_from_slice(job.query);
        payload.extend_from_slice(job.target);
    }
    Frame::batch(Kind::Extend, CONTRACT, batch.len(), payload)
}

/// Checks a received batch, so that a kernel can trust it, and returns the number of its bases.
///
/// # Errors
///
/// [`FrameError::Payload`].
pub fn check(frame: &Frame) -> Result<usize, FrameError> {
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
    if field(3).chain(field(4)).any(|word| word > u16::MAX.into()) || field(5).any(|word| word > 1)
    {
        return wrong("a parameter leaves its range");
    }
    if bases.iter().any(|&base| base > 4) {
        return wrong("a base has no code");
    }
    Ok(end)
}

/// Makes the frame of results from the words that the kernel wrote.
///
/// # Errors
///
/// [`FrameError::TooLong`].
pub fn encode_results(count: usize, results: &[i32]) -> Result<Frame, FrameError> {
    let mut payload = Vec::with_capacity(4 * results.len());
    put_words(&mut payload, results.iter().map(|&word| word as u32));
    Frame::batch(Kind::Results, CONTRACT, count, payload)
}

/// Returns how many words a kernel writes for `count` jobs.
pub fn result_words(count: usize) -> usize {
    RESULT_FIELDS * count
}

/// Takes a batch's results from a frame: those that no extension of the job can have are refused.
/// Jobs with traceback are computed again in scalar code, for their paths, and must agree.
pub(crate) fn decode_results(
    batch: &Batch,
    frame: &Frame,
    out: &mut Results,
) -> Result<(), FrameError> {
    let decoded = decode(batch, frame, out);
    if decoded.is_err() {
        out.reset(0);
    }
    decoded
}

fn decode(batch: &Batch, frame: &Frame, out: &mut Results) -> Result<(), FrameError> {
    let wrong = |what| Err(FrameError::Payload { what });
    let count = batch.len();
    if (frame.kind, frame.contract) != (Kind::Results, CONTRACT)
        || frame.count as usize != count
        || frame.payload.len() != 4 * result_words(count)
    {
        return wrong("results are not as many as jobs");
    }
    let field = |k: usize| words(&frame.payload[4 * k * count..]).map(|word| word as i32);
    let fields = field(0)
        .zip(field(1))
        .zip(field(2))
        .zip(field(3))
        .zip(field(4));
    out.reset(count);
    for (index, ((((score, query), target), end_score), end_target)) in
        fields.take(count).enumerate()
    {
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
        if !is_possible(&job, batch.scoring().match_score.into(), &found) {
            return wrong("a result is none that its job can have");
        }
        if job.traceback {
            scalar::run_job(batch, index, out);
            if out.found(index) != found {
                return wrong("a result is not that of the path");
            }
        } else {
            out.record(index, &job, found, |_, _| {});
        }
    }
    Ok(())
}

/// Returns whether a job can have such a result at all.
fn is_possible(job: &Job<'_>, match_score: i32, found: &Found) -> bool {
    let (n, m) = (job.query.len(), job.target.len());
    let in_band = |i: u16, j: u16| i.abs_diff(j) <= job.band;
    let pairs = i32::from(found.query_end.min(found.target_end));
    let local = usize::from(found.query_end) <= n
        && usize::from(found.target_end) <= m
        && in_band(found.query_end, found.target_end)
        && (0..=match_score * pairs).contains(&found.score)
        && (found.score > 0 || (found.query_end, found.target_end) == (0, 0));
    // Each base of either sequence costs at most a gap's opening and its own.
    let least = -2 * i32::from(i8::MAX) * (n + m) as i32;
    let end_to_end = if found.end_to_end_score == NOT_REACHED {
        n > 0 && found.end_to_end_target == 0
    } else {
        usize::from(found.end_to_end_target) <= m
            && in_band(job.query_length(), found.end_to_end_target)
            && (least..=found.score).contains(&found.end_to_end_score)
    };
    local && end_to_end
}
