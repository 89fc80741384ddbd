//! Folders that are not whole: refused by name, or filled.

use std::fs;
use std::path::{Path, PathBuf};

use fafnir_io::bcl::{BclError, Missing, RunFolder, TileCalls, TileId};
use fafnir_simulate::run_folder::{Format, Positions, Run, RunRead, Tile, TileSize};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::generated::{FORMATS, write};

const CLUSTERS: usize = 101;
const CYCLES: [usize; 5] = [0, 1, 2, 3, 4];
const TILE: TileId = TileId {
    lane: 1,
    tile: 1101,
};

/// A run of one lane with two tiles of 101 clusters and five cycles.
struct Case {
    folder: TempDir,
    tile: Tile,
    format: Format,
}

impl Case {
    fn new(format: Format) -> Self {
        let size = |tile| TileSize {
            lane: 1,
            tile,
            clusters: CLUSTERS as u32,
        };
        let run = Run {
            reads: vec![RunRead::template(5)],
            format,
            positions: Positions::Locs,
            tiles: vec![size(1101), size(1102)],
            ..Run::default()
        };
        let (folder, mut tiles) = write(&run, 3);
        Self {
            folder,
            tile: tiles.swap_remove(0),
            format,
        }
    }

    fn read(&self, missing: Missing) -> Result<(TileCalls, Vec<BclError>), BclError> {
        let mut calls = TileCalls::default();
        let folder = RunFolder::open(self.folder.path()).unwrap();
        let warnings = folder.read_tile(TILE, &CYCLES, missing, &mut calls)?;
        Ok((calls, warnings))
    }

    fn lane(&self, name: &str) -> PathBuf {
        self.folder
            .path()
            .join("Data/Intensities/BaseCalls/L001")
            .join(name)
    }

    /// The calls of the third cycle.
    fn calls(&self) -> PathBuf {
        self.lane(match self.format {
            Format::Bcl => "C3.1/s_1_1101.bcl",
            Format::BclGzip => "C3.1/s_1_1101.bcl.gz",
            Format::BclBgzf => "0003.bcl.bgzf",
            Format::Cbcl { .. } => "C3.1/L001_1.cbcl",
        })
    }

    fn filter(&self) -> PathBuf {
        self.lane(match self.format {
            Format::BclBgzf => "s_1.filter",
            _ => "s_1_1101.filter",
        })
    }

    fn positions(&self) -> PathBuf {
        let lane = self.folder.path().join("Data/Intensities/L001");
        lane.join(match self.format {
            Format::BclBgzf => "s_1.locs",
            _ => "s_1_1101.locs",
        })
    }

    /// Refused with this message about this file; filled with N in the third cycle.
    fn check_cycle(&self, file: &Path, message: &str) {
        let error = self.read(Missing::Refuse).unwrap_err();
        assert_eq!(
            (error.file.as_path(), error.tile, error.cycle),
            (file, Some(TILE), Some(2))
        );
        let text = error.to_string();
        assert!(
            text.contains("lane 1, tile 1101, cycle 3: ") && text.contains(message),
            "{text}"
        );

        let (calls, warnings) = self.read(Missing::FillWithN).unwrap();
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert_eq!(warnings[0].to_string(), text);
        assert!(calls.clusters > 50);
        let mut kept = (0..CLUSTERS).filter(|c| calls.clusters == CLUSTERS || self.tile.passes[*c]);
        for cluster in 0..calls.clusters {
            let mut expected = self.tile.calls[5 * kept.next().unwrap()..][..5].to_vec();
            expected[2] = 0;
            assert_eq!(calls.cluster(cluster), expected);
        }
    }
}

#[test]
fn a_missing_cycle() {
    for format in FORMATS {
        let case = Case::new(format);
        fs::remove_file(case.calls()).unwrap();
        let file = case.calls();
        let file = if format == Format::BclGzip {
            file.with_extension("")
        } else {
            file
        };
        case.check_cycle(&file, "the file is missing: copy the run folder again");
    }
}

#[test]
fn a_truncated_cycle() {
    for format in FORMATS {
        let case = Case::new(format);
        let bytes = fs::read(case.calls()).unwrap();
        let kept = match format {
            // Into the block of the first tile.
            Format::Cbcl { .. } => 110,
            _ => bytes.len() / 2,
        };
        fs::write(case.calls(), &bytes[..kept]).unwrap();
        let message = match format {
            Format::Bcl | Format::Cbcl { .. } => "it should have",
            Format::BclGzip => "the gzip data ends too early",
            Format::BclBgzf => "the file ends inside a block: it is truncated",
        };
        case.check_cycle(&case.calls(), message);
        // Down to nothing.
        for kept in [kept.min(20), 3, 0] {
            fs::write(case.calls(), &bytes[..kept]).unwrap();
            case.check_cycle(&case.calls(), "");
        }
    }
}

