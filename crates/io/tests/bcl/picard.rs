//! Picard's test folders and the reads that it made of them, and folders that it reads here.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use fafnir_io::bcl::{Missing, RunFolder, TileCalls, TileId};
use fafnir_simulate::run_folder::{Format, Positions, RunRead, TileSize};
use tempfile::TempDir;

use crate::data::data;
use crate::generated::{FORMATS, write};
use crate::reads::{Text, fastq, read};
use crate::run::{Run, locs};

/// Reads of a cluster, by the end of the name of the file that has them (`1`, `barcode_1`).
type Cluster = BTreeMap<String, Text>;

#[test]
fn bcl_with_clocs() {
    check(
        "25T8B25T",
        "fastq",
        "25T8B25T",
        &[(1, 1101), (1, 1201), (1, 2101)],
    );
}

#[test]
fn bcl_with_clocs_and_umis() {
    let tiles = [(1, 1101), (1, 1201), (1, 2101)];
    check("25T8B25T", "fastq_with_4M", "25T8B4M21T", &tiles);
    check("25T8B25T", "fastq_with_4M4M", "25T8B4M4M17T", &tiles);
}

#[test]
fn bcl_with_locs_in_two_lanes() {
    check("25T8B8B25T", "fastq", "25T8B8B25T", &[(1, 1101), (2, 1201)]);
}

#[test]
fn compressed_bcl_with_one_locs_for_all_tiles() {
    check(
        "25T8B8B25T_hiseqx",
        "fastq",
        "25T8B8B25T",
        &[(1, 1101), (1, 1102)],
    );
}

#[test]
fn cbcl() {
    let Some(folder) = data("bcl/picard/151T8B8B151T_cbcl") else {
        return;
    };
    let run = Run::copy(&folder);
    let structure = "151T8B8B151T";
    run.write_run_info(
        structure,
        &[
            TileId {
                lane: 1,
                tile: 1101,
            },
            TileId {
                lane: 1,
                tile: 1102,
            },
        ],
    );
    // The folder came without positions: the clusters of both tiles are told apart by their reads.
    let positions: Vec<_> = (0..28).map(|i| (i as f32, 0.0)).collect();
    fs::write(run.intensities("s.locs"), locs(&positions)).unwrap();
    let strip = |clusters: HashMap<String, Cluster>| {
        let without = |(name, cluster): (String, Cluster)| {
            let tile = name.split(':').nth(1).unwrap().to_owned();
            (
                tile,
                cluster
                    .into_values()
                    .map(|text| (text.bases, text.qualities))
                    .collect(),
            )
        };
        let mut all: Vec<(String, Vec<_>)> = clusters.into_iter().map(without).collect();
        all.sort();
        all
    };
    // In CBCL a quality of 0 is as good as any. Picard gives clusters that pass, and no others.
    let mut found = clusters(run.path(), structure, 0);
    assert_eq!(found.len(), 56);
    found.retain(|place, _| place.ends_with('N'));
    let expected = expected(&folder.join("fastq"));
    assert_eq!(found.len(), expected.len());
    assert_eq!(strip(found), strip(expected));
}

/// What Picard needs for CBCL, and Debian 12 neither installs with it nor puts on its class path:
/// package libcommons-lang-java.
const COMMONS_LANG: &str = "/usr/share/java/commons-lang.jar";

