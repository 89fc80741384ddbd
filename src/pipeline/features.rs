//! What calls are judged by: the table of it, and the model that judges.

use std::io::{self, Write};

use fafnir_io::{
    Reference,
    bgzf::{Compressor, EOF_BLOCK, LevelError, Segment},
    vcf::Record,
};
use fafnir_variant_caller::{CallerOptions, Features, Recalibration};

use crate::recalibration::table;

/// Writes `PREFIX.features.tsv.gz`.
pub(super) struct FeatureWriter<W>(W);

impl<W: Write> FeatureWriter<W> {
    /// Writes the line of names, in a block of its own.
    pub(super) fn new(mut write: W, compressor: &mut Compressor) -> io::Result<Self> {
        let names = compressor.compress_bytes(table::header().as_bytes());
        write.write_all(&names.bytes)?;
        Ok(Self(write))
    }

    pub(super) fn write_tile(&mut self, tile: &Segment) -> io::Result<()> {
        self.0.write_all(&tile.bytes)
    }

    pub(super) fn finish(mut self) -> io::Result<W> {
        self.0.write_all(&EOF_BLOCK)?;
        Ok(self.0)
    }
}

/// The lines of a tile's calls.
pub(super) fn lines(records: &[Record], reference: &Reference) -> String {
    let mut text = String::new();
    for record in records {
        if let Some(features) = Features::of(record, reference) {
            let contig = &reference.contig(record.contig).name;
            table::append(record, contig, &features, &mut text);
        }
    }
    text
}

/// Compresses the lines of a tile, in blocks of their own.
pub(super) fn compress(lines: &str, level: u8) -> Result<Segment, LevelError> {
    Compressor::with_own(level, |compressor| {
        compressor.compress_bytes(lines.as_bytes())
    })
}

/// Sets QUAL and filters of the called variants among `records`: what was only asked for, or was looked at
/// and not called, is not what a model has seen.
pub(super) fn recalibrate<'a>(
    records: impl Iterator<Item = &'a mut Record>,
    reference: &Reference,
    model: &Recalibration,
    options: &CallerOptions,
) {
    for record in records.filter(|record| record.quality >= options.emit_confidence) {
        if let Some(features) = Features::of(record, reference) {
            model.apply(record, &features, &options.filters);
        }
    }
}
