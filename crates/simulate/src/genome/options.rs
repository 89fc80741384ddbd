//! What a genome is made of.

use crate::{Error, Result};

/// A family of interspersed repeats: copies of a few consensus sequences, all of one random root.
#[derive(Clone, Debug, PartialEq)]
pub struct RepeatFamily {
    /// Bases of the root, without a tail.
    pub length: u32,
    /// GC content of the root.
    pub gc: f64,
    /// Consensus sequences.
    pub subfamilies: u32,
    /// Substitutions a base between the root and each of them.
    pub subfamily_divergence: f64,
    /// Share of all bases.
    pub share: f64,
    /// Substitutions a base between a copy and its consensus: least and greatest; indels are a tenth of them.
    pub divergence: (f64, f64),
    /// Share of copies that are whole; the others lack part of their 5' end.
    pub whole: f64,
    /// Bases of the longest poly-A tail; 0 for none.
    pub tail: u32,
    /// Mean length of a copy, by which the share becomes a number of copies.
    pub mean_length: f64,
}

/// What the genome is made of. Shares are of all bases; what is laid over later hides what was there.
#[derive(Clone, Debug, PartialEq)]
pub struct GenomeOptions {
    /// Names and lengths in bases. Default: `chr1` 1.6 Mb, `chr2` 0.9 Mb, `chr3` 0.5 Mb.
    pub contigs: Vec<(String, u32)>,
    /// Least and greatest GC content that the isochores drift between. Default: 0.35 and 0.54.
    pub gc: (f64, f64),
    /// Interspersed repeats. Default: 10 % Alu-like, 300 bases and 5-15 % diverged; 16 % LINE-like, 6 kb, mostly
    /// truncated and 3-20 % diverged; 4 % old ones, 250 bases and 20-30 % diverged.
    pub families: Vec<RepeatFamily>,
    /// Tandem repeats of period 1-6 in 10 kb, beside those that chance makes. Default: 5.
    pub tandem_per_10kb: f64,
    /// Share of segmental duplications, 1-5 % diverged. Default: 0.02.
    pub duplication: f64,
    /// Least and greatest length of a segmental duplication; most are short. Default: 1 and 10 kb.
    pub duplication_lengths: (u32, u32),
    /// Share of the satellite array in each contig: 171-base monomers in higher-order units. Default: 0.003.
    pub satellite: f64,
    /// Substitutions a base between the higher-order units of two contigs' satellites. Default: 0, one for all.
    pub satellite_divergence: f64,
    /// Runs of N: telomeres (a hundredth of the contig each, at most 10 kb) and about a gap a megabase. Default: true.
    pub gaps: bool,
}

impl Default for GenomeOptions {
    fn default() -> Self {
        let contigs = [("chr1", 1_600_000), ("chr2", 900_000), ("chr3", 500_000)];
        let alu = RepeatFamily {
            length: 285,
            gc: 0.60,
            subfamilies: 6,
            subfamily_divergence: 0.03,
            share: 0.10,
            divergence: (0.05, 0.15),
            whole: 0.85,
            tail: 28,
            mean_length: 280.0,
        };
        let line = RepeatFamily {
            length: 6000,
            gc: 0.42,
            subfamilies: 6,
            subfamily_divergence: 0.06,
            share: 0.16,
            divergence: (0.03, 0.20),
            whole: 0.02,
            tail: 24,
            mean_length: 1650.0,
        };
        let ancient = RepeatFamily {
            length: 250,
            gc: 0.45,
            subfamilies: 3,
            subfamily_divergence: 0.08,
            share: 0.04,
            divergence: (0.20, 0.30),
            whole: 0.30,
            tail: 0,
            mean_length: 130.0,
        };
        Self {
            contigs: contigs
                .map(|(name, length)| (name.to_string(), length))
                .to_vec(),
            gc: (0.35, 0.54),
            families: vec![alu, line, ancient],
            tandem_per_10kb: 5.0,
            duplication: 0.02,
            duplication_lengths: (1000, 10_000),
            satellite: 0.003,
            satellite_divergence: 0.0,
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
        let named = (0..count).map(|index| (format!("chr{}", index + 1), 3 * count - 2 * index));
        Self {
            contigs: shared_out(total, named),
            ..Self::default()
        }
    }

    pub(super) fn check(&self) -> Result<()> {
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
        let shares = || {
            let families = self.families.iter().map(|family| family.share);
            families.chain([self.duplication, self.satellite])
        };
        if shares().any(|share| !(0.0..=0.5).contains(&share)) || shares().sum::<f64>() > 0.9 {
            return refuse(
                "shares of repeats are between 0 and 0.5, and at most 0.9 together".into(),
            );
        }
        self.families.iter().try_for_each(RepeatFamily::check)?;
        let (shortest, longest) = self.duplication_lengths;
        if !(100..=longest).contains(&shortest) || longest as usize > super::CHUNK {
            return refuse("segmental duplications have 100 to 65,536 bases".into());
        }
        if !(0.0..=0.5).contains(&self.satellite_divergence) {
            return refuse("satellites differ in a share between 0 and 0.5".into());
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

impl RepeatFamily {
    fn check(&self) -> Result<()> {
        let is_share = |share: &f64| (0.0..=1.0).contains(share);
        let (least, greatest) = self.divergence;
        let possible = (1..=100_000).contains(&self.length)
            && (1..=1000).contains(&self.subfamilies)
            && [self.gc, self.subfamily_divergence, self.whole, least]
                .iter()
                .all(is_share)
            && (least..=0.75).contains(&greatest)
            && self.tail <= 1000
            && self.mean_length >= 1.0;
        if possible {
            Ok(())
        } else {
            Err(Error::Options(format!(
                "no such family of repeats can be: {self:?}"
            )))
        }
    }
}

/// Contigs whose lengths go by weights and sum to `total`.
pub(super) fn shared_out(
    total: u64,
    weighted: impl Iterator<Item = (String, u64)> + Clone,
) -> Vec<(String, u32)> {
    let sum: u64 = weighted.clone().map(|(_, weight)| weight).sum();
    let mut before = 0;
    let length = |(name, weight): (String, u64)| {
        let from = total * before / sum;
        before += weight;
        let length = total * before / sum - from;
        (name, u32::try_from(length).unwrap_or(u32::MAX))
    };
    weighted.map(length).collect()
}
