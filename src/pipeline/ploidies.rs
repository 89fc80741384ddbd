//! How many copies of each base the sample has, as options and files say.

use std::path::Path;

use fafnir_attest::{InputProof, Pending};
use fafnir_io::{
    Reference,
    bed::{self, BedErrorKind},
};
use fafnir_variant_caller::Ploidies;

use crate::{
    error::{Class, Error},
    options::Options,
};

/// The copies of each base, with proofs of the files that were read. Sex decides first, and what a BED
/// file of ploidies says comes over it.
pub(super) fn open(
    options: &Options,
    reference: &Reference,
) -> Result<(Ploidies, Vec<InputProof>), Error> {
    let (mut regions, mut proofs) = (Vec::new(), Vec::new());
    let mut shared = None;
    if let Some(path) = &options.par_bed {
        let (name, mut input) = file(path, "pseudoautosomal regions")?;
        let read = bed::read(&name, &mut input, reference);
        shared = Some(read.map_err(|e| Error::from_source(Class::Input, e))?);
        proofs.push(input.finish()?);
    }
    if let Some(sex) = options.sample_sex {
        let of_sex = sex.ploidies(reference, shared.as_ref());
        regions.extend(of_sex.map_err(|e| Error::usage(format!("--sample-sex: {e}")))?);
    }
    if let Some(path) = &options.ploidy_bed {
        let (name, mut input) = file(path, "ploidies")?;
        let read = bed::read_each(&name, &mut input, reference, |contig, region, copies| {
            let copies = copies.unwrap_or_default();
            let number = match copies {
                "0" => 0,
                "1" => 1,
                "2" => 2,
                _ => return Err(BedErrorKind::Ploidy(copies.to_owned())),
            };
            regions.push((contig, region, number));
            Ok(())
        });
        read.map_err(|e| Error::from_source(Class::Input, e))?;
        proofs.push(input.finish()?);
    }
    Ok((Ploidies::new(options.caller.ploidy, regions), proofs))
}

fn file(path: &Path, role: &str) -> Result<(String, Pending), Error> {
    let input = Pending::open(path, None)?.with_role(role);
    Ok((path.display().to_string(), input))
}
