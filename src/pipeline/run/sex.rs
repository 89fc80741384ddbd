//! The sex chromosomes of a sample, as options or its reads tell.

use fafnir_variant_caller::{Karyotype, Model, Ploidies};

use super::Run;
use crate::{
    error::Error,
    options::SexChoice,
    pipeline::{parameters, ploidies::Copies},
};

impl Run<'_> {
    /// The copies of each base, with the sex chromosomes that options name, or else `model`.
    pub(super) fn ploidies(&mut self, copies: &Copies, model: &Model) -> Result<Ploidies, Error> {
        let options = &self.pipeline.options;
        let reference = self.pipeline.index.reference();
        let mut karyotype = match options.sample_sex {
            SexChoice::Given(karyotype) => Some(karyotype),
            // What has one copy of each contig has no sexes of this kind.
            SexChoice::Auto if options.caller.ploidy == 2 => model.karyotype(),
            SexChoice::Auto | SexChoice::None => None,
        };
        let ploidies = match (
            copies.of(karyotype, reference),
            options.sample_sex,
            karyotype,
        ) {
            (Err(error), SexChoice::Auto, Some(estimated)) => {
                self.progress.warn(&format!(
                    "the sample has {estimated}, but {error}; its X and Y are called as other contigs are"
                ));
                karyotype = None;
                copies.of(None, reference)
            }
            (ploidies, ..) => ploidies,
        };
        let ploidies = ploidies.map_err(|e| Error::usage(format!("--sample-sex: {e}")))?;
        let decided = parameters::of_copies(options.sample_sex, karyotype, &ploidies);
        self.parameters.insert("copies".into(), decided);
        Ok(ploidies)
    }

    /// Says what was estimated, and warns where it is not what options say.
    pub(super) fn tell_karyotype(&self, estimated: Option<Karyotype>) {
        let said = self.pipeline.options.sample_sex;
        match (estimated, said) {
            (Some(estimated), SexChoice::Given(given)) if estimated != given => {
                self.progress.warn(&format!(
                    "the depth of X and Y is that of {estimated}, --sample-sex says {given}: is this the \
                     right sample?"
                ));
            }
            (Some(estimated), _) => {
                let note = format!("the depth of X and Y is that of {estimated}");
                self.progress.note(&note);
            }
            (None, SexChoice::Auto) => self.progress.warn(
                "the depth of X and Y does not tell the sample's sex (a whole genome of 2x or more does): \
                 they are called as other contigs are; name it with --sample-sex",
            ),
            (None, _) => {}
        }
    }
}
