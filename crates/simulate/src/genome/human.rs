//! A recipe for genomes that are as repetitive as the human one.

use super::options::{GenomeOptions, RepeatFamily, shared_out};

/// Names and lengths in Mb of the chromosomes of GRCh38.
const CHROMOSOMES: [(&str, u64); 24] = [
    ("chr1", 249),
    ("chr2", 242),
    ("chr3", 198),
    ("chr4", 190),
    ("chr5", 182),
    ("chr6", 171),
    ("chr7", 159),
    ("chr8", 145),
    ("chr9", 138),
    ("chr10", 134),
    ("chr11", 135),
    ("chr12", 133),
    ("chr13", 114),
    ("chr14", 107),
    ("chr15", 102),
    ("chr16", 90),
    ("chr17", 83),
    ("chr18", 80),
    ("chr19", 59),
    ("chr20", 64),
    ("chr21", 47),
    ("chr22", 51),
    ("chrX", 156),
    ("chrY", 57),
];

impl GenomeOptions {
    /// A genome of `total` bases with the chromosomes of a human one, scaled, and its kinds of repeats in their
    /// shares: a little over half of all bases. At 3.1 Gbp that makes a million Alu-like copies.
    #[must_use]
    pub fn human(total: u64) -> Self {
        let named = CHROMOSOMES
            .iter()
            .map(|(name, weight)| ((*name).to_string(), *weight));
        Self {
            contigs: shared_out(total, named),
            families: families(),
            tandem_per_10kb: 8.0,
            duplication: 0.055,
            duplication_lengths: (1000, 60_000),
            satellite: 0.03,
            satellite_divergence: 0.15,
            ..Self::default()
        }
    }
}

/// Interspersed repeats, the youngest of each kind first.
fn families() -> Vec<RepeatFamily> {
    // Columns: bases, GC, subfamilies and their divergence; share, divergence of copies; whole ones, tail, mean length.
    let family = |(length, gc, subfamilies, subfamily_divergence): (u32, f64, u32, f64),
                  (share, least, greatest): (f64, f64, f64),
                  (whole, tail, mean_length): (f64, u32, f64)| RepeatFamily {
        length,
        gc,
        subfamilies,
        subfamily_divergence,
        share,
        divergence: (least, greatest),
        whole,
        tail,
        mean_length,
    };
    vec![
        // Alu.
        family(
            (285, 0.60, 12, 0.04),
            (0.107, 0.05, 0.15),
            (0.85, 28, 271.0),
        ),
        // L1: young, then old.
        family(
            (6000, 0.42, 6, 0.06),
            (0.03, 0.02, 0.10),
            (0.05, 24, 1830.0),
        ),
        family(
            (6000, 0.42, 24, 0.15),
            (0.14, 0.10, 0.25),
            (0.01, 24, 1660.0),
        ),
        // Endogenous retroviruses.
        family(
            (5000, 0.46, 40, 0.20),
            (0.09, 0.05, 0.25),
            (0.05, 0, 1530.0),
        ),
        // DNA transposons.
        family((1200, 0.40, 24, 0.20), (0.03, 0.08, 0.28), (0.05, 0, 370.0)),
        // L2 and MIR.
        family((3000, 0.45, 12, 0.15), (0.06, 0.22, 0.32), (0.01, 0, 830.0)),
    ]
}
