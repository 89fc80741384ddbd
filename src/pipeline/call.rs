//! Tiles to BAM and VCF: each is sorted once, and goes to compression and to the caller at the
//! same time.

use std::{sync::Arc, thread};

use crossbeam_channel::bounded;
use fafnir_attest::Pending;
use fafnir_collate::SortedTile;
use fafnir_io::{
    bam::Records,
    bed::Regions,
    bgzf::{Compressor, Segment},
    vcf::{Line, VcfHeader, VcfTile},
};
use fafnir_variant_caller::{Caller, Recalibration, Scratch};

use super::{
    Pipeline, features,
    known::{KnownSites, KnownVariants},
    map::Pool,
    ordered::map_in_order,
    tile_calls::TileCalls,
    tiles::{Window, Windows},
};
use crate::{
    error::{Class, Error},
    metrics::{CallMetrics, MappingMetrics},
    progress::{Progress, Stage},
};

/// What is made of the tiles.
pub(super) struct CallStage<'a> {
    pub(super) pipeline: &'a Pipeline,
    /// Whether records are to be written.
    pub(super) write: bool,
    pub(super) calling: Option<CallPlan<'a>>,
    pub(super) read_groups: &'a [&'a str],
    pub(super) progress: &'a dyn Progress,
}

/// How tiles are called.
#[derive(Clone, Copy)]
pub(super) struct CallPlan<'a> {
    pub(super) caller: &'a Caller,
    pub(super) header: &'a VcfHeader,
    /// That of a gVCF file, where one is written.
    pub(super) gvcf_header: Option<&'a VcfHeader>,
    /// Sets QUAL and filters, where there is one.
    pub(super) recalibration: Option<&'a Recalibration>,
    /// Whether a table of what calls are judged by is written.
    pub(super) features: bool,
    /// Where to call; `None` is everywhere.
    pub(super) targets: Option<&'a Regions>,
}

/// A tile with its neighbours, and the known variants there.
struct Work {
    window: Window,
    known: Option<KnownSites>,
}

/// What was made of one tile.
pub(super) struct Finished {
    pub(super) tile: Arc<SortedTile>,
    /// The compressed records.
    pub(super) records: Option<Segment>,
    /// The calls.
    pub(super) calls: Option<VcfTile>,
    /// The same in a gVCF file.
    pub(super) gvcf: Option<VcfTile>,
    /// What the calls are judged by.
    pub(super) features: Option<Segment>,
    /// Bases of the reference.
    bases: u64,
    mapping: MappingMetrics,
    calling: CallMetrics,
}

impl CallStage<'_> {
    /// Takes tiles in genome order, `sort`s them on the pool, and gives what was made of them to
    /// `sink` in the same order. Calls are named after what is `known`.
    pub(super) fn run<U: Send>(
        &self,
        tiles: impl Iterator<Item = Result<U, Error>> + Send,
        sort: impl Fn(U) -> Result<SortedTile, Error> + Send + Sync,
        mut known: Option<&mut KnownVariants<Pending>>,
        mut sink: impl FnMut(Finished) -> Result<(), Error>,
    ) -> Result<(MappingMetrics, CallMetrics), Error> {
        let mut mapping = MappingMetrics::new(self.read_groups.iter().copied());
        let mut calling = CallMetrics::default();
        let scratches = Pool::<Scratch>::default();
        let pool = &self.pipeline.pool;
        let ahead = self.pipeline.plan.workers;
        let (give, take) = bounded(1);
        thread::scope(|threads| {
            // Owns `give`: when it ends, for whatever reason, the windows end too.
            let sorting = threads.spawn(move || {
                map_in_order(pool, ahead, tiles, sort, |tile| {
                    // Nobody takes it when the other side failed; that error is the one told.
                    give.send(Arc::new(tile))
                        .map_err(|_| Error::new(Class::Bug, "tiles are not wanted"))
                })
            });
            let finished = map_in_order(
                pool,
                ahead,
                Windows::new(take).map(|window| {
                    let known = match (&mut known, window.tile.tile) {
                        (Some(known), Some(tile)) => Some(known.near(tile)?),
                        _ => None,
                    };
                    Ok(Work { window, known })
                }),
                |work| self.finish(&work, &scratches),
                |finished| {
                    mapping.merge(&finished.mapping);
                    calling.merge(&finished.calling);
                    self.progress.advance(Stage::Call, finished.bases);
                    sink(finished)
                },
            );
            match sorting.join() {
                Ok(sorted) => finished.and(sorted),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })?;
        if calling.capped.regions > 0 {
            let (some, whose) = match calling.capped.regions {
                1 => (String::from("one region"), "its"),
                count => (format!("{count} regions"), "their"),
            };
            self.progress.note(&format!(
                "what was called in {some} rests on a part of {whose} evidence: a limit on the work of \
                 calling was reached; the metrics tell which"
            ));
        }
        Ok((mapping.sum(), calling))
    }

    fn finish(&self, work: &Work, scratches: &Pool<Scratch>) -> Result<Finished, Error> {
        let Work { window, known } = work;
        let tile = &window.tile;
        let (records, calls) = rayon::join(
            || {
                let segment = || self.pipeline.compress(&tile.bytes, &tile.starts);
                self.write.then(segment).transpose()
            },
            || match self.calling {
                Some(plan) => {
                    let reference = self.pipeline.index.reference();
                    let mut calls = TileCalls::new(plan, window, reference, scratches);
                    if let Some(known) = known {
                        calls.records_mut().for_each(|call| known.name(call));
                    }
                    calls
                }
                None => TileCalls::default(),
            },
        );
        let mut mapping = MappingMetrics::new(self.read_groups.iter().copied());
        for record in Records::new(&tile.bytes) {
            match self.write {
                true => mapping.add(&record),
                // Where the records came from a file, only calling is reported on.
                false => mapping.tally(&record),
            }
        }
        let mut calling = CallMetrics {
            capped: calls.capped,
            ..CallMetrics::default()
        };
        for record in &calls.variants {
            calling.add(record);
        }
        let format = |lines: Vec<Line<'_>>, header: &VcfHeader| {
            let level = self.pipeline.options.compression_level;
            let tile = |compressor: &mut Compressor| {
                VcfTile::of_lines(lines.into_iter(), header, compressor)
            };
            let tile = Compressor::with_own(level, tile);
            tile.map_err(|e| Error::from_source(Class::Bug, e))?
                .map_err(|e| Error::from_source(Class::Bug, e))
        };
        let variants = |plan: CallPlan<'_>| {
            let lines = calls.variants.iter().map(Line::Record);
            format(lines.collect(), plan.header)
        };
        let level = self.pipeline.options.compression_level;
        let features = calls.features.as_ref();
        let features = features.map(|lines| features::compress(lines, level));
        let gvcf_header = self.calling.and_then(|plan| plan.gvcf_header);
        let span = window.span(self.pipeline.index.reference());
        Ok(Finished {
            tile: tile.clone(),
            bases: span.map_or(0, |span| u64::from(span.end - span.start)),
            records: records?,
            calls: self.calling.map(variants).transpose()?,
            features: features
                .transpose()
                .map_err(|e| Error::from_source(Class::Bug, e))?,
            gvcf: gvcf_header
                .map(|header| format(calls.lines(), header))
                .transpose()?,
            mapping,
            calling,
        })
    }
}
