//! Kernel jobs as the stages send them, made of simulated reads and where they come from.

use anyhow::{Result, ensure};
use fafnir_fpga_hal::{extend, pairhmm};

use super::{Sample, sample::PlacedRead};

/// Jobs that a CPU gets at once: as many as fill all lanes many times over.
pub(crate) const JOBS: usize = 1024;

/// A batch and its dynamic programming cells.
pub(crate) struct Jobs<T> {
    pub(crate) batch: T,
    pub(crate) cells: u64,
}

/// `count` jobs: what is left of reads beside a seed, in bwa's band.
pub(crate) fn extensions(
    sample: &Sample,
    traceback: bool,
    count: usize,
) -> Result<Jobs<extend::Batch>> {
    const BAND: usize = 100;
    let contig = sample.contig()?;
    let mut jobs = Jobs {
        batch: extend::Batch::new(extend::Scoring::default()),
        cells: 0,
    };
    let sides = sample
        .placed_reads()
        .enumerate()
        .filter_map(|(number, read)| {
            // One side of a seed: its last base lies beside the seed in a reversed job, else its first.
            let reversed = number % 2 == 0;
            let n = read.bases.len() - (20 + number * 37 % 100);
            let m = n + 50;
            let (query, start) = if reversed {
                (&read.bases[..n], (read.position + n).checked_sub(m)?)
            } else {
                let seed_end = read.bases.len() - n;
                (&read.bases[seed_end..], read.position + seed_end)
            };
            Some((query, contig.get(start..start + m)?, reversed))
        });
    for (query, target, reversed) in repeated(sides, count)? {
        jobs.batch.push(extend::Job {
            query: &codes(query),
            target: &codes(target),
            reversed,
            band: BAND as u16,
            traceback,
            ..extend::Job::default()
        })?;
        let (n, m) = (query.len(), target.len());
        let row = |i: usize| m.min(i + BAND) + 1 - i.saturating_sub(BAND).max(1);
        jobs.cells += (1..=n).map(row).sum::<usize>() as u64;
    }
    Ok(jobs)
}

/// `count` pairs, or one less: reads against two haplotypes of 350 bases, one of which differs by a
/// base.
pub(crate) fn pairs(sample: &Sample, count: usize) -> Result<Jobs<pairhmm::Batch>> {
    const HAPLOTYPE: usize = 350;
    let contig = sample.contig()?;
    let mut jobs = Jobs {
        batch: pairhmm::Batch::new(),
        cells: 0,
    };
    let reads = sample.placed_reads().filter_map(|read| {
        let start = read.position.saturating_sub(100);
        let haplotype = contig.get(start..start + HAPLOTYPE)?;
        Some((read, haplotype))
    });
    for (
        PlacedRead {
            bases, qualities, ..
        },
        haplotype,
    ) in repeated(reads, count / 2)?
    {
        let mut haplotype = codes(haplotype);
        let qualities: Vec<u8> = qualities.iter().map(|q| q - 33).collect();
        let (open, continuation) = (vec![45; bases.len()], vec![10; bases.len()]);
        let read = jobs
            .batch
            .push_read(&codes(bases), &qualities, &open, &open, &continuation)?;
        for _ in 0..2 {
            let id = jobs.batch.push_haplotype(&haplotype)?;
            jobs.batch.push_pair(read, id)?;
            jobs.cells += (bases.len() * HAPLOTYPE) as u64;
            haplotype[HAPLOTYPE / 2] ^= 1;
        }
    }
    Ok(jobs)
}

/// The first `count` items, from the start again after the last.
fn repeated<T: Clone>(items: impl Iterator<Item = T>, count: usize) -> Result<Vec<T>> {
    let items: Vec<T> = items.take(count).collect();
    ensure!(
        !items.is_empty(),
        "no simulated read lies inside the genome"
    );
    Ok(items.iter().cycle().take(count).cloned().collect())
}

/// A=0, C=1, G=2, T=3, any other 4.
fn codes(bases: &[u8]) -> Vec<u8> {
    let code = |base: &u8| match base.to_ascii_uppercase() {
        b'A' => 0,
        b'C' => 1,
        b'G' => 2,
        b'T' => 3,
        _ => 4,
    };
    bases.iter().map(code).collect()
}
