//! The reports of a conversion: each column by hand, and as MultiQC and InterOp read them.

use std::{fs, io::Write, path::Path, process::Command};

use fafnir::bcl::reports::{
    FastqFiles, LaneLayout, Logs, ReportFile, Reports, Statistics, TileCounter,
};
use fafnir_io::bcl::override_cycles::ReadCycles;
use fafnir_io::bcl::sample_sheet::{LanePlan, SampleSheet};

use crate::support::{folder, tool};

const SHEET: &str = "\
[BCLConvert_Settings]
[BCLConvert_Data]
Lane,Sample_ID,index,index2,Sample_Project
1,a,AAAA,CCCC,p
1,b,GGGG,TTTT,
2,c,,,
";

const RUN_INFO: &str = r#"<?xml version="1.0"?>
<RunInfo Version="6">
  <Run Id="260101_A00001_0001_AHXXXXXXXX" Number="1">
    <Flowcell>HXXXXXXXX</Flowcell>
    <Instrument>A00001</Instrument>
    <Date>2026-01-01T00:00:00Z</Date>
    <Reads>
      <Read Number="1" NumCycles="4" IsIndexedRead="N"/>
      <Read Number="2" NumCycles="4" IsIndexedRead="Y"/>
      <Read Number="3" NumCycles="4" IsIndexedRead="Y"/>
      <Read Number="4" NumCycles="3" IsIndexedRead="N"/>
    </Reads>
    <FlowcellLayout LaneCount="2" SurfaceCount="1" SwathCount="1" TileCount="2">
      <TileSet TileNamingConvention="FourDigit">
        <Tiles><Tile>1_1101</Tile><Tile>1_1102</Tile><Tile>2_1101</Tile></Tiles>
      </TileSet>
    </FlowcellLayout>
    <ImageDimensions Width="1000" Height="1000"/>
    <ImageChannels><Name>RED</Name><Name>GREEN</Name></ImageChannels>
  </Run>
</RunInfo>
"#;

struct Lane {
    plan: LanePlan,
    layout: LaneLayout,
}

/// A cluster: its index reads, and the qualities of R1 and R2. 0 is no call.
type Cluster = ([&'static str; 2], [u8; 4], [u8; 3]);

fn reads(second_is_turned: bool) -> Vec<ReadCycles> {
    let read = |cycles, is_index, is_reverse_complement| ReadCycles {
        cycles,
        is_index,
        is_reverse_complement,
    };
    vec![
        read(4, false, false),
        read(4, true, false),
        read(4, true, second_is_turned),
        read(3, false, false),
    ]
}

fn lane(sheet: &str, number: u8, second_is_turned: bool) -> Lane {
    let sheet = SampleSheet::parse("SampleSheet.csv", sheet.as_bytes()).unwrap();
    let plan = sheet.lane(number, &reads(second_is_turned)).unwrap();
    let layout = LaneLayout::new(number, &sheet, &plan);
    Lane { plan, layout }
}

impl Lane {
    fn count(&self, tile: u32, clusters: &[Cluster]) -> Statistics {
        let mut counter = TileCounter::new(&self.layout, tile);
        for (indexes, first, second) in clusters {
            self.add(&mut counter, *indexes, first, second);
        }
        counter.finish()
    }

    fn add(
        &self,
        counter: &mut TileCounter<'_>,
        indexes: [&str; 2],
        r1: &[u8],
        r2: &[u8],
    ) -> usize {
        let indexes = indexes.map(str::as_bytes);
        let found = self.plan.demultiplexer.assign(indexes[0], indexes[1]);
        let library = counter.cluster(found, indexes);
        for (read, qualities) in [r1, r2].into_iter().enumerate() {
            let calls: Vec<u8> = qualities
                .iter()
                .map(|&q| if q == 0 { 0 } else { q << 2 | 1 })
                .collect();
            // In two parts, as reads with a UMI in their middle come.
            let (start, end) = calls.split_at(2);
            counter.read(library, read, start);
            counter.read(library, read, end);
        }
        library
    }
}

/// Two lanes; lane 1 has two tiles, and hopped reads in the second.
fn example() -> (Vec<LaneLayout>, Statistics) {
    let (one, two) = (lane(SHEET, 1, false), lane(SHEET, 2, false));
    let mut first = TileCounter::new(&one.layout, 1101);
    one.add(
        &mut first,
        ["AAAA", "CCCC"],
        &[30, 40, 20, 0],
        &[30, 30, 29],
    );
    // A mismatch in each index is one mismatch.
    let a = one.add(&mut first, ["AAAT", "CCCG"], &[37; 4], &[12; 3]);
    first.adapter(a, 0, 2, 2);
    let mut statistics = first.finish();
    statistics.merge(one.count(
        1102,
        &[
            (["GGGG", "TTTT"], [40; 4], [40; 3]),
            (["AAAA", "TTTT"], [11; 4], [25; 3]),
            (["AAAC", "TTTT"], [11; 4], [25; 3]),
            (["CTCT", "NNNN"], [11; 4], [25; 3]),
        ],
    ));
    statistics.merge(two.count(1101, &[(["ACGT", "TGCA"], [31; 4], [31; 3])]));
    (vec![one.layout, two.layout], statistics)
}

fn fastq() -> Vec<FastqFiles> {
    let files = |lane, library, start: &str| FastqFiles {
        lane,
        library,
        reads: [1, 2].map(|read| Some(format!("../{start}_R{read}_001.fastq.gz"))),
    };
    vec![
        files(1, 0, "p/a_S1_L001"),
        files(1, 1, "b_S2_L001"),
        files(2, 0, "c_S3_L002"),
    ]
}

fn reports<'a>(
    lanes: &'a [LaneLayout],
    statistics: &'a Statistics,
    fastq: &'a [FastqFiles],
) -> Reports<'a> {
    Reports {
        lanes,
        statistics,
        fastq,
        run_info: RUN_INFO.as_bytes(),
        sample_sheet: SHEET.as_bytes(),
        project_column: false,
        name_column: false,
    }
}

