//! One walk over the reads of a span: where do they disagree with the reference, and how.

mod walk;

use std::ops::Range;

use crate::event::Event;
use crate::model::Model;
use crate::region::Candidate;
use crate::repeats::{Tract, repeat_start, slipping_tract, tract_end};

pub(crate) use walk::{Clip, Evidence, MOST_SHIFT, read_events, walk};

/// An event is tested as if this share of the reads carried it: well below one half, since reads
/// with a variant map less well.
const TESTED_SHARE: f64 = 0.3;
/// log10 by which the event must explain the column better than error does.
const LEAST_LOG_ODDS_SUBSTITUTION: f64 = 2.0;
const LEAST_LOG_ODDS_INDEL: f64 = 0.0;
/// Where one indel is tested, others at its place are tested with it if this share of the reads shows
/// them: the other allele of a repeat may be seen once.
const LEAST_COMPANY_SHARE: f64 = 0.03;
/// An indel of any read this close to a substitution is tested with it: near their ends, reads of an indel show
/// substitutions instead.
pub(crate) const BESIDE_REACH: u32 = 12;
/// Bases that no error adds or takes away: one read is enough to look closer.
const LONG_INDEL: u64 = 5;
/// Reads with a long clip at one place, or within so many bases of it, that make it doubtful.
const CLIP_REACH: u32 = 24;
const LEAST_CLIPS: u32 = 3;
const LEAST_CLIP_SHARE: f64 = 0.08;
/// Phred that an observed indel is worth at most.
const MOST_INDEL_QUALITY: f32 = 45.0;
/// Tracts of at least this many bases are asked for the lengths beside those that reads show.
const LEAST_SLIPPING: usize = 12;
/// Bases beyond a repeat's end up to which reads of another length may show clips or other indels.
const REPEAT_BESIDE: usize = 8;
/// Bases around an indel in which its tract is looked for.
pub(crate) const TRACT_REACH: u32 = 100;

/// Why a place is active.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Active {
    /// Bases that must stand together in one region, from the POS of the candidate's record, or of what it may
    /// turn out to be, on.
    pub(crate) span: Range<u32>,
    /// What the pileup shows; none for clips.
    pub(crate) candidate: Option<Candidate>,
}

/// Finds the places of `window` that need a closer look, by position. `bases` are the reference's
/// codes from `offset` on.
pub(crate) fn active_places(
    evidence: &mut Evidence,
    model: &Model,
    bases: &[u8],
    offset: u32,
) -> Vec<Active> {
    let mut found = Vec::new();
    substitutions(evidence, bases, offset, &mut found);
    let substituted: Vec<u32> = found.iter().map(|place| place.span.end - 1).collect();
    indels(evidence, model, bases, offset, &substituted, &mut found);
    clips(evidence, bases, offset, &mut found);
    found.sort_by(|a, b| {
        (a.span.start, a.span.end, &a.candidate).cmp(&(b.span.start, b.span.end, &b.candidate))
    });
    found
}

/// log10 odds that a share of the reads carries the event against errors alone: `support` reads, whose
/// errors have log10 probability `log_error` in all, of `depth`.
fn log_odds(support: u32, log_error: f64, depth: u32) -> f64 {
    let rest = depth.saturating_sub(support);
    f64::from(support) * libm::log10(TESTED_SHARE)
        + f64::from(rest) * libm::log10(1.0 - TESTED_SHARE)
        - log_error
}

fn substitutions(evidence: &mut Evidence, bases: &[u8], offset: u32, found: &mut Vec<Active>) {
    evidence.mismatches.sort_unstable();
    for column in evidence.mismatches.chunk_by(|a, b| a >> 8 == b >> 8) {
        let support = column.len() as u32;
        if support < 2 {
            continue;
        }
        let position = (column[0] >> 10) as u32;
        let base = (column[0] >> 8 & 3) as u8;
        // An error gives one of three bases.
        let log_error: f64 = column
            .iter()
            .map(|m| -((m & 255) as f64) / 10.0 - 0.477)
            .sum();
        if log_odds(support, log_error, evidence.depth(position)) < LEAST_LOG_ODDS_SUBSTITUTION {
            continue;
        }
        found.push(Active {
            span: first_beside(position, bases, offset)..position + 1,
            candidate: Some(Candidate {
                event: Event::substitution(position, base),
                support,
            }),
        });
    }
}

fn indels(
    evidence: &mut Evidence,
    model: &Model,
    bases: &[u8],
    offset: u32,
    substituted: &[u32],
    found: &mut Vec<Active>,
) {
    evidence.indels.sort_unstable();
    for place in evidence.indels.chunk_by(|a, b| a.position == b.position) {
        let depth = evidence.depth(place[0].anchor());
        let shown: Vec<(u32, Indel<'_>)> = place
            .chunk_by(|a, b| a == b)
            .map(|same| (same.len() as u32, indel(&same[0], model, bases, offset)))
            .collect();
        let is_likely = |(support, indel): &(u32, Indel<'_>)| {
            let log_error = -f64::from(*support) * indel.error / 10.0;
            let enough = if is_long(indel.event) { 1 } else { 2 };
            *support >= enough && log_odds(*support, log_error, depth) >= LEAST_LOG_ODDS_INDEL
        };
        let first = place[0].position.saturating_sub(BESIDE_REACH);
        let beside = substituted.get(substituted.partition_point(|&s| s < first));
        let is_beside = beside.is_some_and(|&s| s <= place[0].position + BESIDE_REACH);
        if !is_beside && !shown.iter().any(is_likely) {
            continue;
        }
        let frequent = |support: u32| f64::from(support) >= LEAST_COMPANY_SHARE * f64::from(depth);
        found.extend(
            shown
                .iter()
                .filter(|seen| frequent(seen.0) || is_likely(seen))
                .map(|(support, indel)| Active {
                    span: first_beside(indel.event.position, bases, offset)..indel.end,
                    candidate: Some(Candidate {
                        event: indel.event.clone(),
                        support: *support,
                    }),
                }),
        );
    }
}

/// Whether no read has such an indel by error.
fn is_long(event: &Event) -> bool {
    event.length_change().unsigned_abs() >= LONG_INDEL
}

/// An indel that reads show.
struct Indel<'e> {
    event: &'e Event,
    /// Phred of it as an error of one read.
    error: f64,
    /// End of what must be seen of it: with the bases that it may be moved over.
    end: u32,
}

