//! The reference around a region.

use std::ops::Range;

use crate::evidence::TRACT_REACH;
use crate::repeats::tracts;

/// Repeats of at least this many bases make a place doubtful.
pub(super) const DOUBTFUL_REPEAT: usize = 8;

/// The reference's codes around a region.
pub(super) struct Around {
    pub(super) offset: u32,
    pub(super) bases: Vec<u8>,
}

impl Around {
    pub(super) fn slice(&self, window: &Range<u32>) -> &[u8] {
        &self.bases[(window.start - self.offset) as usize..(window.end - self.offset) as usize]
    }

    pub(super) fn end(&self) -> u32 {
        self.offset + self.bases.len() as u32
    }

    pub(super) fn clamp(&self, from: u32, to: u32) -> Range<u32> {
        from.max(self.offset)..to.min(self.end())
    }
}

/// `window` with the repeats that it ends in, up to [`TRACT_REACH`] bases on each side: a read that is
/// cut within a repeat fits any number of its units.
pub(super) fn beyond_repeats(window: &Range<u32>, around: &Around) -> Range<u32> {
    let most = around.clamp(
        window.start.saturating_sub(TRACT_REACH),
        window.end + TRACT_REACH,
    );
    let mut found = Vec::new();
    tracts(around.slice(&most), &mut found);
    found.retain(|t| t.end - t.start >= DOUBTFUL_REPEAT);
    let mut wide = window.clone();
    // A repeat beside a repeat, as GT beside GC, counts too.
    for _ in 0..3 {
        for tract in &found {
            let (start, end) = (
                most.start + tract.start as u32,
                most.start + tract.end as u32,
            );
            if start <= wide.end && end >= wide.start {
                wide = wide.start.min(start)..wide.end.max(end);
            }
        }
    }
    wide
}
