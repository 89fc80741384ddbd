//! A random genome that looks like a human one to an aligner and to a caller.
//!
//! A contig is made of chunks of 65,536 bases, each a function of the seed, the contig and its number alone:
//! background, then interspersed repeats and tandem repeats, then segmental duplications (whose source chunk is made
//! again where it is needed), then the satellite, then runs of N. So contigs can be made in parallel, one by one, and
//! no chunk waits for another.

mod background;
mod duplication;
mod families;
mod layout;
pub(crate) mod tandem;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use self::background::Background;
use self::families::Families;
pub(crate) use self::families::transition;
use self::layout::Layout;
use crate::random::{Purpose, Random};
use crate::{Contig, Error, Reference, Result};

/// Bases of a chunk.
pub(crate) const CHUNK: usize = 1 << 16;

/// What the genome is made of. Shares are of all bases; what is laid over later hides what was there.
#[derive(Clone, Debug, PartialEq)]
pub struct GenomeOptions {
    /// Names and lengths in bases. Default: `chr1` 1.6 Mb, `chr2` 0.9 Mb, `chr3` 0.5 Mb.
    pub contigs: Vec<(String, u32)>,
    /// Least and greatest GC content that the isochores drift between. Default: 0.35 and 0.54.
    pub gc: (f64, f64),
    /// Share of Alu-like repeats: 300 bases, 5-15 % diverged. Default: 0.10.
    pub alu: f64,
    /// Share of LINE-like repeats: 6 kb, mostly truncated at the 5' end, 3-20 % diverged. Default: 0.16.
    pub line: f64,
    /// Share of old repeats: 250 bases, 20-30 % diverged. Default: 0.04.
    pub ancient: f64,
    /// Tandem repeats of period 1-6 in 10 kb, beside those that chance makes. Default: 5.
    pub tandem_per_10kb: f64,
    /// Share of segmental duplications: 1-10 kb, 1-5 % diverged. Default: 0.02.
    pub duplication: f64,
    /// Share of the satellite array in each contig: 171-base monomers in higher-order units. Default: 0.003.
    pub satellite: f64,
    /// Runs of N: telomeres (a hundredth of the contig each, at most 10 kb) and about a gap a megabase. Default: true.
    pub gaps: bool,
}

impl Default for GenomeOptions {
    fn default() -> Self {
        let contigs = [("chr1", 1_600_000), ("chr2", 900_000), ("chr3", 500_000)];
        Self {
            contigs: contigs
                .map(|(name, length)| (name.to_string(), length))
                .to_vec(),
            gc: (0.35, 0.54),
            alu: 0.10,
            line: 0.16,
            ancient: 0.04,
            tandem_per_10kb: 5.0,
            duplication: 0.02,
            satellite: 0.003,
            gaps: true,
        }
    }
}

impl GenomeOptions {
    /// `contigs` contigs named `chr1`, `chr2`, ... of falling lengths that sum to `total` bases.
    #[must_use]
    pub fn of_size(total: u64, contigs: u32) -> Self {
        let count = u64::from(contigs.max(1));
        // Weights fall linearly from 3 to 1, roughly as human chromosomes do.
        let weight = |index: u64| 3 * count - 2 * index;
        let sum: u64 = (0..count).map(weight).sum();
        let named = |index: u64| {
            let (from, to): (u64, u64) =
                ((0..index).map(weight).sum(), (0..=index).map(weight).sum());
            let length = total * to / sum - total * from / sum;
            (
                format!("chr{}", index + 1),
                u32::try_from(length).unwrap_or(u32::MAX),
            )
        };
        Self {
            contigs: (0..count).map(named).collect(),
            ..Self::default()
        }
    }

    fn check(&self) -> Result<()> {
        let refuse = |message: String| Err(Error::Options(message));
        if self.contigs.is_empty() {
            return refuse("a genome needs at least one contig".into());
        }
        for (index, (name, length)) in self.contigs.iter().enumerate() {
            if name.is_empty()
                || !name.bytes().all(|byte| byte.is_ascii_graphic())
                || name.starts_with(['*', '='])
            {
                return refuse(format!(
                    "'{name}' is not a name that SAM allows for a contig"
                ));
            }
            if self.contigs[..index].iter().any(|(other, _)| other == name) {
                return refuse(format!("the contig name {name} occurs twice"));
            }
            if !(1000..=i32::MAX as u32).contains(length) {
                return refuse(format!(
                    "{name}: {length} bases; a contig has 1,000 to 2,147,483,647"
                ));
            }
        }
        let shares = [
            self.alu,
            self.line,
            self.ancient,
            self.duplication,
            self.satellite,
        ];
        if shares.iter().any(|share| !(0.0..=0.5).contains(share))
            || shares.iter().sum::<f64>() > 0.9
        {
            return refuse(
                "shares of repeats are between 0 and 0.5, and at most 0.9 together".into(),
            );
        }
        if !(0.0..=100.0).contains(&self.tandem_per_10kb) {
            return refuse("tandem repeats in 10 kb are between 0 and 100".into());
        }
        if !(0.2..=0.8).contains(&self.gc.0) || !(self.gc.0..=0.8).contains(&self.gc.1) {
            return refuse("GC contents are between 0.2 and 0.8, the least first".into());
        }
        Ok(())
    }
}

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
        let lengths = options.contigs.iter().map(|(_, length)| *length as usize);
        let layouts = lengths
            .enumerate()
            .map(|(index, length)| Layout::new(options, seed, index, length))
            .collect();
        Ok(Self {
            options: options.clone(),
            seed,
            background: Background::new(options.gc),
            families: Families::new(options, seed),
            layouts,
        })
    }

    /// Makes the contig `index`, on all threads of the current pool; `None` beyond the last.
    #[must_use]
    pub fn contig(&self, index: usize) -> Option<Contig> {
        let (name, length) = self.options.contigs.get(index)?;
        let mut sequence = vec![0; *length as usize];
        sequence
            .par_chunks_mut(CHUNK)
            .enumerate()
            .for_each(|(chunk, bases)| {
                self.primary(index, chunk, bases);
                self.lay_duplications(index, chunk, bases);
                self.layouts[index].lay(self.seed, &self.families, index, chunk * CHUNK, bases);
            });
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
