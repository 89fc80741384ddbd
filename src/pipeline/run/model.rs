//! The model of a sample, before its first call.

use std::path::Path;

use fafnir_collate::SortedTiles;
use fafnir_variant_caller::{Estimated, Model};

use super::{Calling, Run};
use crate::{
    error::Error,
    options::ModelChoice,
    pipeline::{
        model::{TileCounts, sampled_tiles},
        sampled::read_tiles,
    },
};

impl Run<'_> {
    /// Estimates the model from what was mapped, if it is to be estimated.
    pub(super) fn model_of_mapped(&mut self, tiles: &SortedTiles) -> Result<(), Error> {
        if self.is_estimating() {
            let sampled = sampled_tiles(self.pipeline.index.reference());
            let look_at = |tile| Ok(tiles.look_at(tile)?);
            let sampled = sampled.into_iter().map(Ok);
            let counts = TileCounts::gather(self.pipeline, sampled, look_at)?;
            self.estimate(&counts)?;
        }
        Ok(())
    }

    /// Estimates the model from a sorted BAM file, if it is to be estimated. The counts tell whether
    /// what is called later are the same reads.
    pub(super) fn model_of_file(&mut self, bam: &Path) -> Result<TileCounts, Error> {
        if !self.is_estimating() {
            return Ok(TileCounts::default());
        }
        if bam == Path::new("-") || !bam.is_file() {
            self.progress.warn(
                "reads from a pipe can be read once only: the error model that is built in is used, and \
                 no sex is estimated; give a file, or a model with --model",
            );
            self.parameters.insert("model".into(), "built in".into());
            return Ok(TileCounts::default());
        }
        let reference = self.pipeline.index.reference();
        let tiles = read_tiles(bam, reference, sampled_tiles(reference))?;
        let counts = TileCounts::gather(self.pipeline, tiles, Ok)?;
        self.estimate(&counts)?;
        Ok(counts)
    }

    fn is_estimating(&self) -> bool {
        self.calling.is_some() && self.pipeline.options.model == ModelChoice::Auto
    }

    fn estimate(&mut self, counts: &TileCounts) -> Result<(), Error> {
        let Some(calling) = self.calling.take() else {
            return Ok(());
        };
        let ploidy = counts.ploidy(self.pipeline.index.reference());
        let karyotype = ploidy.as_ref().and_then(|estimate| estimate.karyotype);
        let (model, Estimated { classes, loci }) = Model::estimate(&counts.slips());
        let model = model.with_karyotype(karyotype);
        if ploidy.is_some() {
            self.tell_karyotype(karyotype);
        }
        let ploidies = self.ploidies(&calling.copies, &model)?;
        self.calling = Some(Calling {
            caller: calling.caller.with_model(model).with_ploidies(ploidies),
            ploidy,
            ..calling
        });
        self.parameters.extend([
            ("modelClasses".to_owned(), classes.into()),
            ("modelLoci".to_owned(), loci.into()),
        ]);
        self.progress.note(&format!(
            "{classes} classes of repeats have error rates of their own, from {loci} repeats; the \
             others have those that are built in"
        ));
        Ok(())
    }
}
