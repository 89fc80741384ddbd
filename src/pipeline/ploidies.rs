//! How many copies of each base the sample has, as options and files say.

use std::path::Path;

use fafnir_attest::{InputProof, Pending};
use fafnir_io::{
    Reference,
    bed::{self, BedErrorKind, Regions},
};
use fafnir_variant_caller::{CopyRegion, Karyotype, Ploidies, PloidyError};

use crate::{
    error::{Class, Error},
    options::Options,
};

/// What is known of the copies of contigs before those of X and Y are.
pub(super) struct Copies {
    /// Those of most.
    usual: u8,
    /// What X and Y have in common, if it was named.
    shared: Option<Regions>,
    /// What a BED file of ploidies says.
    named: Vec<CopyRegion>,
}

impl Copies {
    /// Reads the files that options name, with proofs of them.
    pub(super) fn open(
        options: &Options,
        reference: &Reference,
    ) -> Result<(Self, Vec<InputProof>), Error> {
        let mut copies = Self {
            usual: options.caller.ploidy,
            shared: None,
            named: Vec::new(),
        };
        let mut proofs = Vec::new();
        if let Some(path) = &options.par_bed {
            let (name, mut input) = file(path, "pseudoautosomal regions")?;
            let read = bed::read(&name, &mut input, reference);
            copies.shared = Some(read.map_err(|e| Error::from_source(Class::Input, e))?);
            proofs.push(input.finish()?);
        }
        if let Some(path) = &options.ploidy_bed {
            let (name, mut input) = file(path, "ploidies")?;
            let read = bed::read_each(&name, &mut input, reference, |contig, region, number| {
                let number = number.unwrap_or_default();
                let number = match number {
                    "0" => 0,
                    "1" => 1,
                    "2" => 2,
                    _ => return Err(BedErrorKind::Ploidy(number.to_owned())),
                };
                copies.named.push((contig, region, number));
                Ok(())
            });
            read.map_err(|e| Error::from_source(Class::Input, e))?;
            proofs.push(input.finish()?);
        }
        Ok((copies, proofs))
    }

    /// The copies of each base of a sample with these sex chromosomes: they decide first, and what a BED
    /// file of ploidies says comes over them.
    pub(super) fn of(
        &self,
        karyotype: Option<Karyotype>,
        reference: &Reference,
    ) -> Result<Ploidies, PloidyError> {
        let of_sex = karyotype.map(|k| k.ploidies(reference, self.shared.as_ref()));
        let of_sex = of_sex.transpose()?.unwrap_or_default();
        let regions = of_sex.into_iter().chain(self.named.iter().cloned());
        Ok(Ploidies::new(self.usual, regions))
    }
}

fn file(path: &Path, role: &str) -> Result<(String, Pending), Error> {
    let input = Pending::open(path, None)?.with_role(role);
    Ok((path.display().to_string(), input))
}
