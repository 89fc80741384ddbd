//! Segmental duplications: paralogs of some kilobases.

use super::families::mutate;
use super::{CHUNK, Genome, stream};
use crate::random::{Purpose, Random};
use crate::reference::reverse_complement;

impl Genome {
    /// Lays copies from other chunks over this one.
    pub(super) fn lay_duplications(&self, contig: usize, chunk: usize, bases: &mut [u8]) {
        let mut random = Random::new(self.seed, Purpose::Duplications, stream(contig, chunk));
        let (shortest, longest) = self.options.duplication_lengths;
        // Lengths go with the square of a uniform number: half of them lie in the lowest quarter of the range.
        let mean = f64::from(shortest) + f64::from(longest - shortest) / 3.0;
        let expected = self.options.duplication * bases.len() as f64 / mean;
        let count = expected as usize + usize::from(random.chance(expected - expected.floor()));
        for _ in 0..count {
            let skew = random.unit();
            let length = shortest + (f64::from(longest - shortest) * skew * skew) as u32;
            let (source_contig, source_chunk) = self.chunk_at(random.below_u64(self.length()));
            let mut source = vec![0; self.chunk_length(source_contig, source_chunk)];
            let (Some(source_room), Some(room)) = (
                source.len().checked_sub(length as usize),
                bases.len().checked_sub(length as usize),
            ) else {
                continue;
            };
            self.primary(source_contig, source_chunk, &mut source);
            let from = random.below(source_room as u32 + 1) as usize;
            let to = random.below(room as u32 + 1) as usize;
            let divergence = random.range(0.01, 0.05);
            let mut copy = Vec::with_capacity(length as usize + 100);
            mutate(
                &mut random,
                &source[from..from + length as usize],
                divergence,
                divergence / 10.0,
                &mut copy,
            );
            if random.chance(0.5) {
                reverse_complement(&mut copy);
            }
            copy.truncate(bases.len() - to);
            bases[to..to + copy.len()].copy_from_slice(&copy);
        }
    }

    fn chunk_at(&self, mut position: u64) -> (usize, usize) {
        for (contig, (_, length)) in self.options.contigs.iter().enumerate() {
            match position.checked_sub(u64::from(*length)) {
                Some(beyond) => position = beyond,
                None => return (contig, position as usize / CHUNK),
            }
        }
        (0, 0)
    }

    fn chunk_length(&self, contig: usize, chunk: usize) -> usize {
        (self.options.contigs[contig].1 as usize - chunk * CHUNK).min(CHUNK)
    }
}
