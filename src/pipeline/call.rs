//! Tiles to BAM and VCF: each is sorted once, and goes to compression and to the caller at the
//! same time.

use std::{ops::Range, sync::Arc, thread};

use crossbeam_channel::bounded;
use fafnir_attest::Pending;
use fafnir_collate::SortedTile;
use fafnir_io::{
    bam::Records,
    bed::Regions,
    bgzf::{Compressor, Segment},
    vcf::{self, VcfHeader, VcfTile},
};
use fafnir_variant_caller::{Caller, HALO, Scratch};
use rayon::prelude::*;

use super::{
    Pipeline,
    known::{KnownSites, KnownVariants},
    map::Pool,
    ordered::map_in_order,
    tiles::{Window, Windows},
};
use crate::{
    error::{Class, Error},
    metrics::{CallMetrics, MappingMetrics},
    progress::{Progress, Stage},
};

/// Bases that one job calls. Neighbouring jobs see shared regions alike, so this changes nothing
/// but how evenly the threads are loaded.
const CALL_SPAN: u32 = 32_768;

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
                    let mut calls = self.call(plan, window, scratches);
                    if let Some(known) = known {
                        calls.iter_mut().for_each(|call| known.name(call));
                    }
                    calls
                }
                None => Vec::new(),
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
        let mut calling = CallMetrics::default();
        for record in &calls {
            calling.add(record);
        }
        let format = |plan: CallPlan<'_>| {
            let level = self.pipeline.options.compression_level;
            let tile = |compressor: &mut Compressor| VcfTile::new(&calls, plan.header, compressor);
            let tile = Compressor::with_own(level, tile);
            tile.map_err(|e| Error::from_source(Class::Bug, e))?
                .map_err(|e| Error::from_source(Class::Bug, e))
        };
        let span = window.span(self.pipeline.index.reference());
        Ok(Finished {
            tile: tile.clone(),
            bases: span.map_or(0, |span| u64::from(span.end - span.start)),
            records: records?,
            calls: self.calling.map(format).transpose()?,
            mapping,
            calling,
        })
    }

    /// The calls of a tile: those whose first base lies in it.
    fn call(
        &self,
        plan: CallPlan<'_>,
        window: &Window,
        scratches: &Pool<Scratch>,
    ) -> Vec<vcf::Record> {
        let reference = self.pipeline.index.reference();
        let (Some(span), Some(tile)) = (window.span(reference), window.tile.tile) else {
            return Vec::new();
        };
        let wanted = |span: &Range<u32>| {
            plan.targets
                .is_none_or(|t| !t.overlapping(tile.contig, span.clone()).is_empty())
        };
        // A deletion may begin as far before a target as calling looks.
        let near_target =
            |span: &Range<u32>| wanted(&(span.start.saturating_sub(HALO)..span.end + HALO));
        if !near_target(&span) {
            return Vec::new();
        }
        let reads = window.calling_reads(&span);
        if reads.is_empty() && !plan.caller.forces(tile.contig, &span) {
            return Vec::new();
        }
        let parts: Vec<Range<u32>> = span
            .clone()
            .step_by(CALL_SPAN as usize)
            .map(|start| start..span.end.min(start + CALL_SPAN))
            .filter(near_target)
            .collect();
        let parts: Vec<Vec<vcf::Record>> = parts
            .into_par_iter()
            .map(|part| {
                let near = reads.around(&part);
                let mut scratch = scratches.take_or(Default::default);
                let called = plan
                    .caller
                    .call_span(tile.contig, part, &near, &mut scratch);
                scratches.give(scratch);
                called
            })
            .collect();
        let mut records: Vec<vcf::Record> = parts.into_iter().flatten().collect();
        records.retain(|r| wanted(&(r.position..r.end())));
        records
    }
}
