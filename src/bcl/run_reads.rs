//! The reads of a run folder, sample by sample, without FASTQ between.

use std::collections::HashSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

use fafnir_io::bam::header::ReadGroup;
use fafnir_io::bcl::file_name::FileNaming;
use fafnir_io::fastq;
use rayon::ThreadPool;
use serde_json::{Map, Value};

use super::batches::{BatchSink, TileBatches};
use super::demultiplex::Told;
use super::plan::{RunPlan, TILE_BASE};
use super::records::listed;
use super::reports::{FastqFiles, Statistics, write_list};
use super::{Converted, Demultiplexing};
use crate::error::{Class, Error};
use crate::input::{Reads, parse_fastq_list};

/// The samples of a run folder: for each what its part of `fastq_list.csv` would be, were the
/// folder converted.
pub struct RunReads {
    pub(super) plan: RunPlan,
    samples: Vec<Reads>,
    streams: Vec<Stream>,
    /// By place of the lane and of its recipe; none for what is not wanted.
    stream_of: Vec<Vec<Option<usize>>>,
}

/// What would be a FASTQ file, or a pair of them: templates that are numbered one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stream {
    /// Place of the sample.
    pub(crate) sample: usize,
    /// Its read group, and the number of its input: a row of the list is a read group of its own.
    pub(crate) read_group: u16,
    /// Place of the last lane that adds to it.
    pub(crate) last_lane: usize,
}

impl RunReads {
    /// Reads the sheet and looks at the run folder; `samples` are the `Sample_ID`s that are wanted,
    /// all where there is none.
    ///
    /// # Errors
    ///
    /// A sheet that is wrong or does not go with the run, a run folder that is damaged, a sample
    /// that the sheet does not have, or that has no first reads.
    pub fn open(demultiplexing: &Demultiplexing, samples: &[String]) -> Result<Self, Error> {
        let plan = RunPlan::new(demultiplexing, FileNaming::default())?;
        if plan.cycles() > fastq::MAX_READ as u64 {
            return Err(Error::input(format!(
                "{}: {} cycles: reads of more than {} bases are not supported",
                demultiplexing.run_folder.display(),
                plan.cycles(),
                fastq::MAX_READ
            )));
        }
        let mut files = plan.fastq_files();
        let id = |files: &FastqFiles| plan.id(files).to_owned();
        for sample in samples {
            if !files.iter().any(|files| plan.id(files) == sample) {
                let known: HashSet<String> = files.iter().map(id).collect();
                return Err(Error::usage(format!(
                    "--bcl-sample-id {sample}: is none of the {} samples that the sheet has in \
                     these lanes; give a Sample_ID as the sheet has it",
                    known.len()
                )));
            }
        }
        files.retain(|files| samples.is_empty() || samples.iter().any(|s| s == plan.id(files)));
        plan.refuse_unlike_reads(&files)?;
        let mut run = Self {
            stream_of: plan.streams(&files),
            samples: Vec::new(),
            streams: Vec::new(),
            plan,
        };
        run.add_samples(&files)?;
        run.samples.iter().try_for_each(Reads::validate)?;
        Ok(run)
    }

    /// The read groups are those of the list that a conversion would write, read as any list is.
    fn add_samples(&mut self, files: &[FastqFiles]) -> Result<(), Error> {
        let mut text = Vec::new();
        write_list(&self.plan.layouts, files, &mut text)
            .map_err(|e| Error::from_source(Class::Bug, e))?;
        let text = String::from_utf8_lossy(&text);
        let list = parse_fastq_list(Path::new("Reports/fastq_list.csv"), &text, None)?;
        for (stream, mut lane) in list.lanes.into_iter().enumerate() {
            let group = &list.read_groups[lane.read_group];
            let known = self.samples.iter().position(|s| s.sample() == group.sample);
            let sample = known.unwrap_or_else(|| {
                self.samples.push(Reads::default());
                self.samples.len() - 1
            });
            let reads = &mut self.samples[sample];
            lane.read_group = reads.read_groups.len();
            let feeds = |lane: &Vec<Option<usize>>| lane.contains(&Some(stream));
            self.streams.push(Stream {
                sample,
                read_group: lane.read_group as u16,
                last_lane: self.stream_of.iter().rposition(feeds).unwrap_or(0),
            });
            reads.read_groups.push(group.clone());
            reads.lanes.push(lane);
        }
        Ok(())
    }

    /// The samples. Their files are those that a conversion would write; none is there.
    pub fn samples(&self) -> &[Reads] {
        &self.samples
    }