fn file(name: &str, reports: &Reports<'_>) -> Vec<u8> {
    let file = ReportFile::ALL.iter().find(|file| file.name == name);
    let mut bytes = Vec::new();
    file.unwrap().write(reports, &mut bytes).unwrap();
    bytes
}

fn text(name: &str) -> String {
    let (lanes, statistics) = example();
    let bytes = file(name, &reports(&lanes, &statistics, &fastq()));
    String::from_utf8(bytes).unwrap()
}

fn write_all(to: &Path) {
    let (lanes, statistics) = example();
    let fastq = fastq();
    let reports = reports(&lanes, &statistics, &fastq);
    for report in ReportFile::ALL {
        fs::write(to.join(report.name), file(report.name, &reports)).unwrap();
    }
}

#[test]
fn reads_are_counted_by_mismatches() {
    assert_eq!(
        text("Demultiplex_Stats.csv"),
        "Lane,SampleID,Index,# Reads,# Perfect Index Reads,# One Mismatch Index Reads,\
         # Two Mismatch Index Reads,% Reads,% Perfect Index Reads,% One Mismatch Index Reads,\
         % Two Mismatch Index Reads\n\
         1,a,AAAA-CCCC,2,1,1,0,0.3333,0.5000,0.5000,0.0000\n\
         1,b,GGGG-TTTT,1,1,0,0,0.1667,1.0000,0.0000,0.0000\n\
         1,Undetermined,Undetermined,3,3,0,0,0.5000,1.0000,0.0000,0.0000\n\
         2,c,,1,1,0,0,1.0000,1.0000,0.0000,0.0000\n\
         2,Undetermined,Undetermined,0,0,0,0,0.0000,0.0000,0.0000,0.0000\n"
    );
    assert_eq!(
        text("Demultiplex_Tile_Stats.csv"),
        "Lane,SampleID,Index,Tile,# Reads,% Reads\n\
         1,a,AAAA-CCCC,1101,2,0.3333\n\
         1,a,AAAA-CCCC,1102,0,0.0000\n\
         1,b,GGGG-TTTT,1101,0,0.0000\n\
         1,b,GGGG-TTTT,1102,1,0.1667\n\
         1,Undetermined,Undetermined,1101,0,0.0000\n\
         1,Undetermined,Undetermined,1102,3,0.5000\n\
         2,c,,1101,1,1.0000\n\
         2,Undetermined,Undetermined,1101,0,0.0000\n"
    );
}

