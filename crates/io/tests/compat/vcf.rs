//! VCF and its indexes against bcftools and tabix.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use fafnir_io::bam::header::HeaderContig;
use fafnir_io::bgzf::Compressor;
use fafnir_io::reference::Storage;
use fafnir_io::tile::Tile;
use fafnir_io::vcf::{FieldLine, FilterLine, Record, SiteReader, VcfHeader, VcfTile, VcfWriter};
use fafnir_io::{Contig, ContigId, Reference};

use crate::{Random, data, have, output};

fn header(lengths: &[u32]) -> VcfHeader {
    let field = FieldLine::new;
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

/// What the specification's own suite calls VCF is read.
#[test]
fn sites_of_the_specifications_examples_are_read() {
    let Some(suite) = data("hts-specs/vcf") else {
        return;
    };
    let mut read = 0;
    for version in ["4.1", "4.2", "4.3", "4.5"] {
        for entry in std::fs::read_dir(suite.join(version).join("passed")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|kind| kind != "vcf") {
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            let reference = reference_of(&text);
            let name = path.to_str().unwrap();
            let mut reader = SiteReader::new(name, &bytes[..], &reference, false).unwrap();
            let mut sites = 0;
            while reader.next_site().unwrap().is_some() {
                sites += 1;
            }
            let lines = text
                .lines()
                .filter(|l| !l.starts_with('#') && !l.is_empty());
            let telomeres = lines.clone().filter(|l| l.split('\t').nth(1) == Some("0"));
            assert_eq!(sites, lines.count() - telomeres.count(), "{name}");
            read += 1;
        }
    }
    assert!(read > 70, "{read} files");
}

/// A reference with all contigs that a VCF file names.
fn reference_of(text: &str) -> Reference {
    let mut lengths: BTreeMap<&str, u32> = BTreeMap::new();
    for line in text.lines() {
        if let Some(fields) = line.strip_prefix("##contig=<") {
            let find = |key| fields.split([',', '>']).find_map(|f| f.strip_prefix(key));
            let length = find("length=").and_then(|length| length.parse().ok());
            lengths.insert(find("ID=").unwrap(), length.unwrap_or(300_000_000));
        } else if !line.starts_with('#') && !line.is_empty() {
            let name = line.split('\t').next().unwrap();
            lengths.entry(name).or_insert(300_000_000);
        }
    }
    let contigs = lengths.into_iter().map(|(name, length)| Contig {
        name: name.to_owned(),
        length,
        md5: [0; 16],
        offset: 0,
    });
    Reference::new(
        contigs.collect(),
        Storage::Owned(Arc::default()),
        Vec::new(),
    )
}
