//! Illumina-like reads of a diploid genome.
//!
//! Pairs are made in chunks of 4,096, each from random streams of its own and each its own gzip member, so the files
//! are the same at any number of threads. A template is a function of the seed and its ordinal: a duplicate makes
//! again the template that it copies, however far back it lies.

mod quality;
mod sequencer;
mod template;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use libdeflater::{CompressionLvl, Compressor};
use rayon::prelude::*;

use self::quality::QualityModel;
pub use self::quality::QualityStyle;
use self::sequencer::Sequencer;
use self::template::{Kind, Template, Templates};
use crate::random::{Purpose, Random};
use crate::reference::is_known;
use crate::variants::Truth;
use crate::variants::haplotype::Haplotype;
use crate::{Error, Reference, Result};

/// Pairs of a chunk, and so of a gzip member.
pub const CHUNK_PAIRS: u64 = 4096;

/// Pairs on a tile of the flow cell.
const TILE_PAIRS: u64 = 100_000;
/// Tiles of a lane: two surfaces of four swaths of 78.
const LANE_TILES: u64 = 624;
const LANES: u64 = 4;

/// How the genome is sequenced.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadOptions {
    /// Bases of a read. Default: 150.
    pub length: u32,
    /// Two reads of a fragment. Default: true.
    pub paired: bool,
    /// Mean depth over everything that is not N, duplicates included. Default: 30.
    pub depth: f64,
    /// This many pairs (or single reads), whatever the depth says. Default: none.
    pub pairs: Option<u64>,
    /// Mean fragment length, in bases. Default: 450.
    pub fragment_mean: f64,
    /// Standard deviation of the fragment length. Default: 90.
    pub fragment_sd: f64,
    /// The qualities of the machine. Default: binned.
    pub quality: QualityStyle,
    /// How much more often than usual qualities fall. Default: 1.
    pub quality_loss: f64,
    /// N a base. Default: 0.00005.
    pub unknown: f64,
    /// Inserted or deleted bases a base, by the machine. Default: 0.000005.
    pub indel_errors: f64,
    /// How much more often than usual PCR changes the length of homopolymers of eight bases or more. Default: 1.
    pub stutter: f64,
    /// Share of the templates that are copies of another. Default: 0.03.
    pub duplicates: f64,
    /// Share of the copies that lie beside the other on the flow cell. Default: 0.3.
    pub optical: f64,
    /// Share of the templates that come from no genome at all. Default: 0.001.
    pub contamination: f64,
    /// Flow cell, in read names; later ones are numbered. Default: `FC1`.
    pub flow_cell: String,
    /// Sample index, in read names. Default: `ATTACTCG+AGGCTATA`.
    pub index: String,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            length: 150,
            paired: true,
            depth: 30.0,
            pairs: None,
            fragment_mean: 450.0,
            fragment_sd: 90.0,
            quality: QualityStyle::Binned,
            quality_loss: 1.0,
            unknown: 0.00005,
            indel_errors: 0.000_005,
            stutter: 1.0,
            duplicates: 0.03,
            optical: 0.3,
            contamination: 0.001,
            flow_cell: "FC1".into(),
            index: "ATTACTCG+AGGCTATA".into(),
        }
    }
}

impl ReadOptions {
    fn check(&self) -> Result<()> {
        let refuse = |message: &str| Err(Error::Options(message.into()));
        if !(20..=1000).contains(&self.length) {
            return refuse("reads have 20 to 1,000 bases");
        }
        if !(0.0..=100_000.0).contains(&self.depth) {
            return refuse("the depth is between 0 and 100,000");
        }
        if !(30.0..=20_000.0).contains(&self.fragment_mean)
            || !(0.0..=self.fragment_mean).contains(&self.fragment_sd)
        {
            return refuse(
                "fragments have 30 to 20,000 bases in the mean, and a deviation of at most that",
            );
        }
        let shares = [
            self.unknown,
            self.indel_errors,
            self.duplicates,
            self.optical,
            self.contamination,
        ];
        if shares.iter().any(|share| !(0.0..=1.0).contains(share)) || self.duplicates > 0.95 {
            return refuse("shares of reads are between 0 and 1, of duplicates at most 0.95");
        }
        if [self.stutter, self.quality_loss]
            .iter()
            .any(|factor| !(0.0..=50.0).contains(factor))
        {
            return refuse("stutter and loss of quality are factors between 0 and 50");
        }
        let printable = |text: &str| {
            text.bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b':')
        };
        if !printable(&self.flow_cell) || !printable(&self.index) || self.flow_cell.is_empty() {
            return refuse("flow cell and index stand in read names: no blanks, no colons");
        }
        Ok(())
    }
}

