//! Calls a sorted, duplicate-marked BAM against a plain FASTA and writes a VCF to standard output:
//! to measure the caller alone.
//!
//! ```text
//! cargo run --release -p fafnir-variant-caller --example call_bam -- REF.fa READS.bam SAMPLE CONTIG:START-END
//! ```
#![allow(clippy::unwrap_used)]

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::sync::Arc;
use std::time::Instant;

use fafnir_fpga_hal::Hal;
use fafnir_io::bam::{RecordView, Records};
use fafnir_io::reference::Storage;
use fafnir_io::{Contig, ContigId, Reference};
use fafnir_variant_caller::{Caller, CallerOptions, HALO, Model, Scratch};

const TILE: u32 = 262_144;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [fasta, bam, sample, region] = arguments.as_slice() else {
        panic!("usage: call_bam REF.fa READS.bam SAMPLE CONTIG:START-END");
    };
    let reference = Arc::new(read_fasta(fasta));
    let (name, span) = region.split_once(':').unwrap();
    let (start, end) = span.split_once('-').unwrap();
    let contig = reference.find(name).unwrap();
    let start: u32 = start.parse::<u32>().unwrap() - 1;
    let end: u32 = end
        .parse::<u32>()
        .unwrap()
        .min(reference.contig(contig).length);
    let bytes = read_records(bam, contig, start.saturating_sub(20_000), end + HALO);
    let reads: Vec<RecordView<'_>> = Records::new(&bytes).collect();

    let options = CallerOptions {
        sample: sample.clone(),
        ..CallerOptions::default()
    };
    let caller = Caller::new(
        options,
        Arc::clone(&reference),
        Model::default(),
        Hal::new().unwrap(),
    );
    let mut scratch = Scratch::default();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    write_header(&mut out, &caller, &reference);
    let began = Instant::now();
    let mut regions = 0;
    let mut from = start;
    while from < end {
        let to = ((from / TILE + 1) * TILE).min(end);
        let reads = overlapping(&reads, from, to);
        if std::env::var_os("REGIONS").is_some() {
            regions += caller.find_regions(contig, from..to, reads).len();
        }
        for record in caller.call_span(contig, from..to, reads, &mut scratch) {
            write_record(&mut out, name, &record);
        }
        from = to;
    }
    eprintln!(
        "{} reads, {regions} regions, {:.3} s, {} M PairHMM cells",
        reads.len(),
        began.elapsed().as_secs_f64(),
        scratch.pairhmm_cells() / 1_000_000
    );
}

/// The reads that can overlap the span widened by the halo; long alignments before it are skipped
/// by the caller, so some too many do no harm.
fn overlapping<'a, 'b>(reads: &'b [RecordView<'a>], from: u32, to: u32) -> &'b [RecordView<'a>] {
    let start = from.saturating_sub(HALO + 10_000) as i32;
    let first = reads.partition_point(|r| r.position() < start);
    let last = reads.partition_point(|r| r.position() < (to + HALO) as i32);
    &reads[first..last]
}

fn read_fasta(path: &str) -> Reference {
    let mut contigs = Vec::new();
    let mut words: Vec<u64> = Vec::new();
    let mut unknown = Vec::new();
    let (mut offset, mut length) = (0u64, 0u64);
    for line in BufReader::new(File::open(path).unwrap()).lines() {
        let line = line.unwrap();
        if let Some(header) = line.strip_prefix('>') {
            offset = words.len() as u64 * 32;
            length = 0;
            contigs.push(Contig {
                name: header.split_whitespace().next().unwrap_or("").to_string(),
                length: 0,
                md5: [0; 16],
                offset,
            });
            continue;
        }
        for base in line.bytes() {
            let at = offset + length;
            if at.is_multiple_of(32) {
                words.push(0);
            }
            let code = match base.to_ascii_uppercase() {
                b'A' => 0,
                b'C' => 1,
                b'G' => 2,
                b'T' => 3,
                _ => {
                    unknown.push(at..at + 1);
                    0
                }
            };
            words[(at / 32) as usize] |= code << (2 * (at % 32));
            length += 1;
        }
        contigs.last_mut().unwrap().length = length as u32;
    }
    Reference::new(contigs, Storage::Owned(Arc::new(words)), unknown)
}

/// The records of one contig that begin in `[start, end)`, each with its block size.
fn read_records(path: &str, contig: ContigId, start: u32, end: u32) -> Vec<u8> {
    let mut reader = noodles_bgzf::io::Reader::new(BufReader::new(File::open(path).unwrap()));
    let mut word = [0; 4];
    let mut number = |reader: &mut dyn Read| {
        reader.read_exact(&mut word).unwrap();
        u32::from_le_bytes(word) as usize
    };
    assert_eq!(number(&mut reader).to_le_bytes()[..4], *b"BAM\x01");
    let text = number(&mut reader);
    skip(&mut reader, text);
    for _ in 0..number(&mut reader) {
        let name = number(&mut reader);
        skip(&mut reader, name + 4);
    }
    let mut out = Vec::new();
    let mut size = [0; 4];
    while reader.read_exact(&mut size).is_ok() {
        let at = out.len();
        out.extend_from_slice(&size);
        out.resize(at + 4 + u32::from_le_bytes(size) as usize, 0);
        reader.read_exact(&mut out[at + 4..]).unwrap();
        let view = RecordView::new(&out[at + 4..]);
        let wanted = view.contig() == contig.0 as i32
            && view.position() >= start as i32
            && view.position() < end as i32;
        if !wanted {
            out.truncate(at);
        }
    }
    out
}

fn skip(reader: &mut impl Read, bytes: usize) {
    std::io::copy(&mut reader.take(bytes as u64), &mut std::io::sink()).unwrap();
}

fn write_header(out: &mut impl Write, caller: &Caller, reference: &Reference) {
    writeln!(out, "##fileformat=VCFv4.2").unwrap();
    for contig in reference.contigs() {
        writeln!(
            out,
            "##contig=<ID={},length={}>",
            contig.name, contig.length
        )
        .unwrap();
    }
    let header = caller.header();
    for line in header.filters {
        writeln!(
            out,
            "##FILTER=<ID={},Description=\"{}\">",
            line.id, line.description
        )
        .unwrap();
    }
    for (what, lines) in [("INFO", header.info), ("FORMAT", header.format)] {
        for line in lines {
            writeln!(
                out,
                "##{what}=<ID={},Number={},Type={},Description=\"{}\">",
                line.id, line.number, line.kind, line.description
            )
            .unwrap();
        }
    }
    let sample = &caller.options().sample;
    writeln!(
        out,
        "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{sample}"
    )
    .unwrap();
}

fn write_record(out: &mut impl Write, contig: &str, record: &fafnir_io::vcf::Record) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let filters = if record.filters.is_empty() {
        String::from("PASS")
    } else {
        record.filters.join(";")
    };
    let info: Vec<String> = record
        .info
        .iter()
        .map(|(k, v)| format!("{k}={v}"))
        .collect();
    let keys: Vec<&str> = record.format.iter().map(|(k, _)| *k).collect();
    let values: Vec<&str> = record.format.iter().map(|(_, v)| v.as_str()).collect();
    let alternates: Vec<String> = record.alternates.iter().map(|a| text(a)).collect();
    writeln!(
        out,
        "{contig}\t{}\t.\t{}\t{}\t{:.2}\t{filters}\t{}\t{}\t{}",
        record.position + 1,
        text(&record.reference),
        alternates.join(","),
        record.quality,
        info.join(";"),
        keys.join(":"),
        values.join(":")
    )
    .unwrap();
}
