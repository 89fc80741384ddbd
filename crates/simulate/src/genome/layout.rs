//! What has one place in a contig: telomeres, gaps, the satellite.

use std::ops::Range;

use super::families::{Families, MONOMER, mutate};
use super::{GenomeOptions, stream};
use crate::random::{Purpose, Random};

/// Divergence between copies of the satellite's higher-order unit.
const UNIT_DIVERGENCE: f64 = 0.01;

pub(super) struct Layout {
    unknown: Vec<Range<usize>>,
    satellite: Range<usize>,
    /// The higher-order unit where it is the contig's own.
    unit: Option<Vec<u8>>,
}

impl Layout {
    pub(super) fn new(
        options: &GenomeOptions,
        seed: u64,
        contig: usize,
        length: usize,
        families: &Families,
    ) -> Self {
        let mut random = Random::new(seed, Purpose::Layout, contig as u64);
        let mut satellite = 0..0;
        let bases = (length as f64 * options.satellite) as usize;
        if bases >= 2 * MONOMER {
            let start = (length as f64 * random.range(0.3, 0.5)) as usize;
            satellite = start..start + bases;
        }
        let mut unknown = Vec::new();
        if options.gaps {
            let telomere = (length / 100).min(10_000);
            unknown.extend([0..telomere, length - telomere..length]);
            for _ in 0..(length + 500_000) / 1_000_000 {
                let gap = 50 << random.below(10);
                let start = random.below((length - 2 * telomere - gap) as u32) as usize + telomere;
                unknown.push(start..start + gap);
            }
        }
        let unit = (options.satellite_divergence > 0.0 && !satellite.is_empty()).then(|| {
            let mut unit = Vec::with_capacity(families.satellite.len());
            let divergence = options.satellite_divergence;
            mutate(&mut random, &families.satellite, divergence, 0.0, &mut unit);
            unit
        });
        Self {
            unknown,
            satellite,
            unit,
        }
    }

    /// Lays the satellite and the runs of N over the bases from `start`.
    pub(super) fn lay(
        &self,
        seed: u64,
        families: &Families,
        contig: usize,
        start: usize,
        bases: &mut [u8],
    ) {
        let end = start + bases.len();
        let within = |range: &Range<usize>| range.start.max(start)..range.end.min(end);
        let satellite = within(&self.satellite);
        let unit = self.unit.as_ref().unwrap_or(&families.satellite);
        let mut position = satellite.start;
        while position < satellite.end {
            let offset = position - self.satellite.start;
            let copy = self.unit(seed, contig, offset / unit.len(), unit);
            let take = (unit.len() - offset % unit.len()).min(satellite.end - position);
            let from = offset % unit.len();
            bases[position - start..][..take].copy_from_slice(&copy[from..from + take]);
            position += take;
        }
        for range in self
            .unknown
            .iter()
            .map(within)
            .filter(|range| !range.is_empty())
        {
            bases[range.start - start..range.end - start].fill(b'N');
        }
    }

    fn unit(&self, seed: u64, contig: usize, number: usize, unit: &[u8]) -> Vec<u8> {
        let mut random = Random::new(seed, Purpose::Satellites, stream(contig, number));
        let changed = |&base: &u8| {
            if random.chance(UNIT_DIVERGENCE) {
                random.other_base(base)
            } else {
                base
            }
        };
        let mut copy: Vec<u8> = unit.iter().map(changed).collect();
        copy.make_ascii_lowercase();
        copy
    }
}
