//! Short tandem repeats of a sequence: what makes indels, true ones and errors, likely.

/// Longest repeat unit looked for.
pub(crate) const MAX_PERIOD: usize = 8;

/// A maximal run in which base `i` equals base `i - period`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tract {
    /// First base.
    pub(crate) start: usize,
    /// One past the last base.
    pub(crate) end: usize,
    /// Length of the unit, 1 to [`MAX_PERIOD`].
    pub(crate) period: usize,
}

impl Tract {
    /// Whole units in the tract.
    pub(crate) fn repeats(&self) -> usize {
        (self.end - self.start) / self.period
    }
}

/// Appends every tract of `bases` with at least two whole units, by period, then position. A tract
/// is listed under its smallest period alone.
pub(crate) fn tracts(bases: &[u8], out: &mut Vec<Tract>) {
    for period in 1..=MAX_PERIOD.min(bases.len() / 2) {
        let mut start = 0;
        for i in period..=bases.len() {
            if i < bases.len() && bases[i] == bases[i - period] && bases[i] < 4 {
                continue;
            }
            let tract = Tract {
                start,
                end: i,
                period,
            };
            if tract.repeats() >= 2 && !is_multiple(out, &tract) {
                out.push(tract);
            }
            start = i + 1 - period;
        }
    }
}

/// Whether a tract of a smaller period that divides this one's covers it.
fn is_multiple(found: &[Tract], tract: &Tract) -> bool {
    found.iter().any(|t| {
        tract.period.is_multiple_of(t.period) && t.start <= tract.start && t.end >= tract.end
    })
}

/// The tract that an indel at `position` lengthens or shortens: of those that touch it, the one
/// with most bases. A pure indel's `unit_length` must be a multiple of the period.
pub(crate) fn tract_at(tracts: &[Tract], position: usize, length: usize) -> Option<Tract> {
    tracts
        .iter()
        .filter(|t| t.start <= position && position <= t.end && length.is_multiple_of(t.period))
        .max_by_key(|t| (t.end - t.start, usize::MAX - t.period))
        .copied()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MAX_PERIOD, Tract, tract_at, tracts};

    fn found(bases: &[u8]) -> Vec<Tract> {
        let mut out = Vec::new();
        tracts(bases, &mut out);
        out
    }

    #[test]
    fn a_tract_is_listed_under_its_smallest_period() {
        // G, AAAA, CT CT CT.
        let bases = [2, 0, 0, 0, 0, 1, 3, 1, 3, 1, 3];
        let (a, ct) = (
            Tract {
                start: 1,
                end: 5,
                period: 1,
            },
            Tract {
                start: 5,
                end: 11,
                period: 2,
            },
        );
        assert_eq!(found(&bases), [a, ct]);
        assert_eq!((a.repeats(), ct.repeats()), (4, 3));
        // Both touch base 5; the longer counts, if the indel is of whole units.
        assert_eq!(tract_at(&[a, ct], 5, 2), Some(ct));
        assert_eq!(tract_at(&[a, ct], 5, 3), Some(a));
        assert_eq!(tract_at(&[a, ct], 0, 1), None);
    }

    proptest! {
        #[test]
        fn tracts_repeat_and_are_maximal(bases in proptest::collection::vec(0u8..5, 0..60)) {
            let all = found(&bases);
            for t in &all {
                let alike = |i: usize| bases[i] == bases[i - t.period] && bases[i] < 4;
                prop_assert!((t.start + t.period..t.end).all(alike));
                prop_assert!(t.repeats() >= 2);
                prop_assert!(t.start == 0 || !alike(t.start + t.period - 1));
                prop_assert!(t.end == bases.len() || !alike(t.end));
            }
            // And none is missed: two units side by side lie in a tract whose period divides theirs.
            for period in 1..=MAX_PERIOD {
                for start in 0..(bases.len() + 1).saturating_sub(2 * period) {
                    let end = start + 2 * period;
                    if (start + period..end).all(|i| bases[i] == bases[i - period] && bases[i] < 4) {
                        prop_assert!(
                            all.iter().any(|t| period.is_multiple_of(t.period) && t.start <= start && t.end >= end),
                            "{period} at {start}"
                        );
                    }
                }
            }
        }
    }
}