#[test]
fn two_mismatches_are_those_of_one_index() {
    let sheet = "[BCLConvert_Settings]\nBarcodeMismatchesIndex1,2\n\
        [BCLConvert_Data]\nSample_ID,index,index2\na,AAAA,CCCC\n";
    let lane = lane(sheet, 1, false);
    let statistics = lane.count(7, &[(["GGAA", "CCCT"], [2; 4], [2; 3])]);
    let layouts = [lane.layout];
    let csv = file(
        "Demultiplex_Stats.csv",
        &reports(&layouts, &statistics, &[]),
    );
    assert!(
        String::from_utf8(csv)
            .unwrap()
            .contains("\n1,a,AAAA-CCCC,1,0,0,1,")
    );
}

#[test]
fn columns_of_projects_and_names_come_with_their_options() {
    let sheet = "[Data]\nSample_ID,Sample_Name,index,Sample_Project\na,\"a, too\",AAAA,p\n";
    let lane = lane(sheet, 1, false);
    let statistics = lane.count(7, &[(["AAAA", "CCCC"], [2; 4], [2; 3])]);
    let layouts = [lane.layout];
    let mut reports = reports(&layouts, &statistics, &[]);
    reports.project_column = true;
    let rows = |name, reports: &Reports<'_>| -> Vec<String> {
        let csv = String::from_utf8(file(name, reports)).unwrap();
        csv.lines()
            .map(|line| line[..line.len().min(45)].to_owned())
            .collect()
    };
    assert_eq!(
        rows("Demultiplex_Stats.csv", &reports),
        [
            "Lane,SampleID,Sample_Project,Index,# Reads,# ",
            "1,a,p,AAAA,1,1,0,0,1.0000,1.0000,0.0000,0.000",
            "1,Undetermined,Undetermined,,0,0,0,0,0.0000,0"
        ]
    );
    assert_eq!(
        rows("Quality_Metrics.csv", &reports)[1],
        "1,a,p,AAAA,,1,4,0,8,2.00,0.00"
    );
    reports.name_column = true;
    assert_eq!(
        rows("Quality_Metrics.csv", &reports)[..2],
        [
            "Lane,SampleID,Sample_Project,Sample_Name,inde",
            "1,a,p,\"a, too\",AAAA,,1,4,0,8,2.00,0.00"
        ]
    );
}

#[test]
fn qualities_are_those_of_the_reads_as_they_were_sequenced() {
    assert_eq!(
        text("Quality_Metrics.csv"),
        "Lane,SampleID,index,index2,ReadNumber,Yield,YieldQ30,QualityScoreSum,\
         Mean Quality Score (PF),% Q30\n\
         1,a,AAAA,CCCC,1,8,6,240,30.00,0.75\n\
         1,a,AAAA,CCCC,2,6,2,125,20.83,0.33\n\
         1,b,GGGG,TTTT,1,4,4,160,40.00,1.00\n\
         1,b,GGGG,TTTT,2,3,3,120,40.00,1.00\n\
         1,Undetermined,,,1,12,0,132,11.00,0.00\n\
         1,Undetermined,,,2,9,0,225,25.00,0.00\n\
         2,c,,,1,4,4,124,31.00,1.00\n\
         2,c,,,2,3,3,93,31.00,1.00\n\
         2,Undetermined,,,1,0,0,0,0.00,0.00\n\
         2,Undetermined,,,2,0,0,0,0.00,0.00\n"
    );
    let tiles = text("Quality_Tile_Metrics.csv");
    let expected = "Lane,SampleID,index,index2,ReadNumber,Tile,Yield,YieldQ30,QualityScoreSum,\
         Mean Quality Score (PF),% Q30\n\
         1,a,AAAA,CCCC,1,1101,8,6,240,30.00,0.75\n\
         1,a,AAAA,CCCC,1,1102,0,0,0,0.00,0.00\n\
         1,a,AAAA,CCCC,2,1101,6,2,125,20.83,0.33\n";
    assert!(tiles.starts_with(expected), "{tiles}");
    assert_eq!(tiles.lines().count(), 1 + 3 * 2 * 2 + 2 * 2);
}

