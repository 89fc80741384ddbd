//! VCF and its indexes against bcftools and tabix.

use std::fs::File;
use std::path::Path;

use fafnir_io::ContigId;
use fafnir_io::bam::header::HeaderContig;
use fafnir_io::bgzf::Compressor;
use fafnir_io::tile::Tile;
use fafnir_io::vcf::{FieldLine, FilterLine, Record, VcfHeader, VcfTile, VcfWriter};

use crate::{Random, have, output};

fn header(lengths: &[u32]) -> VcfHeader {
    let field = |id, number, kind, description| FieldLine {
        id,
        number,
        kind,
        description,
    };
    VcfHeader {
        other: vec![("source".into(), "fafnir".into())],
        filters: vec![FilterLine {
            id: "low".into(),
            description: "a \"quoted\" \\ text".into(),
        }],
        infos: vec![
            field("DP", "1", "Integer", "Depth"),
            field("END", "1", "Integer", "End"),
            field("DB", "0", "Flag", "Known"),
        ],
        formats: vec![
            field("GT", "1", "String", "Genotype"),
            field("AD", "R", "Integer", "Depths"),
        ],
        contigs: lengths
            .iter()
            .enumerate()
            .map(|(i, length)| HeaderContig {
                name: format!("chr{i}"),
                length: *length,
                md5: Some([i as u8; 16]),
            })
            .collect(),
        samples: vec!["NA12878".into()],
    }
}

fn records(header: &VcfHeader, count: u32, random: &mut Random) -> Vec<Record> {
    let mut records: Vec<Record> = (0..count)
        .map(|_| {
            // The second contig stays empty.
            let contig = [0, 2][random.below(2) as usize];
            let length = header.contigs[contig].length;
            let long = random.below(5) == 0;
            let bases = if long { 300 } else { 1 };
            let position = random.below(length - bases);
            let mut info = vec![("DP", random.below(90).to_string())];
            if random.below(20) == 0 {
                info.push((
                    "END",
                    (position + bases + random.below(500))
                        .min(length)
                        .to_string(),
                ));
            }
            if random.below(3) == 0 {
                info.push(("DB", String::new()));
            }
            Record {
                contig: ContigId(contig as u32),
                position,
                id: if random.below(4) == 0 {
                    "rs1".into()
                } else {
                    String::new()
                },
                reference: vec![b'A'; bases as usize],
                alternates: vec![b"C".to_vec(), b"*".to_vec()],
                quality: random.below(100_000) as f32 / 100.0,
                filters: if random.below(2) == 0 {
                    vec![]
                } else {
                    vec!["low".into()]
                },
                info,
                format: vec![("GT", "0/1".into()), ("AD", "3,4,0".into())],
            }
        })
        .collect();
    records.sort_by_key(|r| (r.contig, r.position));
    records
}

fn write(directory: &Path, header: &VcfHeader, records: &[Record]) -> String {
    let path = directory.join("x.vcf.gz").to_str().unwrap().to_owned();
    let mut writer = VcfWriter::new(File::create(&path).unwrap(), header, 6).unwrap();
    let mut compressor = Compressor::new(6).unwrap();
    let tile = |r: &Record| Tile::of(r.contig, r.position);
    for records in records.chunk_by(|a, b| tile(a) == tile(b)) {
        let tile = VcfTile::new(records, header, &mut compressor).unwrap();
        writer.write_tile(&tile).unwrap();
    }
    let (_, index) = writer.finish().unwrap();
    let file = File::create(format!("{path}.{}", index.extension())).unwrap();
    index.write(file).unwrap();
    path
}

fn text(header: &VcfHeader, records: &[Record]) -> String {
    let mut out = Vec::new();
    for record in records {
        record.write_text(&header.contigs[record.contig.0 as usize].name, &mut out);
    }
    String::from_utf8(out).unwrap()
}

fn check_queries(path: &str, header: &VcfHeader, records: &[Record], random: &mut Random) {
    for i in [0, 2] {
        let contig = &header.contigs[i];
        for _ in 0..10 {
            let start = random.below(contig.length);
            let width = [1, 5000, 400_000][random.below(3) as usize];
            let end = start + 1 + random.below(width);
            let end = end.min(contig.length);
            let expected: Vec<Record> = records
                .iter()
                .filter(|r| r.contig.0 == i as u32 && r.position < end && r.end() > start)
                .cloned()
                .collect();
            let region = format!("{}:{}-{end}", contig.name, start + 1);
            assert_eq!(
                output("tabix", &[path, &region]),
                text(header, &expected),
                "{region}"
            );
            let count = output("bcftools", &["view", "-H", "-r", &region, path])
                .lines()
                .count();
            assert_eq!(count, expected.len(), "{region}");
        }
    }
}

#[test]
fn queries_equal_a_linear_scan() {
    if !have("bcftools") || !have("tabix") {
        return;
    }
    let random = &mut Random(5);
    let header = header(&[3000, 900, 1_400_000]);
    for count in [3, 30_000] {
        let directory = tempfile::tempdir().unwrap();
        let records = records(&header, count, random);
        let path = write(directory.path(), &header, &records);
        assert!(Path::new(&format!("{path}.tbi")).exists());
        // The header and the records are what bcftools itself would write.
        let read = output("bcftools", &["view", "--no-version", &path]);
        assert_eq!(read, header.to_text() + &text(&header, &records));
        check_queries(&path, &header, &records, random);
    }
}

#[test]
fn long_contigs_get_csi() {
    if !have("bcftools") || !have("tabix") {
        return;
    }
    let random = &mut Random(6);
    let header = header(&[3000, 900, 1_200_000_000]);
    let directory = tempfile::tempdir().unwrap();
    let records = records(&header, 2000, random);
    let path = write(directory.path(), &header, &records);
    assert!(Path::new(&format!("{path}.csi")).exists());
    check_queries(&path, &header, &records, random);
}

#[test]
fn empty_file() {
    if !have("bcftools") {
        return;
    }
    let header = header(&[3000]);
    let directory = tempfile::tempdir().unwrap();
    let path = write(directory.path(), &header, &[]);
    assert_eq!(
        output("bcftools", &["view", "--no-version", &path]),
        header.to_text()
    );
    assert_eq!(
        output("bcftools", &["view", "-H", "-r", "chr0:1-100", &path]),
        ""
    );
}
