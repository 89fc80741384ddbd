//! BAM and its indexes against samtools.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use fafnir_io::bam::header::{HeaderContig, Program, ReadGroup, SortOrder};
use fafnir_io::bam::{BamReader, BamWriter, Header, RecordFields, RecordView, aux, encode, flag};
use fafnir_io::bgzf::Compressor;
use fafnir_io::tile::TILE_SIZE;

use crate::{Random, data, have, output};

fn contig(name: &str, length: u32) -> HeaderContig {
    HeaderContig {
        name: name.into(),
        length,
        md5: Some([3; 16]),
    }
}

fn header(contigs: Vec<HeaderContig>) -> Header {
    Header {
        sort_order: SortOrder::Coordinate,
        contigs,
        read_groups: vec![ReadGroup::parse(r"@RG\tID:1\tSM:s\tLB:l\tPL:ILLUMINA").unwrap()],
        programs: vec![Program {
            id: "fafnir".into(),
            name: "fafnir".into(),
            version: "0".into(),
            command_line: "fafnir test".into(),
            previous: None,
        }],
        ..Header::default()
    }
}

/// A read: contig, position, reference bases, whether it is mapped.
type Read = (i32, i32, u32, bool);

/// Writes reads tile by tile; returns the path of the file.
fn write(directory: &Path, header: &Header, reads: &[Read]) -> String {
    let path = directory.join("x.bam");
    let mut writer = BamWriter::new(File::create(&path).unwrap(), header, 6).unwrap();
    let mut compressor = Compressor::new(6).unwrap();
    let tile = |read: &Read| (read.0, read.1 / TILE_SIZE as i32);
    for reads in reads.chunk_by(|a, b| tile(a) == tile(b)) {
        let (mut payload, mut starts) = (Vec::new(), Vec::new());
        for (contig, position, span, mapped) in reads {
            starts.push(payload.len() as u32);
            // Ten bases, a deletion as long as it takes, and ten bases.
            let cigar = [10 << 4, (span.saturating_sub(20)) << 4 | 2, 10 << 4];
            let short = [20 << 4];
            let name = format!("read{}", starts.len());
            let fields = RecordFields {
                name: name.as_bytes(),
                flag: if *mapped { 0 } else { flag::UNMAPPED },
                contig: *contig,
                position: *position,
                mapping_quality: 60 * u8::from(*mapped),
                cigar: match (mapped, span) {
                    (false, _) => &[],
                    (true, ..=20) => &short,
                    (true, _) => &cigar,
                },
                mate_contig: -1,
                mate_position: -1,
                template_length: 0,
                bases: b"ACGTNACGTRACGTNACGTA",
                qualities: &[30; 20],
            };
            encode(&fields, &mut payload, |tags| {
                aux::push_z(*b"RG", b"1", tags);
                aux::push_i(*b"NM", span.saturating_sub(20) as i32, tags);
            });
        }
        let segment = compressor.compress_records(&payload, &starts);
        writer.write_tile(&payload, &starts, &segment).unwrap();
    }
    let (_, index) = writer.finish().unwrap();
    let index = index.unwrap();
    let path = path.to_str().unwrap().to_owned();
    index
        .write(File::create(format!("{path}.{}", index.extension())).unwrap())
        .unwrap();
    path
}

fn sorted(mut reads: Vec<Read>) -> Vec<Read> {
    reads.sort_by_key(|r| (r.0 as u32, r.1));
    reads
}

fn count(path: &str, region: &str) -> usize {
    output("samtools", &["view", "-c", path, region])
        .trim()
        .parse()
        .unwrap()
}

/// Region queries against a linear scan of the reads themselves.
fn check_queries(path: &str, contigs: &[HeaderContig], reads: &[Read], random: &mut Random) {
    for (i, contig) in contigs.iter().enumerate() {
        for _ in 0..12 {
            let start = random.below(contig.length);
            let width = [1, 100, 20_000, TILE_SIZE, contig.length][random.below(5) as usize];
            let end = start
                .saturating_add(random.below(width) + 1)
                .min(contig.length);
            let expected = reads
                .iter()
                .filter(|(id, position, span, mapped)| {
                    let span = if *mapped { (*span).max(20) } else { 1 };
                    *id == i as i32 && (*position as u32) < end && *position as u32 + span > start
                })
                .count();
            let region = format!("{}:{}-{end}", contig.name, start + 1);
            assert_eq!(count(path, &region), expected, "{region}");
        }
        let all = reads.iter().filter(|r| r.0 == i as i32).count();
        assert_eq!(count(path, &contig.name), all, "{}", contig.name);
    }
    let unplaced = reads.iter().filter(|r| r.0 < 0).count();
    // On a file without any reads samtools warns of "*", whoever made the index.
    if !reads.is_empty() {
        assert_eq!(count(path, "*"), unplaced);
    }
    let stats = output("samtools", &["idxstats", path]);
    for (i, line) in stats.lines().enumerate() {
        let columns: Vec<&str> = line.split('\t').collect();
        let of = |mapped: bool| {
            let on = |r: &&Read| r.0 == i as i32 && r.3 == mapped;
            reads.iter().filter(on).count().to_string()
        };
        if i < contigs.len() {
            assert_eq!(
                columns,
                [
                    &contigs[i].name,
                    &contigs[i].length.to_string(),
                    &of(true),
                    &of(false)
                ]
            );
        } else {
            assert_eq!(columns[3], unplaced.to_string());
        }
    }
}