#[test]
fn long_reads_of_good_quality_overflow_nothing() {
    let lane = lane("[Data]\nSample_ID\na\n", 1, false);
    let mut counter = TileCounter::new(&lane.layout, 1);
    counter.read(0, 0, &[63 << 2; 1000]);
    let found = lane.plan.demultiplexer.assign(b"", b"");
    counter.cluster(found, [b"", b""]);
    let (layouts, statistics) = ([lane.layout.clone()], counter.finish());
    let csv = file("Quality_Metrics.csv", &reports(&layouts, &statistics, &[]));
    let csv = String::from_utf8(csv).unwrap();
    assert!(
        csv.contains("\n1,a,,,1,1000,1000,63000,63.00,1.00\n"),
        "{csv}"
    );
}

#[test]
fn adapters_are_counted_by_bases_and_by_the_cycle_they_begin_at() {
    let bases = text("Adapter_Metrics.csv");
    let expected = "Lane,Sample_ID,index,index2,ReadNumber,AdapterBases,SampleBases,\
         % Adapter Bases\n\
         1,a,AAAA,CCCC,1,2,6,0.250000\n\
         1,a,AAAA,CCCC,2,0,6,0.000000\n\
         1,b,GGGG,TTTT,1,0,4,0.000000\n";
    assert!(bases.starts_with(expected), "{bases}");
    let cycles = text("Adapter_Cycle_Metrics.csv");
    let expected = "Lane,Sample_ID,index,index2,ReadNumber,Cycle,NumClustersWithAdapterAtCycle,\
         % At Cycle\n\
         1,a,AAAA,CCCC,1,1,0,0.000000\n\
         1,a,AAAA,CCCC,1,2,0,0.000000\n\
         1,a,AAAA,CCCC,1,3,1,0.500000\n\
         1,a,AAAA,CCCC,1,4,0,0.000000\n\
         1,a,AAAA,CCCC,2,1,0,0.000000\n";
    assert!(cycles.starts_with(expected), "{cycles}");
    assert_eq!(cycles.lines().count(), 1 + 5 * (4 + 3));
}

#[test]
fn hopped_reads_are_counted_where_indexes_are_unique() {
    assert_eq!(
        text("Index_Hopping_Counts.csv"),
        "Lane,SampleID,index,index2,# Reads,% of Hopped Reads,% of All Reads\n\
         1,a,AAAA,CCCC,2,,0.333333\n\
         1,b,GGGG,TTTT,1,,0.166667\n\
         1,,AAAA,TTTT,2,1.000000,0.333333\n\
         1,,GGGG,CCCC,0,0.000000,0.000000\n"
    );
}

