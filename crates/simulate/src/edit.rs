//! An allele as the reference bases that it replaces, without the anchor bases that VCF adds.

/// `reference[start..end]` becomes `bases`; both may be empty, not at once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edit {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) bases: Vec<u8>,
}

impl Edit {
    /// Trims what both alleles share, from the right first, as `bcftools norm` does; `None` where they are equal.
    pub(crate) fn trimmed(position: u32, reference: &[u8], alternate: &[u8]) -> Option<Self> {
        let shortest = reference.len().min(alternate.len());
        let pairs = reference.iter().rev().zip(alternate.iter().rev());
        let suffix = pairs
            .take_while(|(a, b)| a.eq_ignore_ascii_case(b))
            .count()
            .min(shortest);
        let (reference, alternate) = (
            &reference[..reference.len() - suffix],
            &alternate[..alternate.len() - suffix],
        );
        let prefix = reference
            .iter()
            .zip(alternate)
            .take_while(|(a, b)| a.eq_ignore_ascii_case(b))
            .count();
        let (reference, alternate) = (&reference[prefix..], &alternate[prefix..]);
        (!reference.is_empty() || !alternate.is_empty()).then(|| {
            let start = position + prefix as u32;
            Self {
                start,
                end: start + reference.len() as u32,
                bases: alternate.to_ascii_uppercase(),
            }
        })
    }

    pub(crate) fn is_insertion(&self) -> bool {
        self.start == self.end
    }

    pub(crate) fn is_deletion(&self) -> bool {
        self.bases.is_empty()
    }

    /// Length of the haplotype minus that of the reference.
    pub(crate) fn length_change(&self) -> i64 {
        self.bases.len() as i64 - i64::from(self.end - self.start)
    }

    /// Moves a pure insertion or deletion as far left as it can go without changing the haplotype.
    pub(crate) fn left_align(&mut self, sequence: &[u8]) {
        if self.is_deletion() {
            while self.start > 0 && same(sequence, self.start - 1, self.end - 1) {
                self.start -= 1;
                self.end -= 1;
            }
        } else if self.is_insertion() {
            // Turned once at the end: a step at a time would be quadratic in the length.
            let length = self.bases.len();
            let mut steps = 0;
            while self.start > 0
                && sequence[self.start as usize - 1]
                    .eq_ignore_ascii_case(&self.bases[length - 1 - steps % length])
            {
                self.start -= 1;
                steps += 1;
            }
            self.end = self.start;
            self.bases.rotate_right(steps % length);
        }
    }

    /// The last start that a pure insertion or deletion can be moved right to; the start itself for all others.
    pub(crate) fn rightmost(&self, sequence: &[u8]) -> u32 {
        let (mut start, mut end) = (self.start, self.end);
        let contig_end = sequence.len() as u32;
        if self.is_deletion() {
            while end < contig_end && same(sequence, start, end) {
                start += 1;
                end += 1;
            }
        } else if self.is_insertion() {
            let mut steps = 0;
            while start < contig_end
                && sequence[start as usize]
                    .eq_ignore_ascii_case(&self.bases[steps % self.bases.len()])
            {
                start += 1;
                steps += 1;
            }
        }
        start
    }
}

fn same(sequence: &[u8], left: u32, right: u32) -> bool {
    sequence[left as usize].eq_ignore_ascii_case(&sequence[right as usize])
}
