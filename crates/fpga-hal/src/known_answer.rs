//! Known questions for a backend, asked before its results are trusted.
//!
//! The answers were worked out by hand from the contracts. More lanes are filled than a vector has,
//! so that every lane answers.

use crate::{Hal, HalError, Isa, extend, pairhmm};

/// More than the widest vector, and no multiple of it.
const COPIES: usize = 37;

/// Asks the backend of `isa` all questions.
pub(crate) fn check(isa: Isa) -> Result<(), HalError> {
    let hal = Hal::unchecked(isa)?;
    let wrong = |kernel| HalError::KnownAnswer { isa, kernel };
    check_extend(&hal).ok_or_else(|| wrong("extend"))?;
    check_pairhmm(&hal).ok_or_else(|| wrong("pairhmm"))
}

fn check_extend(hal: &Hal) -> Option<()> {
    // Ten bases, then two that the query lacks, then ten more: 20 - (6 + 2) = 12 end to end.
    const QUERY: [u8; 20] = [0, 1, 2, 3, 0, 1, 3, 2, 1, 0, 2, 2, 1, 3, 0, 3, 1, 1, 2, 0];
    let mut target = QUERY.to_vec();
    target.splice(10..10, [3, 3]);
    const LOCAL: [u32; 1] = [10 << 4];
    const END_TO_END: [u32; 3] = [10 << 4, 2 << 4 | 2, 10 << 4];

    // A row of so many bases calls for lanes of 16 bits.
    const FAR: [u8; 300] = [3; 300];
    let targets = [
        target.clone(),
        [&target[..], &FAR].concat(),
        [&FAR, &target[..]].concat(),
    ];
    // Directions and widths of lanes do not share vectors.
    const KINDS: usize = 4;

    let mut batch = extend::Batch::new(extend::Scoring::default());
    for copy in 0..KINDS * COPIES {
        let (reversed, wide) = (copy % KINDS % 2 == 1, copy % KINDS >= 2);
        let (target, band) = match (wide, reversed) {
            (false, _) => (&targets[0], 5),
            (true, false) => (&targets[1], 200),
            (true, true) => (&targets[2], 200),
        };
        batch
            .push(extend::Job {
                query: &QUERY,
                target,
                reversed,
                band: if copy % 3 == 0 { 1 } else { band },
                traceback: true,
                ..extend::Job::default()
            })
            .ok()?;
    }
    let mut results = extend::Results::default();
    hal.extend(&batch, &mut results);
    (0..KINDS * COPIES)
        .all(|copy| {
            let chosen = results.chosen(copy);
            if copy % 3 == 0 {
                chosen.score == 10 && chosen.target_end == 10 && results.cigar(copy) == LOCAL
            } else {
                chosen.score == 12 && chosen.to_end && results.cigar(copy) == END_TO_END
            }
        })
        .then_some(())
}

fn check_pairhmm(hal: &Hal) -> Option<()> {
    // With all gaps at 10^-25.5 only the diagonal counts: one base, at 1/3 of the positions.
    let mut batch = pairhmm::Batch::new();
    let haplotype = batch.push_haplotype(&[0, 1, 2]).ok()?;
    for copy in 0..COPIES {
        let gap = [255];
        let base = [(copy % 3) as u8];
        let read = batch.push_read(&base, &[20], &gap, &gap, &gap).ok()?;
        batch.push_pair(read, haplotype).ok()?;
    }
    let mut out = Vec::new();
    hal.pairhmm(&batch, &mut out);
    // (0.99 + 2 * 0.01 / 3) / 3
    let expected = libm::log10((0.99 + 0.02 / 3.0) / 3.0);
    (out.len() == COPIES && out.iter().all(|value| (value - expected).abs() < 1e-6)).then_some(())
}