/// The text of a chunk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// FASTQ of the first reads.
    pub r1: Vec<u8>,
    /// FASTQ of the second reads; empty of single reads.
    pub r2: Vec<u8>,
    /// Lines of the positions table, without its header.
    pub positions: Vec<u8>,
}

/// First line of the positions table. `pos` is 1-based, the leftmost reference base of the read, as in SAM; within an
/// insertion it is the base after it. Contaminants have `*`, 0. `haplotype` is 0 or 1, `kind` is `unique`, `pcr`,
/// `optical` or `contaminant`, `template` the ordinal of the pair (from 0) whose fragment this is.
pub const POSITIONS_HEADER: &[u8] =
    b"#name\tcontig\tpos1\tstrand1\tpos2\tstrand2\thaplotype\tfragment\tkind\ttemplate\n";

/// The reads of a diploid genome.
pub struct Reads<'a> {
    options: ReadOptions,
    seed: u64,
    templates: Templates<'a>,
    quality: QualityModel,
    pairs: u64,
}

impl<'a> Reads<'a> {
    /// Prepares the haplotypes.
    ///
    /// # Errors
    /// Options that cannot be met; a reference without a base that is not N.
    pub fn new(
        reference: &'a Reference,
        truth: &Truth,
        options: &ReadOptions,
        seed: u64,
    ) -> Result<Self> {
        options.check()?;
        let known: u64 = reference
            .contigs
            .par_iter()
            .map(|contig| {
                contig
                    .sequence
                    .iter()
                    .filter(|&&base| is_known(base))
                    .count() as u64
            })
            .sum();
        if known == 0 {
            return Err(Error::Options(
                "the reference has no base that is not N; nothing can be read".into(),
            ));
        }
        let haplotypes = reference
            .contigs
            .iter()
            .zip(&truth.contigs)
            .enumerate()
            .flat_map(|(index, both)| {
                let (contig, variants) = both;
                [0, 1].map(|haplotype| {
                    (
                        index,
                        haplotype,
                        Haplotype::new(&contig.sequence, variants, haplotype),
                    )
                })
            });
        let names = reference
            .contigs
            .iter()
            .map(|contig| contig.name.as_str())
            .collect();
        let templates = Templates::new(haplotypes.collect(), names, options);
        let bases = f64::from(options.length) * if options.paired { 2.0 } else { 1.0 };
        let pairs = options
            .pairs
            .unwrap_or((options.depth * known as f64 / bases + 0.5) as u64);
        let quality = QualityModel::new(options);
        Ok(Self {
            options: options.clone(),
            seed,
            templates,
            quality,
            pairs,
        })
    }

    /// How many pairs (or single reads) there are.
    #[must_use]
    pub fn pairs(&self) -> u64 {
        self.pairs
    }

    /// How many chunks there are.
    #[must_use]
    pub fn chunks(&self) -> u64 {
        self.pairs.div_ceil(CHUNK_PAIRS)
    }

    /// Makes the reads of a chunk, the last of which may be short; none beyond it.
    #[must_use]
    pub fn chunk(&self, number: u64) -> Chunk {
        let first = number.saturating_mul(CHUNK_PAIRS).min(self.pairs);
        let last = (first + CHUNK_PAIRS).min(self.pairs);
        let mut random = Random::new(self.seed, Purpose::Reads, number);
        let mut template_random = Random::new(self.seed, Purpose::Templates, 0);
        let mut sequencer = Sequencer::new(&self.options, &self.quality);
        let (mut template, mut name, mut chunk) =
            (Template::default(), Vec::new(), Chunk::default());
        let text = (last - first) as usize * (2 * self.options.length as usize + 72);
        chunk.r1.reserve(text);
        chunk.r2.reserve(if self.options.paired { text } else { 0 });
        for ordinal in first..last {
            self.templates
                .draw(&mut template_random, ordinal, &mut template);
            self.name(ordinal, template.x, &mut name);
            sequencer.read(&mut random, &template, &name, 0, &mut chunk.r1);
            if self.options.paired {
                sequencer.read(&mut random, &template, &name, 1, &mut chunk.r2);
            }
            self.position(&template, &name, &mut chunk.positions);
        }
        chunk
    }