fn indel<'e>(event: &'e Event, model: &Model, bases: &[u8], offset: u32) -> Indel<'e> {
    let tract = indel_tract(event, bases, offset);
    let (open, continuation) = tract.map_or_else(
        || (model.gap_open(), model.plain_gap_continuation()),
        |t| {
            (
                model.repeat_gap_open(t.period, t.repeats()),
                model.gap_continuation(t.period),
            )
        },
    );
    let more = event.length_change().unsigned_abs().saturating_sub(1) as f32;
    Indel {
        event,
        error: f64::from((open + continuation * more).min(MOST_INDEL_QUALITY)),
        end: indel_end(event, bases, offset).max(event.anchor() + 1),
    }
}

/// The tract that a pure insertion or deletion lengthens or shortens by whole units, as far as it lies
/// within [`TRACT_REACH`]. `bases` are the reference's codes from `offset` on.
pub(crate) fn indel_tract(event: &Event, bases: &[u8], offset: u32) -> Option<Tract> {
    let near = near(event, offset, bases.len());
    let position = (event.position - near.start) as usize;
    let near = &bases[(near.start - offset) as usize..(near.end - offset) as usize];
    slipping_tract(near, position, event.deleted as usize, &event.inserted)
}

/// The changes of a tract by one unit less and one more than `event` changes it. Few reads span a long tract: those
/// of the other allele may show no length at all, but fit one.
pub(crate) fn slips_beside(event: &Event, bases: &[u8], offset: u32) -> Vec<Event> {
    let tract = indel_tract(event, bases, offset);
    let Some(tract) = tract.filter(|t| t.end - t.start >= LEAST_SLIPPING) else {
        return Vec::new();
    };
    let period = tract.period as i64;
    let units = event.length_change() / period;
    let from = (event.position - offset) as usize;
    let Some(unit) = bases.get(from..from + tract.period) else {
        return Vec::new();
    };
    [units - 1, units + 1]
        .into_iter()
        .filter(|&units| units != 0)
        .map(|units| Event {
            position: event.position,
            deleted: (-units * period).max(0) as u32,
            inserted: unit.repeat(units.max(0) as usize),
        })
        .filter(Event::is_short)
        // What lies far within a long tract may reach beyond its end.
        .filter(|slip| indel_tract(slip, bases, offset).is_some_and(|t| t.period == tract.period))
        .collect()
}

/// End of what must be seen of an event: an indel's with the tract that it lies in.
pub(crate) fn indel_end(event: &Event, bases: &[u8], offset: u32) -> u32 {
    if !event.is_indel() {
        return event.end();
    }
    let near = near(event, offset, bases.len());
    let position = (event.position - near.start) as usize;
    let change = event.length_change().unsigned_abs() as usize;
    let slice = &bases[(near.start - offset) as usize..(near.end - offset) as usize];
    let end = tract_end(slice, position, change);
    let moved = event.end() + event.right_shift(bases, offset, TRACT_REACH);
    end.map_or(0, |end| near.start + end as u32).max(moved)
}

/// The bases in which an event's tract is looked for.
fn near(event: &Event, offset: u32, length: usize) -> Range<u32> {
    let end = offset + length as u32;
    event.position.saturating_sub(TRACT_REACH).max(offset)..(event.end() + TRACT_REACH).min(end)
}

fn clips(evidence: &mut Evidence, bases: &[u8], offset: u32, found: &mut Vec<Active>) {
    evidence.clips.sort_unstable();
    let clips = &evidence.clips;
    for same in clips.chunk_by(|a, b| a == b) {
        let Clip { position, .. } = same[0];
        // The ends of an insertion are clipped at places as far apart as its bases repeat what follows.
        let first = position.saturating_sub(CLIP_REACH);
        let near = clips.partition_point(|c| c.position < first)
            ..clips.partition_point(|c| c.position <= position + CLIP_REACH);
        let support = near.len() as u32;
        let depth = evidence
            .depth(position)
            .max(evidence.depth(position.saturating_sub(1)));
        if support < LEAST_CLIPS || f64::from(support) < LEAST_CLIP_SHARE * f64::from(depth) {
            continue;
        }
        found.push(Active {
            span: first_beside(position, bases, offset)..position + 1,
            candidate: None,
        });
    }
}

/// The POS that an indel may get which reads show at `position`, by clips or as another: before the repeat that
/// holds it or ends there, over which it is moved to the left.
fn first_beside(position: u32, bases: &[u8], offset: u32) -> u32 {
    let end = offset + bases.len() as u32;
    let from = position.saturating_sub(TRACT_REACH).max(offset);
    let near =
        &bases[(from - offset) as usize..((position + TRACT_REACH).min(end) - offset) as usize];
    let at = (position - from) as usize;
    let start = repeat_start(near, at, REPEAT_BESIDE, LEAST_SLIPPING);
    let first = start.map_or(position, |start| position.min(from + start as u32));
    first.saturating_sub(1)
}

#[cfg(test)]
mod tests;