    /// All read groups, to give them fields that no sheet has, such as the platform.
    pub fn read_groups_mut(&mut self) -> impl Iterator<Item = &mut ReadGroup> {
        self.samples.iter_mut().flat_map(|s| &mut s.read_groups)
    }

    pub(crate) fn streams(&self) -> &[Stream] {
        &self.streams
    }

    /// Files that no output may replace.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let asked = &self.plan.demultiplexing;
        let run = |name: &str| asked.run_folder.join(name);
        let sheet = asked.sample_sheet.clone();
        let sheet = sheet.unwrap_or_else(|| run("SampleSheet.csv"));
        vec![sheet, run("RunInfo.xml")]
    }

    /// Bytes of the largest tile, its calls and its reads.
    pub(crate) fn tile_memory(&self) -> u64 {
        TILE_BASE + self.plan.largest_tile() * (self.plan.cycles() + self.template_memory())
    }

    /// Bytes of a template in a batch: its bases, its qualities, its names, and room to grow.
    pub(crate) fn template_memory(&self) -> u64 {
        3 * self.plan.cycles() + 200
    }

    /// Clusters of all tiles.
    pub(crate) fn clusters(&self) -> u64 {
        self.plan.clusters.iter().sum()
    }

    /// What the reads are a function of, beside the inputs.
    pub(crate) fn parameters(&self) -> Map<String, Value> {
        self.plan.parameters()
    }

    /// Reads all tiles on the pool, at most `ahead` before the one that is handed on; `take` gets
    /// the place of its lane, and batches of at most `batch_size` templates of these samples.
    pub(crate) fn read(
        &self,
        samples: Range<usize>,
        pool: &ThreadPool,
        ahead: usize,
        batch_size: usize,
        told: &mut Told<'_>,
        take: impl FnMut(usize, TileBatches) -> Result<(), Error>,
    ) -> Result<(Converted, Statistics), Error> {
        let wanted = |stream: &usize| samples.contains(&self.streams[*stream].sample);
        let of_lane = |lane: &Vec<Option<usize>>| lane.iter().map(|s| s.filter(wanted)).collect();
        let stream_of: Vec<Vec<Option<usize>>> = self.stream_of.iter().map(of_lane).collect();
        let sink = |lane: usize| BatchSink::new(self.streams.len(), &stream_of[lane], batch_size);
        self.plan.demultiplex(pool, ahead, sink, told, take)
    }

    /// Templates of each sample, as they were counted.
    pub(crate) fn templates(&self, statistics: &Statistics) -> Vec<u64> {
        let mut templates = vec![0; self.samples.len()];
        for (lane, streams) in self.plan.lanes.iter().zip(&self.stream_of) {
            for (library, stream) in streams.iter().enumerate() {
                if let Some(stream) = stream {
                    let clusters = statistics.clusters(lane.number, library);
                    templates[self.streams[*stream].sample] += clusters;
                }
            }
        }
        templates
    }
}

impl RunPlan {
    /// `Sample_ID` of a row.
    fn id(&self, files: &FastqFiles) -> &str {
        let layout = self.layouts.iter().find(|layout| layout.lane == files.lane);
        layout.map_or("", |layout| &layout.libraries[files.library].id)
    }

    /// The row, if any, that each recipe of each lane adds to.
    fn streams(&self, rows: &[FastqFiles]) -> Vec<Vec<Option<usize>>> {
        let row = |lane: &super::lane::Lane, library: usize| {
            let recipe = &lane.recipes[library];
            let first = recipe
                .reads
                .iter()
                .find(|read| read.sequencing == Some(0))?;
            let file = listed(&lane.files[first.file]);
            rows.iter()
                .position(|row| row.reads[0].as_ref() == Some(&file))
        };
        let lanes = self.lanes.iter().map(|lane| {
            let libraries = 0..lane.recipes.len();
            libraries.map(|library| row(lane, library)).collect()
        });
        lanes.collect()
    }

    /// Refuses samples without first reads, and those of which only some lines have second ones:
    /// the FASTQ of neither could be mapped.
    fn refuse_unlike_reads(&self, rows: &[FastqFiles]) -> Result<(), Error> {
        let mut seen = HashSet::new();
        for row in rows {
            let why = match &row.reads[0] {
                None => "no cycle of read 1 is kept, so that there is nothing to map",
                Some(first) if !seen.insert(first) => {
                    "has a read 2 in some lines of the sheet and none in others"
                }
                Some(_) => continue,
            };
            return Err(Error::input(format!(
                "sample {}, lane {}: {why}; correct OverrideCycles, or choose other samples with \
                 --bcl-sample-id",
                self.id(row),
                row.lane
            )));
        }
        Ok(())
    }
}