#[test]
fn a_cycle_with_another_number_of_clusters() {
    for format in [Format::Bcl, Format::BclGzip] {
        let case = Case::new(format);
        let size = TileSize {
            clusters: 100,
            ..case.tile.size
        };
        let run = Run {
            reads: vec![RunRead::template(5)],
            format,
            tiles: vec![size],
            ..Run::default()
        };
        let (other, _) = write(&run, 3);
        let other = Case {
            folder: other,
            tile: case.tile.clone(),
            format,
        };
        fs::copy(other.calls(), case.calls()).unwrap();
        let message = "the file has 100 clusters, but the tile has 101 by its .filter file";
        case.check_cycle(&case.calls(), message);
    }
}

#[test]
fn a_header_that_claims_too_much() {
    let claim = |format, at: usize, value: u32, message: &str| {
        let case = Case::new(format);
        let mut bytes = fs::read(case.calls()).unwrap();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        fs::write(case.calls(), bytes).unwrap();
        case.check_cycle(&case.calls(), message);
    };
    let cbcl = FORMATS[3];
    claim(
        Format::Bcl,
        0,
        u32::MAX,
        "by its header it should have 4294967299",
    );
    claim(cbcl, 2, u32::MAX, "by its header it should have 4294967295");
    claim(cbcl, 2, 5, "fields lie outside of the header's 5 bytes");
    claim(cbcl, 8, u32::MAX, "bins lie outside of the header");
    claim(cbcl, 44, u32::MAX, "tiles lie outside of the header");
    claim(
        cbcl,
        44,
        0,
        "the flag of excluded clusters is 77, which is not known",
    );
    claim(cbcl, 48, 4711, "the file does not hold the tile");
    claim(
        cbcl,
        52,
        u32::MAX,
        "cannot have 4294967295 clusters in 51 bytes",
    );
    claim(
        cbcl,
        56,
        u32::MAX,
        "cannot have 101 clusters in 4294967295 bytes",
    );
    claim(cbcl, 60, u32::MAX, "it should have");
    claim(cbcl, 16, 64, "bin 0 with quality 64 is impossible");
    claim(cbcl, 12, 4, "bin 4 with quality 0 is impossible");
    claim(cbcl, 0, 2, "the version is 2, which is not known");
    claim(
        cbcl,
        6,
        0x0000_0302,
        "the number of bits is 3, which is not known",
    );
}

#[test]
fn an_index_that_leads_astray() {
    let claim = |at: usize, value: u64, message: &str| {
        let case = Case::new(Format::BclBgzf);
        let index = case.lane("0003.bcl.bgzf.bci");
        let mut bytes = fs::read(&index).unwrap();
        bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        fs::write(&index, bytes).unwrap();
        let file = if at < 8 { index } else { case.calls() };
        case.check_cycle(&file, message);
    };
    claim(0, 1, "the index's version is 1");
    claim(0, 3 << 32, "it should have 32");
    claim(8, u64::MAX, "the file ends before the block of the tile");
    claim(8, 1 << 16, "no BGZF block starts here");
    claim(8, 60_000, "the file ends before the last call of the tile");
}

