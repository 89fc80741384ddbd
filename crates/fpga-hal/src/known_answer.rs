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
    let extends = check_extend(|batch, out| {
        hal.extend(batch, out);
        Ok(())
    })?;
    let pairhmm = check_pairhmm(|batch, out| {
        hal.pairhmm(batch, out);
        Ok(())
    })?;
    for (kernel, right) in [("extend", extends), ("pairhmm", pairhmm)] {
        if !right {
            return Err(HalError::KnownAnswer { isa, kernel });
        }
    }
    Ok(())
}

/// Asks for extensions by `run`; returns whether all answers are right.
pub(crate) fn check_extend<E>(
    run: impl FnOnce(&extend::Batch, &mut extend::Results) -> Result<(), E>,
) -> Result<bool, E> {
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
        // Far within a batch's limits; a job that is missing shows below.
        let _ = batch.push(extend::Job {
            query: &QUERY,
            target,
            reversed,
            band: if copy % 3 == 0 { 1 } else { band },
            traceback: true,
            ..extend::Job::default()
        });
    }
    let mut results = extend::Results::default();
    run(&batch, &mut results)?;
    let right = |copy| {
        let chosen = results.chosen(copy);
        if copy % 3 == 0 {
            chosen.score == 10 && chosen.target_end == 10 && results.cigar(copy) == LOCAL
        } else {
            chosen.score == 12 && chosen.to_end && results.cigar(copy) == END_TO_END
        }
    };
    Ok(results.len() == KINDS * COPIES && (0..KINDS * COPIES).all(right))
}

/// Asks for PairHMM pairs by `run`; returns whether all answers are right.
pub(crate) fn check_pairhmm<E>(
    run: impl FnOnce(&pairhmm::Batch, &mut Vec<f64>) -> Result<(), E>,
) -> Result<bool, E> {
    // With all gaps at 10^-25.5 only the diagonal counts: one base, at 1/3 of the positions.
    let mut batch = pairhmm::Batch::new();
    let mut fill = || {
        let haplotype = batch.push_haplotype(&[0, 1, 2])?;
        for copy in 0..COPIES {
            let gap = [255];
            let base = [(copy % 3) as u8];
            let read = batch.push_read(&base, &[20], &gap, &gap, &gap)?;
            batch.push_pair(read, haplotype)?;
        }
        Ok::<_, HalError>(())
    };
    // The same holds here.
    let _ = fill();
    let mut out = Vec::new();
    run(&batch, &mut out)?;
    // (0.99 + 2 * 0.01 / 3) / 3
    let expected = libm::log10((0.99 + 0.02 / 3.0) / 3.0);
    Ok(out.len() == COPIES && out.iter().all(|value| (value - expected).abs() < 1e-6))
}
