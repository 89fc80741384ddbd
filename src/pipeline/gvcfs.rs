//! Many gVCF files, read side by side span after span.

use std::{ops::Range, path::PathBuf};

use fafnir_attest::{InputProof, Pending};
use fafnir_io::{
    ContigId, Reference,
    gvcf::{GvcfError, GvcfReader},
    tile::TILE_SIZE,
};
use fafnir_joint_genotyper::{Column, Intake};
use rayon::{ThreadPool, prelude::*};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::error::{Class, Error};

/// Samples times bases of a span at most: it bounds what is in memory at once. A span is a part of
/// a tile, of a length that depends on the number of samples alone, for blocks of the output end
/// with it.
const MOST_SAMPLE_BASES: u64 = 1 << 22;
/// Shortest span.
const SHORTEST: u32 = 512;
/// Files that are open beside the gVCF files.
const OTHER_FILES: u64 = 64;

/// All files, each at the same place.
pub(super) struct Gvcfs<'a> {
    pool: &'a ThreadPool,
    reference: &'a Reference,
    intakes: Vec<Intake<Pending>>,
    length: u32,
}

/// What the samples have in a span, 0-based and half-open.
pub(super) struct Part {
    pub(super) contig: ContigId,
    pub(super) span: Range<u32>,
    pub(super) columns: Vec<Column>,
}

impl<'a> Gvcfs<'a> {
    /// Opens all files, up to the first record of each.
    pub(super) fn open(
        files: &[PathBuf],
        reference: &'a Reference,
        pool: &'a ThreadPool,
    ) -> Result<Self, Error> {
        allow_open_files(files.len() as u64)?;
        let open = |path: &PathBuf| {
            let input = Pending::open(path, None)?.with_role("gvcf");
            let reader = GvcfReader::new(path.display().to_string(), input, reference);
            let intake = reader.and_then(|reader| Intake::new(reader, reference));
            intake.map_err(failed)
        };
        let opened: Vec<Result<_, Error>> = pool.install(|| files.par_iter().map(open).collect());
        let intakes = opened.into_iter().collect::<Result<Vec<_>, _>>()?;
        let mut gvcfs = Self {
            pool,
            reference,
            intakes,
            length: TILE_SIZE,
        };
        let samples = gvcfs.samples()?.len() as u64;
        while gvcfs.length > SHORTEST && samples * u64::from(gvcfs.length) > MOST_SAMPLE_BASES {
            gvcfs.length /= 2;
        }
        Ok(gvcfs)
    }

    /// Names of all samples, in the order of the files.
    pub(super) fn samples(&self) -> Result<Vec<String>, Error> {
        let mut samples: Vec<(&str, &str)> = Vec::new();
        for intake in &self.intakes {
            let reader = intake.reader();
            samples.extend(
                reader
                    .samples()
                    .iter()
                    .map(|name| (name.as_str(), reader.file())),
            );
        }
        let names = samples.iter().map(|(name, _)| (*name).to_owned()).collect();
        samples.sort_unstable();
        match samples.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            Some(pair) => Err(Error::input(format!(
                "{} and {}: both have sample {}; rename one (bcftools reheader -s)",
                pair[0].1, pair[1].1, pair[0].0
            ))),
            None => Ok(names),
        }
    }

    /// Reads the rest of all files, and tells how many records with symbolic alleles there were.
    pub(super) fn finish(self) -> Result<(Vec<InputProof>, u64), Error> {
        let symbolic = self.intakes.iter().map(Intake::symbolic).sum();
        let finish = |intake: Intake<Pending>| intake.into_inner().finish();
        let proofs: Vec<_> = self
            .pool
            .install(|| self.intakes.into_par_iter().map(finish).collect());
        let proofs = proofs.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok((proofs, symbolic))
    }

    fn part(&mut self, contig: ContigId, span: Range<u32>) -> Result<Part, Error> {
        let reference = self.reference;
        let take = |intake: &mut Intake<Pending>| intake.take(contig, span.clone(), reference);
        // All go as far, so that the error told is that of the first file whichever thread met it.
        let taken: Vec<Result<_, GvcfError>> = self
            .pool
            .install(|| self.intakes.par_iter_mut().map(take).collect());
        let mut columns = Vec::new();
        for taken in taken {
            columns.extend(taken.map_err(failed)?);
        }
        Ok(Part {
            contig,
            span,
            columns,
        })
    }
}

/// The spans at which some file has a record that begins there.
impl Iterator for &mut Gvcfs<'_> {
    type Item = Result<Part, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let (contig, position) = self.intakes.iter().filter_map(Intake::next_place).min()?;
        let start = position / self.length * self.length;
        let end = (start + self.length).min(self.reference.contig(contig).length);
        Some(self.part(contig, start..end))
    }
}

fn failed(error: GvcfError) -> Error {
    Error::from_source(Class::Input, error)
}

/// Raises the process's own limit of open files as far as it may.
fn allow_open_files(files: u64) -> Result<(), Error> {
    let needed = files + OTHER_FILES;
    let limit = getrlimit(Resource::Nofile);
    let (Some(current), most) = (limit.current, limit.maximum.unwrap_or(u64::MAX)) else {
        return Ok(());
    };
    if current >= needed {
        return Ok(());
    }
    let raised = Rlimit {
        current: Some(needed),
        maximum: limit.maximum,
    };
    if most < needed || setrlimit(Resource::Nofile, raised).is_err() {
        return Err(Error::new(
            Class::Elsewhere,
            format!(
                "{files} gVCF files are read at once, but this process may open no more than \
                 {most}: raise the limit to {needed} (ulimit -Hn {needed}, or LimitNOFILE= of the \
                 service)"
            ),
        ));
    }
    Ok(())
}
