//! Calls a sorted, duplicate-marked BAM file against a FASTA file and writes a VCF to standard output, to
//! measure the caller alone.
//!
//! ```text
//! cargo run --release -p fafnir-variant-caller --example call_bam -- REF.fa READS.bam SAMPLE CONTIG[:START-END]
//! ```

use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use fafnir_fpga_hal::Hal;
use fafnir_io::bam::header::HeaderContig;
use fafnir_io::bam::{BamReader, RecordView, Records};
use fafnir_io::vcf::VcfHeader;
use fafnir_io::{ContigId, Reference, fasta};
use fafnir_variant_caller::{Caller, CallerOptions, HALO, Model, Scratch};

const TILE: u32 = 262_144;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [fasta, bam, sample, region] = arguments.as_slice() else {
        return Err("usage: call_bam REF.fa READS.bam SAMPLE CONTIG[:START-END]".into());
    };
    let reference = Arc::new(fasta::read(fasta, File::open(fasta)?)?);
    let (name, span) = region.split_once(':').unwrap_or((region, "1-4294967295"));
    let (start, end) = span.split_once('-').ok_or("a region is CONTIG:START-END")?;
    let contig = reference.find(name).ok_or("no such contig")?;
    let start = start.parse::<u32>()?.saturating_sub(1);
    let end = end.parse::<u32>()?.min(reference.contig(contig).length);
    let bytes = read_records(bam, contig, start.saturating_sub(20_000), end + HALO)?;
    let reads: Vec<RecordView<'_>> = Records::new(&bytes).collect();

    let options = CallerOptions {
        sample: sample.clone(),
        ..CallerOptions::default()
    };
    let caller = Caller::new(
        options,
        Arc::clone(&reference),
        Model::default(),
        Hal::new()?,
    );
    let mut scratch = Scratch::default();
    let mut text = header(&caller, &reference).to_text().into_bytes();
    let began = Instant::now();
    let mut from = start;
    while from < end {
        let to = ((from / TILE + 1) * TILE).min(end);
        let near = overlapping(&reads, from, to, caller.options().max_reference_span);
        for record in caller.call_span(contig, from..to, near, &mut scratch) {
            record.write_text(name, &mut text);
        }
        from = to;
    }
    eprintln!(
        "{} reads, {:.3} s, {} million PairHMM cells, {} regions capped",
        reads.len(),
        began.elapsed().as_secs_f64(),
        scratch.pairhmm_cells() / 1_000_000,
        scratch.take_capped().regions
    );
    std::io::stdout().write_all(&text)?;
    Ok(())
}

/// The reads that can overlap the span widened by the halo.
fn overlapping<'a, 'b>(
    reads: &'b [RecordView<'a>],
    from: u32,
    to: u32,
    longest: u32,
) -> &'b [RecordView<'a>] {
    let start = from.saturating_sub(HALO + longest) as i32;
    let first = reads.partition_point(|r| r.position() < start);
    let last = reads.partition_point(|r| r.position() < (to + HALO) as i32);
    &reads[first..last]
}

/// The records of one contig that begin in `[start, end)`, each with its block size.
fn read_records(
    path: &str,
    contig: ContigId,
    start: u32,
    end: u32,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut reader = BamReader::new(path, File::open(path)?)?;
    reader.require_sorted();
    let (mut record, mut out) = (Vec::new(), Vec::new());
    while reader.read(&mut record)? {
        let view = RecordView::new(&record);
        if view.contig() == contig.0 as i32
            && view.position() >= start as i32
            && view.position() < end as i32
        {
            out.extend_from_slice(&(record.len() as u32).to_le_bytes());
            out.extend_from_slice(&record);
        }
    }
    Ok(out)
}

fn header(caller: &Caller, reference: &Reference) -> VcfHeader {
    let lines = caller.header();
    VcfHeader {
        other: Vec::new(),
        filters: lines.filters,
        infos: lines.info.to_vec(),
        formats: lines.format.to_vec(),
        contigs: reference.contigs().iter().map(HeaderContig::from).collect(),
        samples: vec![caller.options().sample.clone()],
    }
}
