//! Formats of fafnir: reference, FASTQ, BAM, VCF, BED and their indexes.
//!
//! Readers take any [`std::io::Read`] (plain, gzip or BGZF, see [`decode`]) and name file, record
//! and offset in their errors; writers take any [`std::io::Write`] and build the index on the way.
//! Positions are 0-based and half-open, but in text.
//!
//! ```
//! use fafnir_io::bam::{BamReader, BamWriter, Header, RecordFields, RecordView, encode};
//! use fafnir_io::bam::header::SortOrder;
//! use fafnir_io::bgzf::Compressor;
//! use fafnir_io::fastq::{FastqInput, FastqOptions, Layout, PairReader};
//! use fafnir_io::{ReadPairBatch, fasta};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let reference = fasta::read("ref.fa", &b">chr1\nACGTACGTNN\n"[..])?;
//! let reads = FastqInput { file: "reads.fq".into(), read: &b"@r1\nGTAC\n+\nIIII\n"[..] };
//! let mut reader = PairReader::new(Layout::Single(reads), FastqOptions::default());
//!
//! let mut writer = BamWriter::new(Vec::new(), &Header::new(&reference, SortOrder::Coordinate), 6)?;
//! let mut compressor = Compressor::new(6)?;
//! let (mut batch, mut payload, mut starts) = (ReadPairBatch::default(), Vec::new(), Vec::new());
//! while reader.next_batch(&mut batch)? {
//!     for i in 0..batch.len() {
//!         starts.push(payload.len() as u32);
//!         let fields = RecordFields {
//!             name: batch.first.name(i),
//!             flag: 0,
//!             contig: 0,
//!             position: 2,
//!             mapping_quality: 60,
//!             cigar: &[4 << 4],
//!             mate_contig: -1,
//!             mate_position: -1,
//!             template_length: 0,
//!             bases: batch.first.bases(i),
//!             qualities: batch.first.qualities(i),
//!         };
//!         encode(&fields, &mut payload, |_tags| {});
//!     }
//! }
//! writer.write_tile(&payload, &starts, &compressor.compress_records(&payload, &starts))?;
//! let (bam, index) = writer.finish()?;
//! assert_eq!(index.map(|index| index.extension()), Some("bai"));
//!
//! let mut reader = BamReader::new("out.bam", &bam[..])?;
//! let mut record = Vec::new();
//! assert!(reader.read(&mut record)?);
//! assert_eq!(RecordView::new(&record).name(), b"r1");
//! # Ok(())
//! # }
//! ```

pub mod bam;
pub mod bcl;
pub mod bed;
pub mod bgzf;
pub mod cram;
pub mod decode;
pub mod fasta;
pub mod fastq;
pub mod gvcf;
mod name;
pub mod reads;
pub mod reference;
pub mod templates;
mod text;
pub mod tile;
pub mod trim;
pub mod vcf;

pub use reads::{ReadPairBatch, Reads};
pub use reference::{Contig, ContigId, Reference};