#[test]
fn a_bad_filter() {
    for format in FORMATS {
        let case = Case::new(format);
        let bytes = fs::read(case.filter()).unwrap();
        let damaged = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = bytes.clone();
            change(&mut bytes);
            fs::write(case.filter(), bytes).unwrap();
            case.read(Missing::Refuse).unwrap_err()
        };
        let version = damaged(&|bytes| bytes[4] = 2).to_string();
        assert!(
            version.contains("the filter's version is 2, which is not known"),
            "{version}"
        );
        let short = damaged(&|bytes| bytes.truncate(100)).to_string();
        assert!(
            short.contains("the file has 100 bytes, by its header it should have"),
            "{short}"
        );
        let count = damaged(&|bytes| {
            bytes[8] -= 1;
            bytes.pop();
        });
        assert!(
            count.to_string().contains("clusters, but the tile has "),
            "{count}"
        );
        if format != Format::BclBgzf {
            let file = count.file.to_string_lossy().into_owned();
            let calls = "Data/Intensities/BaseCalls/L001/";
            assert!(file.contains(calls) && !file.ends_with("filter"), "{file}");
        }

        fs::remove_file(case.filter()).unwrap();
        let error = case.read(Missing::Refuse).unwrap_err();
        assert_eq!((&error.file, error.cycle), (&case.filter(), None));
        let (calls, warnings) = case.read(Missing::FillWithN).unwrap();
        assert!(calls.passes.iter().all(|passes| *passes));
        assert!(warnings[0].to_string().contains("the file is missing"));
        // What passes cannot be told, where only some cycles have what does not.
        let mixed = matches!(
            format,
            Format::Cbcl {
                passing_only_from: Some(2),
                ..
            }
        );
        let known = if mixed { 2..5 } else { 0..5 };
        let left_out = matches!(
            format,
            Format::Cbcl {
                passing_only_from: Some(_),
                ..
            }
        );
        let kept = (0..CLUSTERS).filter(|cluster| !left_out || case.tile.passes[*cluster]);
        assert_eq!(calls.clusters, kept.clone().count());
        for (cluster, of_tile) in kept.enumerate() {
            let expected = &case.tile.calls[5 * of_tile..][..5];
            assert_eq!(
                calls.cluster(cluster)[known.clone()],
                expected[known.clone()]
            );
            assert!(
                calls.cluster(cluster)[..known.start]
                    .iter()
                    .all(|call| *call == 0)
            );
        }
    }
}

#[test]
fn older_filters() {
    let case = Case::new(Format::Bcl);
    let bytes = fs::read(case.filter()).unwrap();
    let version_0 = [&bytes[..4], &[0; 4], &bytes[8..]].concat();
    for bytes in [version_0, bytes[8..].to_vec()] {
        fs::write(case.filter(), bytes).unwrap();
        let (calls, _) = case.read(Missing::Refuse).unwrap();
        assert_eq!(calls.passes, case.tile.passes);
    }
}

#[test]
fn bad_positions() {
    for format in FORMATS {
        let case = Case::new(format);
        let bytes = fs::read(case.positions()).unwrap();
        let write = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = bytes.clone();
            change(&mut bytes);
            fs::write(case.positions(), bytes).unwrap();
        };
        let check = |change: &dyn Fn(&mut Vec<u8>), message: &str| {
            write(change);
            let error = case.read(Missing::Refuse).unwrap_err();
            assert_eq!(error.file, case.positions());
            assert!(error.to_string().contains(message), "{error}");
            let (calls, warnings) = case.read(Missing::FillWithN).unwrap();
            assert_eq!(warnings.len(), 1);
            let mut positions = calls.positions.clone();
            positions.sort();
            positions.dedup();
            assert_eq!(positions.len(), calls.clusters);
        };
        check(&|bytes| bytes[0] = 2, "the version of the positions is 2");
        check(&|bytes| bytes.truncate(500), "the file has 500 bytes");
        let far = "byte 12: a position is not a number, or lies far outside of the tile";
        check(
            &|bytes| bytes[12..16].copy_from_slice(&f32::NAN.to_le_bytes()),
            far,
        );
        check(
            &|bytes| bytes[16..20].copy_from_slice(&(-1e6f32).to_le_bytes()),
            far,
        );
        let fewer = |bytes: &mut Vec<u8>| {
            bytes[8] -= 1;
            bytes.truncate(bytes.len() - 8);
        };
        check(&fewer, "clusters, but the tile has");
    }
}

#[test]
fn damaged_clocs() {
    let case = Case::new(Format::Bcl);
    let clocs = case.positions().with_extension("clocs");
    fs::remove_file(case.positions()).unwrap();
    // One bin with all clusters.
    let mut bytes = vec![1, 1, 0, 0, 0, CLUSTERS as u8];
    bytes.extend((0..CLUSTERS).flat_map(|i| [i as u8, 5]));
    let check = |bytes: &[u8], message: &str| {
        fs::write(&clocs, bytes).unwrap();
        let read = case.read(Missing::Refuse);
        match message {
            "" => assert_eq!(read.unwrap().0.positions[7], (1007, 1005)),
            _ => {
                let error = read.unwrap_err().to_string();
                assert!(error.contains(message), "{error}");
            }
        }
    };
    check(&bytes, "");
    check(
        &bytes[..bytes.len() - 1],
        "byte 6: the file ends before its last bin",
    );
    check(
        &[&bytes[..], &[1]].concat(),
        "byte 208: bytes behind the last bin",
    );
    bytes[1..5].copy_from_slice(&u32::MAX.to_le_bytes());
    check(&bytes, "byte 208: the file ends before its last bin");
    bytes[0] = 3;
    check(&bytes, "the version of the positions is 3");
}

