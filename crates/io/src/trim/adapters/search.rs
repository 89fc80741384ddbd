//! Where in a read an adapter may start: 64 starts at a time, a bit each.
//!
//! A base is two bits of its letter. Of each letter's 64 next places in the read, a word tells where
//! the read differs from it; shifted by an adapter's base's place, it tells at which starts that
//! base differs. Words count these up to [`COUNTED`] in unary, so that what is left is a handful of
//! starts to be compared base by base.

/// Bases of an adapter that tell most other sequence apart from it.
const HEAD: usize = 12;

/// Mismatches that are told apart; more count as this many.
const COUNTED: usize = 4;

/// Starts that are looked at together.
const WORD: usize = 64;

/// Rules out starts of one adapter. Starts that are left may yet not match.
#[derive(Clone, Debug)]
pub(super) struct Sieve {
    /// Codes of the adapter's first bases.
    head: Vec<u8>,
    /// By mismatches less one: the least bases to compare among which so many are allowed.
    least_overlap: [usize; COUNTED],
}

/// Bits of 64 bases of a read, the first lowest.
#[derive(Clone, Copy)]
struct Letters {
    low: u64,
    high: u64,
    /// Bases that never differ: `N`, and what is behind the read's end.
    unknown: u64,
}

impl Sieve {
    /// `allowed` has the most mismatches by number of bases compared.
    pub(super) fn new(adapter: &[u8], allowed: &[Option<usize>]) -> Self {
        let overlap_of = |mismatches| {
            let enough = |&allowed: &Option<usize>| allowed.is_some_and(|most| most >= mismatches);
            allowed.iter().position(enough).unwrap_or(usize::MAX)
        };
        Self {
            head: adapter.iter().take(HEAD).map(|&base| code(base)).collect(),
            least_overlap: std::array::from_fn(|i| overlap_of(i + 1)),
        }
    }

    /// The first start before `limit` that may match and does.
    pub(super) fn find(
        &self,
        read: &[u8],
        limit: usize,
        matches: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let (mut first, mut next) = (0, Letters::of(read));
        while first < limit {
            let here = next;
            next = Letters::of(read.get(first + WORD..).unwrap_or_default());
            let mut left = self.word(here, next, read.len() - first) & !from(limit - first);
            while left != 0 {
                let start = first + left.trailing_zeros() as usize;
                if matches(start) {
                    return Some(start);
                }
                left &= left - 1;
            }
            first += WORD;
        }
        None
    }

    /// Of 64 starts those that may match, where `rest` bases are left from the first on.
    fn word(&self, here: Letters, next: Letters, rest: usize) -> u64 {
        let differs: [u128; 4] = std::array::from_fn(|code| {
            let word = |letters: Letters| u128::from(letters.other_than(code));
            word(next) << WORD | word(here)
        });
        // At which starts at least so many differ, less one.
        let mut counts = [0_u64; COUNTED];
        let mut out = 0;
        for (i, &code) in self.head.iter().enumerate() {
            let differs = (differs[usize::from(code)] >> i) as u64;
            for count in (1..COUNTED).rev() {
                counts[count] |= counts[count - 1] & differs;
            }
            counts[0] |= differs;
            // More mismatches than matches, and two or more: such a start is given up.
            if i >= 2 && i % 2 == 0 {
                out |= counts.get(i / 2).unwrap_or(&0);
            }
        }
        for (count, &least) in counts.iter().zip(&self.least_overlap) {
            out |= count & from((rest + 1).saturating_sub(least));
        }
        !out
    }
}

impl Letters {
    fn of(bases: &[u8]) -> Self {
        let mut letters = Self {
            low: 0,
            high: 0,
            unknown: 0,
        };
        let bases = &bases[..bases.len().min(WORD)];
        for (i, eight) in bases.chunks(8).enumerate() {
            let mut word = [b'N'; 8];
            word[..eight.len()].copy_from_slice(eight);
            let word = u64::from_le_bytes(word);
            letters.low |= gather(word >> 1) << (8 * i);
            letters.high |= gather(word >> 2) << (8 * i);
            // Of A, C, G, N and T, the letter N alone has this bit.
            letters.unknown |= gather(word >> 3) << (8 * i);
        }
        letters.unknown |= from(bases.len());
        letters
    }

    fn other_than(self, code: usize) -> u64 {
        let of = |bit| if code & bit == 0 { 0 } else { u64::MAX };
        ((self.low ^ of(1)) | (self.high ^ of(2))) & !self.unknown
    }
}

/// Two bits that tell `A`, `C`, `G` and `T` apart.
fn code(base: u8) -> u8 {
    base >> 1 & 3
}

/// The lowest bits of eight bytes, side by side.
fn gather(bytes: u64) -> u64 {
    (bytes & 0x0101_0101_0101_0101).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// All bits from one on.
fn from(bit: usize) -> u64 {
    u32::try_from(bit).map_or(0, |bit| u64::MAX.checked_shl(bit).unwrap_or(0))
}