    /// Writes gzipped FASTQ and, where wanted, the gzipped table of true positions; `progress` is told the pairs done.
    ///
    /// # Errors
    /// Those of the writers.
    pub fn write(
        &self,
        mut r1: impl Write,
        mut r2: Option<impl Write>,
        mut positions: Option<impl Write>,
        progress: &dyn Fn(u64),
    ) -> io::Result<()> {
        if let Some(positions) = &mut positions {
            positions.write_all(&gzip(&mut compressor(), POSITIONS_HEADER)?)?;
        }
        if self.pairs == 0 {
            r1.write_all(&gzip(&mut compressor(), b"")?)?;
            if let Some(r2) = &mut r2 {
                r2.write_all(&gzip(&mut compressor(), b"")?)?;
            }
        }
        let wave = 4 * rayon::current_num_threads() as u64;
        let mut first = 0;
        while first < self.chunks() {
            let last = (first + wave).min(self.chunks());
            let members: Vec<_> = (first..last)
                .into_par_iter()
                .map_init(compressor, |compressor, number| {
                    let chunk = self.chunk(number);
                    let mut member = |text: &[u8]| gzip(compressor, text);
                    Ok((
                        member(&chunk.r1)?,
                        member(&chunk.r2)?,
                        member(&chunk.positions)?,
                    ))
                })
                .collect::<io::Result<_>>()?;
            for (first_reads, second_reads, lines) in members {
                r1.write_all(&first_reads)?;
                if let Some(r2) = &mut r2 {
                    r2.write_all(&second_reads)?;
                }
                if let Some(positions) = &mut positions {
                    positions.write_all(&lines)?;
                }
            }
            first = last;
            progress((last * CHUNK_PAIRS).min(self.pairs));
        }
        Ok(())
    }

    /// An Illumina name, unique because tile, y and the last two bits of x come from the ordinal.
    fn name(&self, ordinal: u64, x: u32, name: &mut Vec<u8>) {
        let (tile, on_tile) = (ordinal / TILE_PAIRS, ordinal % TILE_PAIRS);
        let (lane, in_lane) = (tile / LANE_TILES, tile % LANE_TILES);
        let number = 1000 * (1 + in_lane / 312) + 100 * (1 + in_lane / 78 % 4) + 1 + in_lane % 78;
        let run = 1 + lane / LANES;
        let suffix = if run > 1 {
            format!("-{run}")
        } else {
            String::new()
        };
        let (x, y) = (1000 + 4 * u64::from(x) + on_tile % 4, 1000 + on_tile / 4);
        name.clear();
        // Writing to a vector cannot fail.
        let _ = write!(
            name,
            "SIM:{run}:{}{suffix}:{}:{number}:{x}:{y}",
            self.options.flow_cell,
            1 + lane % LANES
        );
    }

    fn position(&self, template: &Template, name: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(name);
        let kind = match template.kind {
            Kind::Unique => "unique",
            Kind::Pcr => "pcr",
            Kind::Optical => "optical",
        };
        let _ = match &template.place {
            None => writeln!(
                out,
                "\t*\t0\t*\t0\t*\t*\t{}\tcontaminant\t{}",
                template.bases.len(),
                template.origin
            ),
            Some(place) => {
                let [first, second] = self.templates.positions(template, place);
                let strands = if place.reverse {
                    ['-', '+']
                } else {
                    ['+', '-']
                };
                let (second, second_strand) = if self.options.paired {
                    (second + 1, strands[1])
                } else {
                    (0, '*')
                };
                writeln!(
                    out,
                    "\t{}\t{}\t{}\t{second}\t{second_strand}\t{}\t{}\t{kind}\t{}",
                    self.templates.name(place),
                    first + 1,
                    strands[0],
                    place.haplotype,
                    template.bases.len(),
                    template.origin
                )
            }
        };
    }
}

fn compressor() -> Compressor {
    // The fastest level that compresses at all: libdeflate's level 0 stores.
    Compressor::new(CompressionLvl::new(1).unwrap_or_default())
}

fn gzip(compressor: &mut Compressor, text: &[u8]) -> io::Result<Vec<u8>> {
    let mut member = vec![0; compressor.gzip_compress_bound(text.len())];
    let length = compressor
        .gzip_compress(text, &mut member)
        .map_err(io::Error::other)?;
    member.truncate(length);
    Ok(member)
}
