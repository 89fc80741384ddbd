#![allow(clippy::unwrap_used)]

use fafnir_io::bam::{RecordFields, Records, encode};

use super::*;

fn record(flag: u16, contigs: (i32, i32), quality: u8, cigar: &[u32], tags: &[u8]) -> Vec<u8> {
    let fields = RecordFields {
        name: b"r",
        flag,
        contig: contigs.0,
        position: 100,
        mapping_quality: quality,
        cigar,
        mate_contig: contigs.1,
        mate_position: 200,
        template_length: 150,
        bases: b"ACGTACGTAC",
        qualities: &[30, 30, 30, 30, 30, 20, 20, 20, 20, 20],
    };
    let mut out = Vec::new();
    encode(&fields, &mut out, |out| out.extend_from_slice(tags));
    out
}

fn metrics(records: &[Vec<u8>]) -> MappingMetrics {
    let mut metrics = MappingMetrics::new(["a", "b"]);
    let bytes = records.concat();
    for record in Records::new(&bytes) {
        metrics.add(&record);
    }
    metrics
}

fn value<'a>(csv: &'a str, section: &str, metric: &str) -> &'a str {
    let start = format!("{section},{metric},");
    let line = csv.lines().find(|l| l.starts_with(&start)).unwrap();
    &line[start.len()..]
}

#[test]
fn counts_what_the_flags_say() {
    const M10: u32 = 10 << 4;
    let tag = b"XXi\0\0\0\0RGZa\0NMC\x03";
    let first = record(
        0x1 | 0x2 | 0x40,
        (0, 0),
        60,
        &[2 << 4 | 4, 3 << 4, 1 << 4 | 1, 4 << 4],
        tag,
    );
    let second = record(0x1 | 0x2 | 0x80 | 0x400, (0, 0), 9, &[M10], b"RGZb\0");
    let single = record(0x1 | 0x8 | 0x40, (0, 0), 10, &[M10], b"RGZb\0");
    // Marked with its mate, it counts as unmapped alone.
    let lost = record(0x1 | 0x4 | 0x80 | 0x400, (0, 0), 0, &[], b"");
    let apart = record(
        0x1 | 0x40,
        (0, 1),
        30,
        &[M10],
        b"BXBs\x02\0\0\0\x01\0\x02\0RGZa\0",
    );
    let extra = record(0x1 | 0x40 | 0x800, (0, 0), 60, &[M10], b"RGZa\0");
    let csv = metrics(&[first, second, single, lost, apart, extra])
        .sum()
        .to_csv(10);
    let all = |metric| value(&csv, "MAPPING/ALIGNING SUMMARY,", metric);
    assert_eq!(all("Total input reads"), "5,100.00");
    assert_eq!(all("Number of duplicate marked reads"), "1,20.00");
    assert_eq!(all("Mapped reads"), "4,80.00");
    assert_eq!(
        all("Singleton reads (itself mapped; mate unmapped)"),
        "1,20.00"
    );
    assert_eq!(all("Properly paired reads"), "2,40.00");
    assert_eq!(
        all("Paired reads mapped to different chromosomes (MAPQ>=10)"),
        "1,20.00"
    );
    assert_eq!(all("Reads with MAPQ [40:inf)"), "1,20.00");
    assert_eq!(all("Reads with MAPQ [ 0:10)"), "1,20.00");
    assert_eq!(all("Reads with indel R1"), "1,33.33");
    assert_eq!(all("Soft-clipped bases R1"), "2,6.67");
    assert_eq!(all("Mismatched bases R1"), "3,10.00");
    assert_eq!(all("Mismatched bases R1 (excl. indels)"), "2,6.67");
    assert_eq!(all("Q30 bases"), "25,50.00");
    assert_eq!(all("Supplementary (chimeric) alignments"), "1");
    assert_eq!(all("Average sequenced coverage over genome"), "5.00");
    assert_eq!(all("Insert length: mean"), "150.00");
    let group = |id, metric| value(&csv, &format!("MAPPING/ALIGNING PER RG,{id}"), metric);
    assert_eq!(group("a", "Total reads in RG"), "2,100.00");
    assert_eq!(group("b", "Total reads in RG"), "2,100.00");
}

#[test]
fn parts_add_up_to_the_whole() {
    let records: Vec<_> = (0..40u16)
        .map(|i| {
            record(
                (i * 37) & 0xfff,
                (0, i32::from(i) % 2),
                i as u8,
                &[10 << 4],
                b"RGZa\0",
            )
        })
        .collect();
    let mut sum = metrics(&records[..13]);
    sum.merge(&metrics(&records[13..]));
    assert_eq!(sum, metrics(&records));
}

#[test]
fn no_reads_give_no_numbers_rather_than_nonsense() {
    let csv = MappingMetrics::new(["a"]).to_csv(0);
    assert!(csv.contains("SUMMARY,,Mapped reads,0,NA\n"));
    assert!(csv.contains("SUMMARY,,Insert length: mean,NA\n"));
    assert!(!csv.contains("NaN"));
}

#[test]
fn a_tally_counts_as_the_whole_does() {
    let record = |i: u16| record((i * 37) & 0xfff, (0, 0), 9, &[10 << 4], b"RGZa\0");
    let bytes = (0..60).map(record).collect::<Vec<_>>().concat();
    let (mut whole, mut tally) = (MappingMetrics::new(["a"]), MappingMetrics::new([]));
    for record in Records::new(&bytes) {
        whole.add(&record);
        tally.tally(&record);
    }
    let of = |m: MappingMetrics| (m.all.reads, m.all.mapped, m.all.duplicates);
    assert_eq!(of(tally.sum()), of(whole.sum()));
}
