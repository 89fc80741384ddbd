//! Bases of index reads, two bits each, in up to 64 places.

/// A place of a base.
pub(super) const PLACES: usize = 64;

/// Bases in places; bit `i` of each word is of place `i`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Code {
    low: u64,
    high: u64,
    /// Places with a base other than `N`.
    called: u64,
}

impl Code {
    /// Puts a base into a place, which must be free. Whatever is no base is `N`.
    #[inline]
    pub(super) fn set(&mut self, place: usize, base: u8) {
        // A, C, T and G differ in bits 1 and 2 of their ASCII codes.
        let called = matches!(base, b'A' | b'C' | b'G' | b'T');
        self.low |= u64::from(called && base & 2 != 0) << place;
        self.high |= u64::from(called && base & 4 != 0) << place;
        self.called |= u64::from(called) << place;
    }

    /// Whether all places of `mask` have a base.
    #[inline]
    pub(super) fn is_called(&self, mask: u64) -> bool {
        self.called & mask == mask
    }

    /// What is in the places of `mask`, as a key.
    #[inline]
    pub(super) fn key(&self, mask: u64) -> (u64, u64) {
        (self.low & mask, self.high & mask)
    }

    /// Places that differ from those of `barcode`, whose places are all called. `N` differs.
    #[inline]
    pub(super) fn difference(&self, barcode: &Self) -> u64 {
        (self.low ^ barcode.low) | (self.high ^ barcode.high) | !self.called
    }
}

/// The places of `mask` in `parts` runs of nearly equal numbers of them.
///
/// Two codes that differ in fewer than `parts` places are equal in one of the runs.
pub(super) fn split(mask: u64, parts: u32) -> Vec<u64> {
    let places: Vec<usize> = (0..PLACES)
        .filter(|&place| mask >> place & 1 != 0)
        .collect();
    let parts = (parts as usize).max(1);
    (0..parts)
        .map(|part| {
            places[places.len() * part / parts..places.len() * (part + 1) / parts]
                .iter()
                .fold(0, |run, &place| run | 1 << place)
        })
        .collect()
}

/// Unions of one run of each index: codes that differ in at most `most[i]` places of `masks[i]` are
/// equal in one of them.
pub(super) fn split_both(masks: [u64; 2], most: [u32; 2]) -> Vec<u64> {
    let runs = |i: usize| match masks[i] {
        0 => vec![0],
        mask => split(mask, most[i] + 1),
    };
    let second = runs(1);
    runs(0)
        .into_iter()
        .flat_map(|first| second.iter().map(move |second| first | second))
        .collect()
}
