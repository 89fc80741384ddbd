//! What a run reads: FASTQ files and the read groups that they belong to.

mod fastq_list;

use std::path::PathBuf;

pub use fastq_list::parse_fastq_list;

use fafnir_io::bam::header::ReadGroup;

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
    /// The read groups, in the order of the BAM header.
    pub read_groups: Vec<ReadGroup>,
}

impl Reads {
    /// Checks that there is something to read, and that all read groups are of one sample.
    ///
    /// # Errors
    ///
    /// [`Class::Usage`](crate::Class::Usage), with what is wrong.
    pub fn validate(&self) -> Result<(), Error> {
        if self.lanes.is_empty() {
            return Err(Error::usage(
                "no reads given; name FASTQ files with -1 and -2, or a list with --fastq-list",
            ));
        }
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

    /// Name of the sample.
    pub fn sample(&self) -> &str {
        self.read_groups.first().map_or("", |g| &g.sample)
    }
}