/// The rows of the hopping report of lane 1 with these lines of the sheet and this cluster.
fn hopping(
    settings: &str,
    libraries: &str,
    indexes: [&'static str; 2],
    turned: bool,
) -> Vec<String> {
    let sheet = format!(
        "[BCLConvert_Settings]\n{settings}[BCLConvert_Data]\nSample_ID,index,index2\n{libraries}"
    );
    let lane = lane(&sheet, 1, turned);
    let statistics = lane.count(1, &[(indexes, [2; 4], [2; 3])]);
    let layouts = [lane.layout];
    let csv = file(
        "Index_Hopping_Counts.csv",
        &reports(&layouts, &statistics, &[]),
    );
    let csv = String::from_utf8(csv).unwrap();
    csv.lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn hopping_needs_codes_that_differ_by_more_than_twice_the_mismatches() {
    let none = "BarcodeMismatchesIndex1,0\nBarcodeMismatchesIndex2,0\n";
    let apart = "a,AAAA,CCCC\nb,TTTA,GGGC\n";
    let hopped = ["AAAA", "GGGC"];
    // 3 bases apart, 1 mismatch: 2n + 1.
    assert_eq!(hopping("", apart, hopped, false).len(), 4);
    // 2 bases apart in one index are too few for 1 mismatch, but enough for none.
    let closer = "a,AAAA,CCCC\nb,TTAA,GGGC\n";
    assert!(hopping("", closer, hopped, false).is_empty());
    assert_eq!(
        hopping(none, closer, hopped, false)[2],
        "1,,AAAA,GGGC,1,1.000000,1.000000"
    );
    // Indexes that two libraries share are not unique.
    let shared = "a,AAAA,CCCC\nb,AAAA,GGGG\n";
    assert!(hopping(none, shared, ["AAAA", "TTTT"], false).is_empty());
    let single = "a,AAAA,\nb,GGGG,\n";
    let cycles = "OverrideCycles,Y4;I4;N4;Y3\n";
    assert!(hopping(cycles, single, ["AAAA", ""], false).is_empty());
}

#[test]
fn hopped_indexes_are_known_where_the_run_reads_the_reverse_complement() {
    // The sheet's CACC is read as GGTG.
    let rows = hopping("", "a,AAAA,CACC\nb,TTTT,ACGG\n", ["TTTT", "GGTG"], true);
    assert_eq!(rows[3], "1,,TTTT,CACC,1,1.000000,1.000000");
}

#[test]
fn unknown_barcodes_are_reported_as_they_were_read() {
    assert_eq!(
        text("Top_Unknown_Barcodes.csv"),
        "Lane,index,index2,# Reads,% of Unknown Barcodes,% of All Reads\n\
         1,AAAA,TTTT,1,0.333333,0.166667\n\
         1,AAAC,TTTT,1,0.333333,0.166667\n\
         1,CTCT,NNNN,1,0.333333,0.166667\n"
    );
}

#[test]
fn noise_hides_no_frequent_barcode() {
    let lane = lane(SHEET, 1, false);
    let mut counter = TileCounter::new(&lane.layout, 1101);
    for noise in 0..300_000_u32 {
        let bases: Vec<u8> = (0..10)
            .map(|base| b"ACGT"[(noise >> (2 * base) & 3) as usize])
            .collect();
        counter.cluster(None, [&bases, b"NNNN"]);
        if noise % 1000 == 0 {
            counter.cluster(None, [b"AAAC", b"TTTT"]);
        }
    }
    let statistics = counter.finish();
    let layouts = [lane.layout];
    let reports = reports(&layouts, &statistics, &[]);
    let row = |name, number| -> String {
        let csv = String::from_utf8(file(name, &reports)).unwrap();
        csv.lines().nth(number).unwrap().to_owned()
    };
    assert_eq!(
        row("Top_Unknown_Barcodes.csv", 1),
        "1,AAAC,TTTT,300,0.000999,0.000999"
    );
    assert_eq!(
        row("Index_Hopping_Counts.csv", 3),
        "1,,AAAA,TTTT,300,1.000000,0.000999"
    );
}

#[test]
fn the_list_of_fastq_files_is_one_that_can_be_mapped() {
    let list = text("fastq_list.csv");
    assert_eq!(
        list,
        "RGID,RGSM,RGLB,Lane,Read1File,Read2File\n\
         AAAA.CCCC.1,a,UnknownLibrary,1,../p/a_S1_L001_R1_001.fastq.gz,../p/a_S1_L001_R2_001.fastq.gz\n\
         GGGG.TTTT.1,b,UnknownLibrary,1,../b_S2_L001_R1_001.fastq.gz,../b_S2_L001_R2_001.fastq.gz\n\
         c.2,c,UnknownLibrary,2,../c_S3_L002_R1_001.fastq.gz,../c_S3_L002_R2_001.fastq.gz\n"
    );
    let path = Path::new("out/Reports/fastq_list.csv");
    let reads = fafnir::parse_fastq_list(path, &list, Some("b")).unwrap();
    assert_eq!(reads.sample(), "b");
    assert_eq!(reads.read_groups[0].id, "GGGG.TTTT.1");
    assert_eq!(
        reads.lanes[0].second.as_deref(),
        Some(Path::new("out/Reports/../b_S2_L001_R2_001.fastq.gz"))
    );
}

#[test]
fn what_was_read_is_copied() {
    assert_eq!(text("RunInfo.xml"), RUN_INFO);
    assert_eq!(text("SampleSheet.csv"), SHEET);
}

#[test]
fn logs_say_what_happened() {
    let mut logs = Logs::default();
    logs.info("2 tiles");
    logs.warning("s_1_1101.locs is missing");
    assert_eq!(
        logs.files(),
        [
            ("Errors.log", ""),
            ("FastqComplete.txt", ""),
            (
                "Info.log",
                "INFO: 2 tiles\nWARNING: s_1_1101.locs is missing\n"
            ),
            ("Warnings.log", "WARNING: s_1_1101.locs is missing\n"),
        ]
    );
}

#[test]
fn counts_are_the_same_however_they_are_merged() {
    let lane = lane(SHEET, 1, false);
    let tiles: Vec<Statistics> = (0..12).map(|tile| random_tile(&lane, tile)).collect();
    let merged = |parts: &[Statistics]| {
        let mut sum = Statistics::default();
        parts.iter().for_each(|part| sum.merge(part.clone()));
        sum
    };
    let one_by_one = merged(&tiles);
    for size in 2..=tiles.len() {
        let parts: Vec<Statistics> = tiles.chunks(size).map(merged).collect();
        assert_eq!(merged(&parts), one_by_one, "in parts of {size}");
    }
    // Parts of a tile that two workers counted.
    let mut twice = merged(&tiles[..2]);
    twice.merge(tiles[0].clone());
    let mut other = tiles[0].clone();
    other.merge(merged(&[tiles[0].clone(), tiles[1].clone()]));
    assert_eq!(twice, other);
    let layouts = [lane.layout];
    let all = |statistics: &Statistics| -> Vec<Vec<u8>> {
        let reports = reports(&layouts, statistics, &[]);
        ReportFile::ALL
            .map(|report| file(report.name, &reports))
            .into()
    };
    let reversed: Vec<Statistics> = tiles.iter().rev().cloned().collect();
    assert_eq!(all(&merged(&reversed)), all(&one_by_one));
}

fn random_tile(lane: &Lane, tile: u32) -> Statistics {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64 ^ u64::from(tile) << 32;
    let mut random = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    let mut counter = TileCounter::new(&lane.layout, 1101 + tile);
    for _ in 0..200 {
        let index = |random: &mut dyn FnMut(u64) -> u64| -> String {
            let known = ["AAAA", "CCCC", "GGGG", "TTTT"][random(4) as usize];
            let mut bases = known.as_bytes().to_vec();
            if random(3) == 0 {
                bases[random(4) as usize] = b"ACGTN"[random(5) as usize];
            }
            String::from_utf8(bases).unwrap()
        };
        let indexes = [index(&mut random), index(&mut random)];
        let first: Vec<u8> = (0..4).map(|_| random(42) as u8).collect();
        let second: Vec<u8> = (0..3).map(|_| random(42) as u8).collect();
        let indexes = indexes.each_ref().map(String::as_str);
        let library = lane.add(&mut counter, indexes, &first, &second);
        let start = random(5) as usize;
        if start < 4 {
            counter.adapter(library, 0, start, 4 - start);
        }
    }
    counter.finish()
}

#[test]
fn multiqc_shows_them() {
    let Some(mut multiqc) = tool("multiqc") else {
        return;
    };
    let (from, out) = (folder(), folder());
    write_all(from.path());
    multiqc
        .args(["--module", "bclconvert", "--no-ansi", "-o"])
        .arg(out.path())
        .arg(from.path());
    let output = multiqc.output().unwrap();
    let said = String::from_utf8([output.stderr, output.stdout].concat()).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("samples: 3"), "{said}");
    let table = |name: &str| -> Vec<Vec<String>> {
        let path = out.path().join("multiqc_data").join(name);
        let text = fs::read_to_string(path).unwrap();
        let rows = text.lines();
        rows.map(|row| row.split('\t').map(str::to_owned).collect())
            .collect()
    };
    let of = |table: &[Vec<String>], row: &str, column: &str| -> f64 {
        let column = table[0].iter().position(|name| name == column).unwrap();
        let row = table.iter().find(|cells| cells[0].ends_with(row)).unwrap();
        row[column].parse().unwrap()
    };
    let samples = table("multiqc_bclconvert_bysample.txt");
    for (column, value) in [
        ("clusters", 2.0),
        ("yield_", 14.0),
        ("perfect_index_reads", 1.0),
        ("one_mismatch_index_reads", 1.0),
        ("yield_q30", 8.0),
        ("mean_quality", (240.0 + 125.0) / 14.0),
    ] {
        let shown = of(&samples, "a", column);
        assert!((shown - value).abs() < 1e-6, "{column}: {shown}");
    }
    let lanes = table("multiqc_bclconvert_bylane.txt");
    assert_eq!(of(&lanes, "L1", "clusters"), 3.0);
    assert_eq!(of(&lanes, "L1", "yield_"), 21.0);
    assert_eq!(of(&lanes, "L2", "clusters"), 1.0);
    assert_eq!(
        table("bclconvert_undetermined.txt")[1..],
        [
            ["AAAA-TTTT", "1.0"],
            ["AAAC-TTTT", "1.0"],
            ["CTCT-NNNN", "1.0"]
        ]
    );
}

/// What `interop` reads, a line a record.
const READ_INDEX_METRICS: &str = r#"
import sys
from interop import py_interop_run, py_interop_run_metrics
wanted = py_interop_run.uchar_vector(py_interop_run.MetricCount, 0)
wanted[py_interop_run.Index] = 1
metrics = py_interop_run_metrics.run_metrics()
metrics.read(sys.argv[1], wanted)
records = metrics.index_metric_set()
for i in range(records.size()):
    record = records.at(i)
    for j in range(record.size()):
        index = record.indices(j)
        print(record.lane(), record.tile(), record.read(), index.index_seq(),
              index.cluster_count(), index.sample_id(), index.sample_proj())
"#;

#[test]
fn interop_reads_the_index_metrics() {
    let Some(mut python) = tool("python3") else {
        return;
    };
    if !(Command::new("python3")
        .args(["-c", "import interop"])
        .output())
    .unwrap()
    .status
    .success()
    {
        assert!(
            std::env::var("FAFNIR_REQUIRE").as_deref() != Ok("all"),
            "Python's interop is not installed, but FAFNIR_REQUIRE=all"
        );
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: Python's interop is not installed"
        );
        return;
    }
    let run = folder();
    let (lanes, statistics) = example();
    let reports = reports(&lanes, &statistics, &[]);
    fs::create_dir(run.path().join("InterOp")).unwrap();
    for (name, path) in [
        ("RunInfo.xml", "RunInfo.xml"),
        ("IndexMetricsOut.bin", "InterOp/IndexMetricsOut.bin"),
    ] {
        fs::write(run.path().join(path), file(name, &reports)).unwrap();
    }
    python.args(["-c", READ_INDEX_METRICS]).arg(run.path());
    let output = python.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    let mut records: Vec<String> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    records.sort();
    assert_eq!(
        records,
        [
            "1 1101 1 AAAA-CCCC 2 a p",
            "1 1101 2 AAAA-CCCC 2 a p",
            "1 1102 1 GGGG-TTTT 1 b default",
            "1 1102 2 GGGG-TTTT 1 b default",
        ]
    );
}

#[test]
fn index_metrics_are_bytes_as_documented() {
    let (lanes, statistics) = example();
    let bytes = file("IndexMetricsOut.bin", &reports(&lanes, &statistics, &[]));
    let mut first = vec![2, 1, 0, 0x4d, 4, 0, 0, 1, 0, 9, 0];
    first.extend_from_slice(b"AAAA-CCCC\x02\0\0\0\0\0\0\0\x01\0a\x01\0p");
    assert_eq!(bytes[..first.len()], first);
}
