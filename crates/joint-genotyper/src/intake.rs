//! Reads a gVCF file span by span.

use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use fafnir_io::gvcf::{Alternate, GvcfError, GvcfReader, GvcfRecord};
use fafnir_io::{ContigId, Reference};

use crate::Column;
use crate::column::{Variant, VariantSite};

/// A gVCF file that is read span by span, in the reference's order.
pub struct Intake<R> {
    reader: GvcfReader<R>,
    /// The record that was read last and not yet given; `None` at the end.
    next: Option<GvcfRecord>,
    /// What touches the spans to come, of `contig`.
    columns: Vec<Column>,
    contig: ContigId,
    symbolic: u64,
}

impl<R: Read> Intake<R> {
    /// Reads up to the first record.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn new(reader: GvcfReader<R>, reference: &Reference) -> Result<Self, GvcfError> {
        let mut intake = Self {
            columns: vec![Column::default(); reader.samples().len()],
            reader,
            next: Some(GvcfRecord::default()),
            contig: ContigId(0),
            symbolic: 0,
        };
        intake.advance(reference)?;
        Ok(intake)
    }

    /// The reader.
    pub fn reader(&self) -> &GvcfReader<R> {
        &self.reader
    }

    /// The underlying reader.
    pub fn into_inner(self) -> R {
        self.reader.into_inner()
    }

    /// Where the next record begins; `None` at the end.
    pub fn next_place(&self) -> Option<(ContigId, u32)> {
        self.next
            .as_ref()
            .map(|record| (record.contig, record.position))
    }

    /// Records that were passed over because they have symbolic alleles of larger variants.
    pub fn symbolic(&self) -> u64 {
        self.symbolic
    }

    /// What each sample has in the 0-based, half-open `span` of `contig`: spans come in order, and
    /// all records lie in one of them.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn take(
        &mut self,
        contig: ContigId,
        span: Range<u32>,
        reference: &Reference,
    ) -> Result<Vec<Column>, GvcfError> {
        for column in &mut self.columns {
            let from = if self.contig == contig {
                span.start
            } else {
                u32::MAX
            };
            column.forget_before(from);
        }
        self.contig = contig;
        while let Some(record) = &mut self.next
            && record.contig == contig
            && record.position < span.end
        {
            if record.alternates.contains(&Alternate::Symbolic) {
                self.symbolic += 1;
            } else {
                file(record, &mut self.columns);
            }
            self.advance(reference)?;
        }
        let later = self
            .columns
            .iter()
            .map(|column| column.reaching_beyond(span.end));
        let later = later.collect();
        Ok(std::mem::replace(&mut self.columns, later))
    }

    fn advance(&mut self, reference: &Reference) -> Result<(), GvcfError> {
        if let Some(record) = &mut self.next
            && !self.reader.read(reference, record)?
        {
            self.next = None;
        }
        Ok(())
    }
}

/// Adds a record to the columns of its samples.
fn file(record: &mut GvcfRecord, columns: &mut [Column]) {
    let spanned = record.alternates.contains(&Alternate::Spanned);
    if !record.has_variant() && !spanned {
        for (column, sample) in columns.iter_mut().zip(&record.samples) {
            column.push_block(record, sample);
        }
        return;
    }
    let site = Arc::new(VariantSite {
        position: record.position,
        end: record.position + record.reference.len() as u32,
        reference: std::mem::take(&mut record.reference),
        alternates: std::mem::take(&mut record.alternates),
        mapping: record.mapping,
    });
    for (column, sample) in columns.iter_mut().zip(&mut record.samples) {
        column.variants.push(Variant {
            site: site.clone(),
            sample: std::mem::take(sample),
        });
    }
}