#[test]
fn a_lane_without_an_index_or_with_a_wrong_one() {
    let case = Case::new(Format::BclBgzf);
    let index = case.lane("s_1.bci");
    let bytes = fs::read(&index).unwrap();
    for (bytes, message) in [
        (None, "the file is missing"),
        (Some(bytes[..12].to_vec()), "the file has 12 bytes"),
        (
            Some([&bytes[..8], &bytes[..8]].concat()),
            "tile 1101 is listed twice",
        ),
        (Some(bytes[8..].to_vec()), "the file does not hold the tile"),
    ] {
        let _ = fs::remove_file(&index);
        if let Some(bytes) = bytes {
            fs::write(&index, bytes).unwrap();
        }
        let error = case.read(Missing::Refuse).unwrap_err().to_string();
        assert!(
            error.contains("s_1.bci") && error.contains(message),
            "{error}"
        );
        let (calls, warnings) = case.read(Missing::FillWithN).unwrap();
        assert_eq!(
            (calls.clusters, calls.calls.len(), warnings.len()),
            (0, 0, 1)
        );
    }
}

#[test]
fn a_tile_of_which_nothing_is_there() {
    for format in FORMATS {
        let case = Case::new(format);
        fs::remove_dir_all(case.folder.path().join("Data/Intensities/L001")).unwrap();
        fs::remove_file(case.filter()).unwrap();
        for cycle in 1..=5 {
            let _ = fs::remove_dir_all(case.lane(&format!("C{cycle}.1")));
            let _ = fs::remove_file(case.lane(&format!("000{cycle}.bcl.bgzf")));
        }
        let error = RunFolder::open(case.folder.path()).unwrap_err().to_string();
        assert!(error.contains("is this a whole run folder?"), "{error}");
        // Another lane keeps the run open.
        fs::create_dir_all(case.lane("../L001/C9.1")).unwrap();
        fs::write(case.lane("C9.1/s_1_1101.bcl"), []).unwrap();
        case.read(Missing::Refuse).unwrap_err();
        let (calls, warnings) = case.read(Missing::FillWithN).unwrap();
        assert_eq!(calls.clusters, 0);
        assert!(warnings.len() >= 7, "{warnings:?}");
    }
}

#[test]
fn a_folder_that_is_none() {
    let folder = TempDir::new().unwrap();
    let error = RunFolder::open(folder.path()).unwrap_err().to_string();
    assert!(
        error.contains("RunInfo.xml: the file is missing"),
        "{error}"
    );
    let case = Case::new(Format::Bcl);
    let folder = RunFolder::open(case.folder.path()).unwrap();
    let tile = TileId {
        lane: 2,
        tile: 1101,
    };
    let mut calls = TileCalls::default();
    let error = folder
        .read_tile(tile, &CYCLES, Missing::FillWithN, &mut calls)
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("lane 2, tile 1101: the run has no such tile"),
        "{error}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Any byte of any file may be any other, and files may end anywhere.
    #[test]
    fn any_damage_is_an_error_or_other_reads(
        format in prop::sample::select(FORMATS.to_vec()),
        file: prop::sample::Index,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        end: Option<prop::sample::Index>,
    ) {
        let case = Case::new(format);
        let mut files = RunFolder::open(case.folder.path()).unwrap().files();
        files.retain(|file| file.extension().is_some_and(|extension| extension != "xml"));
        let file = file.get(&files);
        let mut bytes = fs::read(file).unwrap();
        for (at, byte) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        if let Some(end) = end {
            bytes.truncate(end.index(bytes.len()));
        }
        fs::write(file, bytes).unwrap();
        let _ = case.read(Missing::Refuse);
        let (calls, _) = case.read(Missing::FillWithN).unwrap();
        prop_assert_eq!(calls.calls.len(), 5 * calls.clusters);
        prop_assert_eq!([calls.passes.len(), calls.positions.len()], [calls.clusters; 2]);
        prop_assert!(calls.clusters <= 2 * CLUSTERS);
    }
}