/// Clusters of a run as Picard reads them now, without its changes of qualities; `None` where it
/// lacks a library.
fn clusters_by_picard(run: &Path, structure: &str, lanes: u8) -> Option<HashMap<String, Cluster>> {
    let out = TempDir::new().unwrap();
    let basecalls = run.join("Data/Intensities/BaseCalls");
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let mut arguments = vec![
        format!("BASECALLS_DIR={}", path(&basecalls)),
        format!("READ_STRUCTURE={structure}"),
        format!("OUTPUT_PREFIX={}", path(&out.path().join("NN"))),
        "RUN_BARCODE=HiMom".into(),
        "MACHINE_NAME=machine1".into(),
        "FLOWCELL_BARCODE=abcdeACXX".into(),
        "APPLY_EAMSS_FILTER=false".into(),
    ];
    arguments.extend((1..=lanes).map(|lane| format!("LANE={lane}")));
    let mut command = Command::new("PicardCommandLine");
    let output = command
        .arg("IlluminaBasecallsToFastq")
        .args(arguments)
        .env(
            "JAVA_TOOL_OPTIONS",
            format!("-Xbootclasspath/a:{COMMONS_LANG}"),
        )
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    if errors.contains("NoClassDefFoundError: org/apache/commons/lang/") {
        let why = "Picard lacks commons-lang for CBCL";
        let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
        assert_ne!(
            std::env::var("FAFNIR_REQUIRE").as_deref(),
            Ok("all"),
            "{why}"
        );
        return None;
    }
    assert!(output.status.success(), "{errors}");
    Some(expected(out.path()))
}

#[test]
fn picard_reads_its_folders_as_we_do() {
    if !have_picard() {
        return;
    }
    // Of the first there are no expected reads.
    let cases: [(_, _, &[(u8, u32)]); 2] = [
        ("125T125T", "125T125T", &[(1, 1101), (2, 1101)]),
        ("25T8B8B25T_hiseqx", "25T8B8B25T", &[(1, 1101), (1, 1102)]),
    ];
    for (name, structure, tiles) in cases {
        let Some(folder) = data(&format!("bcl/picard/{name}")) else {
            return;
        };
        let run = Run::copy(&folder);
        let tile = |(lane, tile): &(u8, u32)| TileId {
            lane: *lane,
            tile: *tile,
        };
        run.write_run_info(structure, &tiles.iter().map(tile).collect::<Vec<_>>());
        let found = clusters(run.path(), structure, 1);
        let lanes = tiles.iter().map(|(lane, _)| *lane).max().unwrap();
        assert!(found.len() > 100);
        assert_eq!(
            found,
            clusters_by_picard(run.path(), structure, lanes).unwrap(),
            "{name}"
        );
    }
}

#[test]
fn picard_reads_generated_folders_as_we_do() {
    if !have_picard() {
        return;
    }
    let positions = [Positions::Clocs, Positions::Locs, Positions::Locs]
        .into_iter()
        .chain([Positions::Shared; 3]);
    for (format, positions) in FORMATS.into_iter().zip(positions) {
        let size = |lane, tile| TileSize {
            lane,
            tile,
            clusters: 1001,
        };
        let generated = fafnir_simulate::run_folder::Run {
            reads: [
                RunRead::template(20),
                RunRead::index(8),
                RunRead::template(15),
            ]
            .to_vec(),
            format,
            positions,
            tiles: vec![size(1, 1101), size(1, 1102), size(1, 2101)],
            ..Default::default()
        };
        let (folder, tiles) = write(&generated, 11);
        let structure = "20T8B15T";
        let mut found = clusters(folder.path(), structure, 1);
        if matches!(format, Format::Cbcl { .. }) {
            found.retain(|place, _| place.ends_with('N'));
        }
        let passing = tiles
            .iter()
            .flat_map(|tile| &tile.passes)
            .filter(|p| **p)
            .count();
        assert!(found.len() == 3003 || found.len() == passing);
        let cbcl = matches!(format, Format::Cbcl { .. });
        match clusters_by_picard(folder.path(), structure, 1) {
            Some(by_picard) => assert_eq!(found, by_picard, "{format:?}"),
            None => assert!(cbcl, "{format:?}"),
        }
    }
}

fn have_picard() -> bool {
    let found = Command::new("PicardCommandLine")
        .arg("--version")
        .output()
        .is_ok();
    if !found {
        let all = std::env::var("FAFNIR_REQUIRE").is_ok_and(|value| value == "all");
        assert!(
            !all,
            "PicardCommandLine is not installed, but FAFNIR_REQUIRE=all"
        );
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: PicardCommandLine is not installed"
        );
    }
    found
}

