//! What a run reads: FASTQ files, files of records, and the read groups that they belong to.

mod adapters;
mod cohort;
mod fastq_list;
mod record_file;

use std::path::{Path, PathBuf};

pub use adapters::read_adapters;
pub use cohort::{Cohort, parse_variant_list};
pub use fastq_list::parse_fastq_list;
pub use record_file::{RecordFile, RecordFormat};

use fafnir_io::{bam::header::ReadGroup, templates::LANES_OF_READ_GROUP};

use crate::error::Error;

/// The files of one lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// FASTQ of the first reads, of single reads, or of interleaved pairs; plain, gzip or BGZF.
    pub first: PathBuf,
    /// FASTQ of the second reads.
    pub second: Option<PathBuf>,
    /// Whether `first` holds pairs, each first read followed by its mate.
    pub interleaved: bool,
    /// Number of the lane's read group in [`Reads::read_groups`].
    pub read_group: usize,
}

/// The reads of one sample, in the order in which they are read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// The lanes. They are read by read group, and within one in this order, which numbers the
    /// templates.
    pub lanes: Vec<Lane>,
    /// Files of records, read behind the lanes in this order.
    pub record_files: Vec<RecordFile>,
    /// The read groups, in the order of the BAM header.
    pub read_groups: Vec<ReadGroup>,
}

impl Reads {
    /// Checks that there is something to read, that no file is named twice, that lanes and read
    /// groups belong together, and that all read groups are of one sample.
    ///
    /// # Errors
    ///
    /// [`Class::Usage`](crate::Class::Usage), with what is wrong.
    pub fn validate(&self) -> Result<(), Error> {
        if self.lanes.is_empty() && self.record_files.is_empty() {
            return Err(Error::usage(
                "no reads given; name FASTQ files with -1 and -2, a list with --fastq-list, or a \
                 BAM file with -b",
            ));
        }
        let of_files = self.record_files.iter().map(|file| file.read_groups.len());
        let lanes = self.lanes.len() + LANES_OF_READ_GROUP * of_files.sum::<usize>();
        for (what, count) in [("lanes", lanes), ("read groups", self.read_groups.len())] {
            if count > usize::from(u16::MAX) {
                return Err(Error::usage(format!(
                    "{count} {what}, but at most {} can be told apart",
                    u16::MAX
                )));
            }
        }
        let of_lanes = self.lanes.iter().map(|lane| (&lane.first, lane.read_group));
        let of_files = self.record_files.iter().flat_map(|file| {
            let groups = file.read_groups.iter();
            groups.map(|group| (&file.path, *group))
        });
        for (path, group) in of_lanes.chain(of_files) {
            if group >= self.read_groups.len() {
                return Err(Error::usage(format!(
                    "{}: read group number {group}, but there are {} read groups",
                    path.display(),
                    self.read_groups.len()
                )));
            }
        }
        for lane in &self.lanes {
            if lane.interleaved && lane.second.is_some() {
                return Err(Error::usage(format!(
                    "{}: holds interleaved pairs, but a file of second reads is given too",
                    lane.first.display()
                )));
            }
        }
        self.refuse_repeated_files()?;
        for (i, group) in self.read_groups.iter().enumerate() {
            group.validate().map_err(|e| Error::usage(e.to_string()))?;
            if self.read_groups[..i].iter().any(|g| g.id == group.id) {
                return Err(Error::usage(format!(
                    "read group {} is given twice with different fields",
                    group.id
                )));
            }
            if group.sample != self.read_groups[0].sample {
                return Err(Error::usage(format!(
                    "read groups of two samples, {} and {}; run each sample on its own",
                    self.read_groups[0].sample, group.sample
                )));
            }
        }
        Ok(())
    }

    /// Number of a read group, which is added where it is not known.
    pub fn add_read_group(&mut self, group: ReadGroup) -> usize {
        let known = self.read_groups.iter().position(|g| *g == group);
        known.unwrap_or_else(|| {
            self.read_groups.push(group);
            self.read_groups.len() - 1
        })
    }

    fn refuse_repeated_files(&self) -> Result<(), Error> {
        let mut files: Vec<&Path> = self.files().collect();
        files.sort_unstable();
        match files.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(Error::usage(format!(
                "{}: is given twice; its reads would count twice",
                pair[0].display()
            ))),
            None => Ok(()),
        }
    }

    /// All files.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        let of_lanes = self.lanes.iter().flat_map(|lane| {
            let files = [Some(&lane.first), lane.second.as_ref()];
            files.into_iter().flatten()
        });
        let files = of_lanes.chain(self.record_files.iter().map(|file| &file.path));
        files.map(PathBuf::as_path)
    }

    /// Name of the sample.
    pub fn sample(&self) -> &str {
        self.read_groups.first().map_or("", |g| &g.sample)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn reads(change: impl Fn(&mut Reads)) -> Result<(), Error> {
        let mut reads = Reads {
            lanes: ["a", "b"]
                .map(|name| Lane {
                    first: format!("{name}_1.fq").into(),
                    second: Some(format!("{name}_2.fq").into()),
                    interleaved: false,
                    read_group: 0,
                })
                .into(),
            read_groups: vec![ReadGroup {
                id: "1".into(),
                sample: "s".into(),
                ..ReadGroup::default()
            }],
            ..Reads::default()
        };
        change(&mut reads);
        reads.validate()
    }

    #[test]
    fn what_does_not_belong_together_is_refused() {
        reads(|_| {}).unwrap();
        let refused = |change: fn(&mut Reads), why: &str| {
            let error = reads(change).unwrap_err();
            assert_eq!(error.class(), crate::Class::Usage);
            assert!(error.to_string().contains(why), "{error}");
        };
        refused(|r| r.lanes.clear(), "no reads");
        refused(|r| r.lanes[1].read_group = 1, "read group number 1");
        refused(|r| r.read_groups.clear(), "there are 0 read groups");
        refused(|r| r.lanes[0].interleaved = true, "interleaved");
        refused(|r| r.lanes[1].second = Some("a_1.fq".into()), "given twice");
        refused(
            |r| r.lanes = vec![r.lanes[0].clone(); 65_536],
            "at most 65535",
        );
    }
}
