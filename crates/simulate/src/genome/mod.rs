//! A random genome that looks like a human one to an aligner and to a caller.
//!
//! A contig is made of chunks of 65,536 bases, each a function of the seed, the contig and its number alone:
//! background, then interspersed repeats and tandem repeats, then segmental duplications (whose source chunk is made
//! again where it is needed), then the satellite, then runs of N. So contigs can be made in parallel, one by one, and
//! no chunk waits for another.

mod background;
mod duplication;
mod families;
mod fasta;
mod human;
mod layout;
mod options;
pub(crate) mod tandem;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use self::background::Background;
use self::families::Families;
pub(crate) use self::families::transition;
use self::layout::Layout;
pub use self::options::{GenomeOptions, RepeatFamily};
use crate::random::{Purpose, Random};
use crate::{Contig, Reference, Result};

/// Bases of a chunk.
pub(crate) const CHUNK: usize = 1 << 16;

/// A genome that is made contig by contig.
pub struct Genome {
    options: GenomeOptions,
    seed: u64,
    background: Background,
    families: Families,
    layouts: Vec<Layout>,
}

impl Genome {
    /// Draws what all contigs share: the background's tables and the repeat families.
    ///
    /// # Errors
    /// Options that cannot be met.
    pub fn new(options: &GenomeOptions, seed: u64) -> Result<Self> {
        options.check()?;
        let families = Families::new(options, seed);
        let lengths = options.contigs.iter().map(|(_, length)| *length as usize);
        let layouts = lengths
            .enumerate()
            .map(|(index, length)| Layout::new(options, seed, index, length, &families))
            .collect();
        Ok(Self {
            options: options.clone(),
            seed,
            background: Background::new(options.gc),
            families,
            layouts,
        })
    }

    /// Makes the contig `index`, on all threads of the current pool; `None` beyond the last.
    #[must_use]
    pub fn contig(&self, index: usize) -> Option<Contig> {
        let (name, length) = self.options.contigs.get(index)?;
        let mut sequence = vec![0; *length as usize];
        self.fill(index, 0, &mut sequence);
        Some(Contig {
            name: name.clone(),
            sequence,
        })
    }

    /// Makes all contigs; `progress` is told the bases done.
    #[must_use]
    pub fn reference(&self, progress: &dyn Fn(u64)) -> Reference {
        let mut done = 0;
        let contigs = (0..self.options.contigs.len()).filter_map(|index| {
            let contig = self.contig(index)?;
            done += contig.sequence.len() as u64;
            progress(done);
            Some(contig)
        });
        Reference {
            contigs: contigs.collect(),
        }
    }

    /// Sum of all contigs' lengths.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.options
            .contigs
            .iter()
            .map(|(_, length)| u64::from(*length))
            .sum()
    }

    /// Makes the chunks of a contig from `first` on, until `bases` are full or the contig ends with them.
    fn fill(&self, contig: usize, first: usize, bases: &mut [u8]) {
        let chunks = bases.par_chunks_mut(CHUNK).enumerate();
        chunks.for_each(|(chunk, bases)| {
            let chunk = first + chunk;
            self.primary(contig, chunk, bases);
            self.lay_duplications(contig, chunk, bases);
            self.layouts[contig].lay(self.seed, &self.families, contig, chunk * CHUNK, bases);
        });
    }

    /// A chunk before duplications, the satellite and gaps: what duplications are copied from.
    fn primary(&self, contig: usize, chunk: usize, bases: &mut [u8]) {
        let mut random = Random::new(self.seed, Purpose::Background, stream(contig, chunk));
        self.background
            .fill(self.seed, contig, chunk, &mut random, bases);
        self.families.scatter(&mut random, bases);
        tandem::scatter(self.options.tandem_per_10kb, &mut random, bases);
    }
}

/// The number of a chunk's stream.
pub(crate) fn stream(contig: usize, chunk: usize) -> u64 {
    ((contig as u64) << 32) | chunk as u64
}
