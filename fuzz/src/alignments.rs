//! BAM and its header.

use fafnir_io::bam::header::{HeaderContig, ReadGroup, SortOrder};
use fafnir_io::bam::{BamReader, Header, RecordFields, RecordView, aux, encode};
use fafnir_io::cram::CramReader;
use fafnir_io::templates::{RecordReader, TemplateReader};
use noodles_sam::alignment::{RecordBuf, io::Write as _, record_buf::QualityScores};

use super::reads;

/// BAM as it is within BGZF.
pub fn bam(data: &[u8]) {
    read(&reads::bgzf(data));
}

/// BAM.
pub fn bgzf(data: &[u8]) {
    read(data);
}

fn read(data: &[u8]) {
    for sorted in [false, true] {
        let Ok(mut reader) = BamReader::new("x.bam", data) else {
            return;
        };
        if sorted {
            reader.require_sorted();
        }
        let contigs = reader.header().contigs.len() as i32;
        let mut record = Vec::new();
        while let Ok(true) = reader.read(&mut record) {
            let view = RecordView::new(&record);
            assert!((-1..contigs).contains(&view.contig()));
            assert_eq!(view.qualities().len(), view.length());
            let _ = (view.name(), view.reference_end(), view.cigar().count());
            let _ = view.aux_fields().count();
        }
    }
    if let Ok(reader) = BamReader::new("x.bam", data) {
        templates(reader.into());
    }
}

/// CRAM.
pub fn cram(data: &[u8]) {
    if let Ok(reader) = CramReader::new("x.cram", data) {
        templates(reader.into());
    }
}

fn templates(reader: RecordReader<&[u8]>) {
    let groups = vec![0; reader.header().read_groups.len().max(1)];
    let mut reader = TemplateReader::new("x", reader, &groups);
    while let Ok(Some(templates)) = reader.next_batch() {
        assert!(!templates.batch.is_empty());
    }
}

/// A file of two unaligned reads.
pub fn cram_seeds() -> Vec<Vec<u8>> {
    let header = noodles_sam::Header::default();
    let mut writer = noodles_cram::io::Writer::new(Vec::new());
    writer.write_header(&header).expect("it goes to memory");
    for name in ["read/1", "read/2"] {
        let record = RecordBuf::builder()
            .set_name(name)
            .set_sequence(b"ACGTNACGTA".into())
            .set_quality_scores(QualityScores::from(vec![30; 10]))
            .build();
        writer
            .write_alignment_record(&header, &record)
            .expect("it goes to memory");
    }
    writer.try_finish(&header).expect("it goes to memory");
    vec![writer.get_ref().clone()]
}

/// A file of a pair and a single read, with tags of every type.
pub fn bam_seeds() -> Vec<Vec<u8>> {
    let mut out = header().to_bam();
    for (position, flag) in [(7, 0x63), (9, 0x93), (4990, 0)] {
        let fields = RecordFields {
            name: b"read/1",
            flag,
            contig: 0,
            position,
            mapping_quality: 60,
            cigar: &[2 << 4 | 4, 3 << 4, 1 << 4 | 1, 2 << 4 | 2, 4 << 4],
            mate_contig: 1,
            mate_position: 9,
            template_length: 0,
            bases: b"ACGTNACGTA",
            qualities: &[30; 10],
        };
        encode(&fields, &mut out, |tags| {
            aux::push_i(*b"NM", 3, tags);
            aux::push_z(*b"RG", b"1", tags);
            aux::push_a(*b"XT", b'U', tags);
            aux::push_f(*b"XF", 0.5, tags);
            tags.extend_from_slice(b"XBBs\x02\0\0\0\x01\0\xff\xffXHHAB\0");
        });
    }
    vec![out]
}

/// The same, compressed.
pub fn bgzf_seeds() -> Vec<Vec<u8>> {
    bam_seeds().iter().map(|seed| reads::bgzf(seed)).collect()
}

fn header() -> Header {
    let contig = |name: &str, length| HeaderContig {
        name: name.into(),
        length,
        md5: Some([7; 16]),
    };
    Header {
        sort_order: SortOrder::Coordinate,
        contigs: vec![contig("chr1", 5000), contig("chr2", 700)],
        read_groups: vec![ReadGroup::parse(r"@RG\tID:1\tSM:s\tPL:ILLUMINA").expect("a read group")],
        ..Header::default()
    }
}

/// The text of a header. What was read is written so that it reads again, and then changes no more:
/// control characters within comments become spaces.
pub fn sam_header(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let _ = ReadGroup::parse(&text);
    if let Ok(header) = Header::parse(&text) {
        let written = header.to_text();
        let again = Header::parse(&written).expect("what was written reads");
        assert_eq!(again.to_text(), written);
    }
}

/// A header with lines of all kinds.
pub fn sam_header_seeds() -> Vec<Vec<u8>> {
    let more = "@PG\tID:a\tPN:b\tVN:1\n@PG\tID:c\tPP:a\n@CO\tx\ty\n";
    vec![
        format!("{}{more}", header().to_text()).into_bytes(),
        br"@RG\tID:1\tSM:s\tPL:ILLUMINA".to_vec(),
    ]
}