fn check(name: &str, fastq: &str, structure: &str, tiles: &[(u8, u32)]) {
    let Some(folder) = data(&format!("bcl/picard/{name}")) else {
        return;
    };
    let run = Run::copy(&folder);
    let tiles: Vec<_> = tiles
        .iter()
        .map(|(lane, tile)| TileId {
            lane: *lane,
            tile: *tile,
        })
        .collect();
    run.write_run_info(structure, &tiles);
    // Picard raises qualities of 0 to 1.
    let found = clusters(run.path(), structure, 1);
    let expected = expected(&folder.join(fastq));
    assert_eq!(found.len(), expected.len());
    let mut exact = 0;
    for (place, expected) in expected {
        let found = &found[&place];
        assert!(
            same_but_for_masked_ends(found, &expected),
            "{place}: {found:?}, not {expected:?}"
        );
        exact += usize::from(*found == expected);
    }
    assert!(exact > 0);
}

/// Picard lowers qualities near the ends of reads to 2 (EAMSS), which no other program does.
fn same_but_for_masked_ends(found: &Cluster, expected: &Cluster) -> bool {
    found.keys().eq(expected.keys())
        && found
            .values()
            .zip(expected.values())
            .all(|(found, expected)| {
                let kept = expected.qualities.trim_end_matches('#').len();
                found.bases == expected.bases
                    && found.qualities[..kept] == expected.qualities[..kept]
            })
}

/// Everything in a run, by lane, tile and position.
fn clusters(run: &Path, structure: &str, least: u8) -> HashMap<String, Cluster> {
    let folder = RunFolder::open(run).unwrap();
    let cycles: Vec<_> = (0..folder.run_info().cycles()).collect();
    let mut calls = TileCalls::default();
    let mut clusters = HashMap::new();
    for tile in folder.tiles() {
        let warnings = folder
            .read_tile(tile, &cycles, Missing::Refuse, &mut calls)
            .unwrap();
        assert!(warnings.is_empty());
        assert_eq!(
            [calls.passes.len(), calls.positions.len()],
            [calls.clusters; 2]
        );
        for cluster in 0..calls.clusters {
            let (x, y) = calls.positions[cluster];
            let reads = ranges(structure)
                .into_iter()
                .map(|(name, cycles)| (name, read(&calls, cluster, cycles, least)));
            let place = format!("{}:{}:{x}:{y}", tile.lane, tile.tile);
            let passes = if calls.passes[cluster] { "N" } else { "Y" };
            let double = clusters.insert(format!("{place} {passes}"), reads.collect());
            assert!(double.is_none(), "{place} occurs twice");
        }
    }
    clusters
}

/// What the reads are called in names of files, and their cycles.
fn ranges(structure: &str) -> Vec<(String, Range<usize>)> {
    let (mut counts, mut start) = (HashMap::new(), 0);
    let reads = structure.split_inclusive(['T', 'B', 'M']);
    let range = |read: &str| {
        let (cycles, kind) = read.split_at(read.len() - 1);
        let number = counts.entry(kind.to_owned()).or_insert(0);
        *number += 1;
        let name = match kind {
            "T" => number.to_string(),
            "B" => format!("barcode_{number}"),
            _ => format!("index_{number}"),
        };
        start += cycles.parse::<usize>().unwrap();
        (name, start - cycles.parse::<usize>().unwrap()..start)
    };
    reads.map(range).collect()
}

/// The reads of all samples, by lane, tile and position. Where there are reads of all lanes, they
/// are in files of their own.
fn expected(folder: &Path) -> HashMap<String, Cluster> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> = entries
        .filter(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            let sample = name.split('.').next().unwrap();
            name.ends_with(".fastq") && sample.bytes().all(|b| b"ACGTN".contains(&b))
        })
        .collect();
    let of_all_lanes = |path: &PathBuf| path.to_str().unwrap().contains(".multilane.");
    let several = files.iter().any(of_all_lanes);
    let mut clusters = HashMap::new();
    for path in files
        .into_iter()
        .filter(|path| of_all_lanes(path) == several)
    {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let read = stem.rsplit('.').next().unwrap();
        for (name, text) in fastq(&path) {
            let cluster: &mut Cluster = clusters.entry(name).or_default();
            cluster.insert(read.to_owned(), text);
        }
    }
    clusters
}
