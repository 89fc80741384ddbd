//! The stages as plain calls, one after the other, and what each made.

use std::{fs::File, io::BufWriter, ops::Range, sync::Arc};

use anyhow::{Context, Result};
use fafnir_aligner::{
    Aligner, AlignerOptions, Index, InsertSizeModel, InsertSizeObservations, build_index,
};
use fafnir_collate::{Collator, SortedTile};
use fafnir_fpga_hal::Hal;
use fafnir_io::{
    ContigId, ReadPairBatch, Reference,
    bam::{RecordBatch, RecordView, Records},
    fastq::{FastqInput, FastqOptions, Layout, PairReader},
};
use fafnir_variant_caller::{Caller, CallerOptions, HALO, Model};

use super::Sample;

/// Bases that one job calls, as in the pipeline.
const CALL_SPAN: u32 = 32_768;

/// A sample, as far as the stages took it.
pub(crate) struct Flow {
    pub(crate) reference: Arc<Reference>,
    pub(crate) batches: Vec<ReadPairBatch>,
    pub(crate) aligner: Aligner,
    pub(crate) insert_size: InsertSizeModel,
    pub(crate) records: Vec<RecordBatch>,
    pub(crate) caller: Caller,
    tiles: Vec<SortedTile>,
}

/// A span to call and the records near it.
pub(crate) type CallJob<'a> = (Range<u32>, Vec<RecordView<'a>>);

impl Flow {
    pub(crate) fn new(sample: &Sample) -> Result<Self> {
        let batches = parse(sample)?;
        let hal = Hal::new()?;
        let index = Arc::new(index(&sample.reference()?)?);
        let reference = index.reference().clone();
        let aligner = Aligner::new(index, AlignerOptions::default(), hal.clone());
        let caller = Caller::new(
            CallerOptions::default(),
            reference.clone(),
            Model::default(),
            hal,
        );
        let mut observed = InsertSizeObservations::default();
        let mut scratch = aligner.scratch();
        for batch in batches.iter().take(4) {
            aligner.observe(batch, false, &mut scratch, &mut observed);
        }
        let mut flow = Self {
            reference,
            batches,
            aligner,
            insert_size: observed.model().unwrap_or_default(),
            records: Vec::new(),
            caller,
            tiles: Vec::new(),
        };
        flow.records = flow.map(&flow.batches);
        flow.tiles = flow.collate(flow.records.clone())?;
        Ok(flow)
    }

    /// Maps batches on this thread.
    pub(crate) fn map(&self, batches: &[ReadPairBatch]) -> Vec<RecordBatch> {
        let mut scratch = self.aligner.scratch();
        let map = |batch| {
            self.aligner
                .map(batch, &self.insert_size, b"bench", &mut scratch)
        };
        batches.iter().map(map).collect()
    }

    /// Sorts records and marks duplicates.
    pub(crate) fn collate(&self, records: Vec<RecordBatch>) -> Result<Vec<SortedTile>> {
        let contigs = self.reference.contigs();
        let collator = Collator::new(fafnir_collate::Options {
            contig_lengths: contigs.iter().map(|contig| contig.length).collect(),
            library_of_read_group: vec![0],
            memory: u64::MAX,
            temporary_directory: std::env::temp_dir(),
            mark_duplicates: true,
            remove_duplicates: false,
        });
        let mut scratch = fafnir_collate::Scratch::default();
        for batch in records {
            collator.add(collator.prepare(batch, &mut scratch))?;
        }
        let (mut unsorted, mut tiles) = (collator.finish()?, Vec::new());
        while let Some(tile) = unsorted.next_tile()? {
            tiles.push(tile);
        }
        Ok(tiles)
    }

    /// Records of the fullest tile and where each starts.
    pub(crate) fn tile(&self) -> (&[u8], &[u32]) {
        let fullest = self.tiles.iter().max_by_key(|tile| tile.starts.len());
        fullest.map_or((&[], &[]), |tile| (&tile.bytes, &tile.starts))
    }

    /// The spans of `span`, a part of the contig, with the records that each is called from.
    pub(crate) fn call_jobs(&self, span: Range<u32>) -> Vec<CallJob<'_>> {
        let placed = self.tiles.iter().filter(|tile| tile.tile.is_some());
        let records: Vec<RecordView<'_>> =
            placed.flat_map(|tile| Records::new(&tile.bytes)).collect();
        let near = |part: &Range<u32>| {
            let wide =
                i64::from(part.start) - i64::from(HALO)..i64::from(part.end) + i64::from(HALO);
            let overlaps = |record: &&RecordView<'_>| {
                i64::from(record.position()) < wide.end
                    && i64::from(record.reference_end()) > wide.start
            };
            records.iter().filter(overlaps).copied().collect()
        };
        span.clone()
            .step_by(CALL_SPAN as usize)
            .map(|start| start..span.end.min(start + CALL_SPAN))
            .map(|part| (part.clone(), near(&part)))
            .collect()
    }

    /// Calls spans on this thread; gives the number of variants.
    pub(crate) fn call(&self, jobs: &[CallJob<'_>]) -> usize {
        let mut scratch = fafnir_variant_caller::Scratch::default();
        let mut call = |(span, reads): &CallJob<'_>| {
            let found = self
                .caller
                .call_span(ContigId(0), span.clone(), reads, &mut scratch);
            found.len()
        };
        jobs.iter().map(&mut call).sum()
    }
}

/// Reads a sample's FASTQ.
pub(crate) fn parse(sample: &Sample) -> Result<Vec<ReadPairBatch>> {
    let [first, second] = ["r1.fastq", "r2.fastq"];
    let input = |file: &str, text| FastqInput {
        file: file.to_owned(),
        read: text,
    };
    let layout = Layout::Paired(
        input(first, &*sample.fastq[0]),
        input(second, &*sample.fastq[1]),
    );
    let mut reader = PairReader::new(layout, FastqOptions::default());
    let mut batches = Vec::new();
    loop {
        let mut batch = ReadPairBatch::default();
        if !reader.next_batch(&mut batch)? {
            return Ok(batches);
        }
        batches.push(batch);
    }
}

/// Builds an index and opens it.
fn index(reference: &Reference) -> Result<Index> {
    let folder = tempfile::tempdir().context("an index needs a temporary folder")?;
    let path = folder.path().join("bench.fafnir");
    let mut file = BufWriter::new(File::create(&path)?);
    build_index(reference, &mut file)?;
    file.into_inner()?;
    Ok(Index::open(&path)?.into_inner())
}
