//! A simulated genome and its reads, in memory.

use std::io::Read;

use anyhow::{Context, Result};
use fafnir_io::{decode::Decoder, fasta};
use fafnir_simulate::{
    Reference,
    genome::{Genome, GenomeOptions},
    reads::{ReadOptions, Reads},
    variants::{Truth, VariantOptions},
};

const SEED: u64 = 1;

/// One contig and the pairs of 2 x 150 bases that were read from a diploid individual of it.
pub(crate) struct Sample {
    genome: Reference,
    /// FASTQ of the first and the second reads.
    pub(crate) fastq: [Vec<u8>; 2],
    /// The first reads as they are stored.
    pub(crate) gzip: Vec<u8>,
    /// Where the reads come from, in the simulator's form.
    positions: Vec<u8>,
    pub(crate) pairs: u64,
}

/// A read of which the forward strand was read.
#[derive(Clone, Copy)]
pub(crate) struct PlacedRead<'a> {
    /// ASCII.
    pub(crate) bases: &'a [u8],
    /// Phred numbers and 33.
    pub(crate) qualities: &'a [u8],
    /// Place of its first base in the contig, 0-based.
    pub(crate) position: usize,
}

impl Sample {
    /// Simulates `bases` bases at `depth`.
    pub(crate) fn new(bases: u64, depth: f64) -> Result<Self> {
        let genome = Genome::new(&GenomeOptions::of_size(bases, 1), SEED)?.reference(&|_| ());
        let truth = Truth::simulate(&genome, &VariantOptions::default(), SEED, &|_| ())?;
        let options = ReadOptions {
            depth,
            ..ReadOptions::default()
        };
        let reads = Reads::new(&genome, &truth, &options, SEED)?;
        let (mut first, mut second, mut positions) = (Vec::new(), Vec::new(), Vec::new());
        reads.write(&mut first, Some(&mut second), Some(&mut positions), &|_| ())?;
        Ok(Self {
            pairs: reads.pairs(),
            fastq: [decoded(&first)?, decoded(&second)?],
            positions: decoded(&positions)?,
            gzip: first,
            genome,
        })
    }

    /// The genome, packed.
    pub(crate) fn reference(&self) -> Result<fafnir_io::Reference> {
        let mut text = Vec::new();
        self.genome.write_fasta(&mut text)?;
        Ok(fasta::read("simulated genome", &*text)?)
    }

    /// The contig in ASCII.
    pub(crate) fn contig(&self) -> Result<&[u8]> {
        let contig = self.genome.contigs.first().context("no contig")?;
        Ok(&contig.sequence)
    }

    /// First reads of the forward strand, where the simulator says they come from.
    pub(crate) fn placed_reads(&self) -> impl Iterator<Item = PlacedRead<'_>> {
        let mut lines = self.fastq[0].split(|byte| *byte == b'\n');
        let positions = self.positions.split(|byte| *byte == b'\n').skip(1);
        positions.filter_map(move |line| {
            let (_, bases, _, qualities) =
                (lines.next()?, lines.next()?, lines.next()?, lines.next()?);
            let mut columns = std::str::from_utf8(line).ok()?.split('\t').skip(2);
            let position = columns.next()?.parse::<usize>().ok()?.checked_sub(1)?;
            (columns.next()? == "+").then_some(PlacedRead {
                bases,
                qualities,
                position,
            })
        })
    }
}

fn decoded(compressed: &[u8]) -> Result<Vec<u8>> {
    let mut text = Vec::new();
    Decoder::new(compressed).read_to_end(&mut text)?;
    Ok(text)
}