fn random_reads(contigs: &[HeaderContig], count: u32, random: &mut Random) -> Vec<Read> {
    let mut reads = Vec::new();
    for _ in 0..count {
        // The second contig stays empty.
        let id = [0, 2, 2, 2][random.below(4) as usize];
        let length = contigs[id].length;
        let span = [20, 20, 20, 150, 40_000][random.below(5) as usize].min(length);
        // Half of the reads lie around tile borders.
        let border = TILE_SIZE * random.below(length / TILE_SIZE + 1);
        let position = match random.below(2) {
            0 => random.below(length),
            _ => (border + random.below(60)).saturating_sub(30),
        };
        let position = position.min(length - span);
        reads.push((id as i32, position as i32, span, random.below(10) > 0));
    }
    reads.extend((0..count / 20).map(|_| (-1, -1, 20, false)));
    sorted(reads)
}

#[test]
fn region_queries_equal_a_linear_scan() {
    if !have("samtools") {
        return;
    }
    let random = &mut Random(11);
    let contigs = vec![
        contig("chr1", 3000),
        contig("empty", 900_000),
        contig("chr3", 1_500_000),
    ];
    for reads in [20, 20_000] {
        let directory = tempfile::tempdir().unwrap();
        let reads = random_reads(&contigs, reads, random);
        let path = write(directory.path(), &header(contigs.clone()), &reads);
        output("samtools", &["quickcheck", "-v", &path]);
        check_queries(&path, &contigs, &reads, random);
    }
}

#[test]
fn long_contigs_get_csi() {
    if !have("samtools") {
        return;
    }
    let random = &mut Random(12);
    let contigs = vec![
        contig("a", 5000),
        contig("b", 10),
        contig("long", 1_200_000_000),
    ];
    let directory = tempfile::tempdir().unwrap();
    let reads = random_reads(&contigs, 3000, random);
    let path = write(directory.path(), &header(contigs.clone()), &reads);
    assert!(Path::new(&format!("{path}.csi")).exists());
    check_queries(&path, &contigs, &reads, random);
}

#[test]
fn empty_file() {
    if !have("samtools") {
        return;
    }
    let contigs = vec![contig("chr1", 3000)];
    let directory = tempfile::tempdir().unwrap();
    let path = write(directory.path(), &header(contigs.clone()), &[]);
    output("samtools", &["quickcheck", "-v", &path]);
    check_queries(&path, &contigs, &[], &mut Random(1));
    let unplaced = [(-1, -1, 20, false); 3];
    let other = tempfile::tempdir().unwrap();
    let only_unplaced = write(other.path(), &header(contigs.clone()), &unplaced);
    check_queries(&only_unplaced, &contigs, &unplaced, &mut Random(1));
    let text = output("samtools", &["view", "-H", "--no-PG", &path]);
    assert_eq!(text, header(contigs).to_text());
}

#[test]
fn samtools_reads_the_same_fields() {
    if !have("samtools") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let contigs = vec![contig("chr1", 3000)];
    let path = write(
        directory.path(),
        &header(contigs),
        &[(0, 99, 50, true), (-1, -1, 0, false)],
    );
    assert_eq!(
        output("samtools", &["view", &path]),
        "read1\t0\tchr1\t100\t60\t10M30D10M\t*\t0\t0\tACGTNACGTRACGTNACGTA\t????????????????????\tRG:Z:1\tNM:i:30\n\
         read1\t4\t*\t0\t0\t*\t*\t0\t0\tACGTNACGTRACGTNACGTA\t????????????????????\tRG:Z:1\tNM:i:0\n"
    );
}

/// A real file, read by us and written by us, is what samtools reads from the original.
#[test]
fn real_file_survives() {
    let Some(source) = data("cohort/NA07000.chr20_20.0-20.3M.bam") else {
        return;
    };
    if !have("samtools") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let copy = directory.path().join("copy.bam");
    let input = BufReader::new(File::open(&source).unwrap());
    let mut reader = BamReader::new("source", input).unwrap();
    reader.require_sorted();
    let header = Header {
        sort_order: SortOrder::Coordinate,
        ..reader.header().clone()
    };
    let mut writer = BamWriter::new(File::create(&copy).unwrap(), &header, 1).unwrap();
    let mut compressor = Compressor::new(1).unwrap();
    let (mut record, mut payload, mut starts) = (Vec::new(), Vec::new(), Vec::new());
    let mut tile = (0, 0);
    let mut cases = Vec::new();
    loop {
        let more = reader.read(&mut record).unwrap();
        let view = more.then(|| RecordView::new(&record));
        let next = view.map_or((-2, 0), |v| (v.contig(), v.position() / TILE_SIZE as i32));
        if next != tile {
            let segment = compressor.compress_records(&payload, &starts);
            writer.write_tile(&payload, &starts, &segment).unwrap();
            payload.clear();
            starts.clear();
            tile = next;
        }
        let Some(view) = view else { break };
        if reader.records().is_multiple_of(997) && view.position() >= 0 {
            let name = &header.contigs[view.contig() as usize].name;
            cases.push(format!(
                "{name}:{}-{}",
                view.position() + 1,
                view.reference_end()
            ));
        }
        starts.push(payload.len() as u32);
        payload.extend_from_slice(&(record.len() as u32).to_le_bytes());
        payload.extend_from_slice(&record);
    }
    assert!(reader.records() > 1000);
    let index = writer.finish().unwrap().1.unwrap();
    let copy = copy.to_str().unwrap();
    index
        .write(File::create(format!("{copy}.bai")).unwrap())
        .unwrap();
    let original = directory.path().join("original.bam");
    fs::copy(&source, &original).unwrap();
    let original = original.to_str().unwrap();
    output("samtools", &["index", original]);
    assert_eq!(
        output("samtools", &["view", copy]),
        output("samtools", &["view", original])
    );
    for region in cases {
        assert_eq!(
            output("samtools", &["view", copy, &region]),
            output("samtools", &["view", original, &region])
        );
    }
}
