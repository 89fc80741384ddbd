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
