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
    tracts_of_length(bases, 0, out);
}

/// Those of [`tracts`] that have so many bases or more.
pub(crate) fn tracts_of_length(bases: &[u8], least: usize, out: &mut Vec<Tract>) {
    // Where those of each period begin in `out`.
    let mut of_period = [out.len(); MAX_PERIOD + 2];
    for period in 1..=MAX_PERIOD.min(bases.len() / 2) {
        let alike = |i: usize| bases[i] == bases[i - period] && bases[i] < 4;
        let enough = period.max(least.saturating_sub(period));
        // So many alike in a row hold every `enough`-th place behind one that is not.
        let mut at = period + enough - 1;
        while at < bases.len() {
            if !alike(at) {
                at += enough;
                continue;
            }
            let first = (period..at).rev().take_while(|i| alike(*i)).count();
            let end = (at..bases.len())
                .find(|i| !alike(*i))
                .unwrap_or(bases.len());
            let tract = Tract {
                start: at - first - period,
                end,
                period,
            };
            let is_multiple = |out: &[Tract]| {
                let divisors = (1..period).filter(|d| period.is_multiple_of(*d));
                divisors
                    .map(|d| &out[of_period[d]..of_period[d + 1]])
                    .any(|shorter| covers(shorter, &tract))
            };
            if end + first >= at + enough && !is_multiple(out) {
                out.push(tract);
            }
            at = end + enough;
        }
        of_period[period + 1] = out.len();
    }
}

/// Whether one of `tracts`, which have one period and are ordered by position, covers `tract`.
fn covers(tracts: &[Tract], tract: &Tract) -> bool {
    // Ends rise with starts.
    let before = tracts.partition_point(|t| t.start <= tract.start);
    before > 0 && tracts[before - 1].end >= tract.end
}

/// The tract of `bases` that loses or gains whole units where the `deleted` bases at `position` are
/// removed, or those `inserted` are put before them: of all such, the one with most bases. Only one of
/// the two changes anything.
pub(crate) fn slipping_tract(
    bases: &[u8],
    position: usize,
    deleted: usize,
    inserted: &[u8],
) -> Option<Tract> {
    let is_slip = |t: &Tract| {
        // Counted from the tract's start, so that it holds at its end too.
        let of_unit = |i: usize| bases[t.start + (position - t.start + i) % t.period];
        position + deleted <= t.end && (0..).zip(inserted).all(|(i, &base)| of_unit(i) == base)
    };
    touched(bases, position, deleted + inserted.len(), is_slip)
}

/// The tract of `bases` with most bases of those that hold or touch `position`, `fit`, and have a period
/// that divides `change`.
fn touched(
    bases: &[u8],
    position: usize,
    change: usize,
    fit: impl Fn(&Tract) -> bool,
) -> Option<Tract> {
    let mut found = Vec::new();
    tracts(bases, &mut found);
    let near = |t: &Tract| t.start <= position && position <= t.end;
    found
        .into_iter()
        .filter(|t| near(t) && change.is_multiple_of(t.period) && fit(t))
        .max_by_key(|t| (t.end - t.start, usize::MAX - t.period))
}

/// End of the tract in whose length an indel at `position` by `change` bases may be lost, if there is one:
/// aligners move what is no slip about in it too.
pub(crate) fn tract_end(bases: &[u8], position: usize, change: usize) -> Option<usize> {
    touched(bases, position, change, |_| true).map(|t| t.end)
}

/// First base of the tandem repeat, of any period, that holds the base `at` in its second or a later copy, or ends
/// at most `beside` before it: two copies or more, and at least so many bases. The leftmost of several.
pub(crate) fn repeat_start(bases: &[u8], at: usize, beside: usize, least: usize) -> Option<usize> {
    let starts = (1..=bases.len() / 2).filter_map(|period| {
        let alike = |i: usize| bases[i] == bases[i - period] && bases[i] < 4;
        let near = period.max(at.saturating_sub(beside + 1))..bases.len().min(at + 1);
        let one = near.rev().find(|&i| alike(i))?;
        let before = (period..one).rev().take_while(|&i| alike(i)).count();
        let after = (one..bases.len()).take_while(|&i| alike(i)).count();
        let more = before + after;
        (more >= period && more + period >= least).then(|| one - before - period)
    });
    starts.min()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MAX_PERIOD, Tract, repeat_start, slipping_tract, tracts, tracts_of_length};

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
        let slip = |position, deleted, inserted: &[u8]| {
            slipping_tract(&bases, position, deleted, inserted)
        };
        // Both touch base 5: the bases tell which of them changes.
        assert_eq!(slip(5, 0, &[1, 3]), Some(ct));
        assert_eq!(slip(5, 0, &[0, 0]), Some(a));
        assert_eq!(slip(6, 0, &[3, 1]), Some(ct));
        assert_eq!(slip(11, 0, &[1, 3]), Some(ct));
        assert_eq!((slip(5, 2, &[]), slip(1, 2, &[])), (Some(ct), Some(a)));
        // Other bases, no whole unit, beyond the tract, and beside it.
        assert_eq!((slip(5, 0, &[3, 1]), slip(5, 0, &[2, 2])), (None, None));
        assert_eq!((slip(5, 0, &[1]), slip(5, 3, &[])), (None, None));
        assert_eq!((slip(4, 2, &[]), slip(0, 0, &[0])), (None, None));
    }

    #[test]
    fn a_repeat_of_any_period_is_found_where_it_ends() {
        let unit = [0, 2, 1, 3, 0, 0, 3, 2, 2, 1, 0];
        let bases = [&[3, 3, 1][..], &unit, &unit, &unit[..4], &[1, 1, 2]].concat();
        for (at, beside, found) in [
            // Its end, and so many bases behind it.
            (29, 0, Some(3)),
            (32, 3, Some(3)),
            (32, 2, None),
            // Its copies after the first.
            (14, 0, Some(3)),
            (13, 0, None),
        ] {
            assert_eq!(repeat_start(&bases, at, beside, 12), found, "{at}");
        }
        assert_eq!(repeat_start(&[1, 0, 0, 0, 0], 5, 0, 4), Some(1));
        assert_eq!(repeat_start(&[1, 0, 0, 0, 0], 5, 0, 5), None);
        assert_eq!(repeat_start(&[4; 20], 10, 0, 4), None);
        assert_eq!(repeat_start(&[], 0, 8, 4), None);
    }

    proptest! {
        #[test]
        fn short_tracts_are_left_out(
            bases in proptest::collection::vec(0u8..3, 0..60),
            least in 0usize..20,
        ) {
            let mut out = Vec::new();
            tracts_of_length(&bases, least, &mut out);
            let mut all = found(&bases);
            all.retain(|t| t.end - t.start >= least);
            prop_assert_eq!(out, all);
        }

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
