//! What the generator wrote is what is read.

use fafnir_io::bcl::{Missing, RunFolder, TileCalls, TileId};
use fafnir_simulate::run_folder::{Format, Positions, Run, RunRead, Tile, TileSize, Writer};
use proptest::prelude::*;
use tempfile::TempDir;

pub(crate) const BINS: [u8; 3] = [12, 23, 37];

/// All forms of calls.
pub(crate) const FORMATS: [Format; 6] = [
    Format::Bcl,
    Format::BclGzip,
    Format::BclBgzf,
    Format::Cbcl {
        bins: BINS,
        passing_only_from: None,
    },
    Format::Cbcl {
        bins: BINS,
        passing_only_from: Some(2),
    },
    Format::Cbcl {
        bins: BINS,
        passing_only_from: Some(0),
    },
];

/// Writes a run of random tiles.
pub(crate) fn write(run: &Run, seed: u64) -> (TempDir, Vec<Tile>) {
    let folder = TempDir::new().unwrap();
    let mut writer = Writer::create(folder.path(), run.clone()).unwrap();
    let tile = |size: &TileSize| Tile::random(seed, *size, run.cycles(), &BINS);
    let tiles: Vec<_> = run.tiles.iter().map(tile).collect();
    for tile in &tiles {
        writer.write(tile).unwrap();
    }
    (folder, tiles)
}

/// What reading the cycles of a tile should give.
fn expected(tile: &Tile, all: usize, cycles: &[usize], format: Format) -> TileCalls {
    let passing_only = match format {
        Format::Cbcl {
            passing_only_from: Some(first),
            ..
        } => cycles.iter().any(|c| *c >= first),
        _ => false,
    };
    let mut out = TileCalls::default();
    out.cycles = cycles.len();
    for cluster in 0..tile.passes.len() {
        if passing_only && !tile.passes[cluster] {
            continue;
        }
        out.clusters += 1;
        out.passes.push(tile.passes[cluster]);
        out.positions.push(tile.positions[cluster]);
        out.calls
            .extend(cycles.iter().map(|cycle| tile.calls[cluster * all + cycle]));
    }
    out
}

fn runs() -> impl Strategy<Value = Run> {
    let reads = prop::collection::vec((1..40usize, any::<bool>()), 1..5);
    let tiles = prop::collection::btree_set((1..4u8, 1..3u32, 1..3u32, 1..4u32), 1..6);
    let sizes = prop::collection::vec(0..300u32, 6);
    let positions =
        prop::sample::select(vec![Positions::Shared, Positions::Locs, Positions::Clocs]);
    (
        reads,
        tiles,
        sizes,
        positions,
        prop::sample::select(FORMATS.to_vec()),
    )
        .prop_map(|(reads, tiles, sizes, positions, format)| {
            let read = |(cycles, is_index)| RunRead {
                is_index,
                ..RunRead::template(cycles)
            };
            let size = |i: usize| match positions {
                Positions::Shared => sizes[0],
                _ => sizes[i],
            };
            let tile = |(i, (lane, surface, swath, tile))| TileSize {
                lane,
                tile: 1000 * surface + 100 * swath + tile,
                clusters: size(i),
            };
            Run {
                reads: reads.into_iter().map(read).collect(),
                format,
                positions,
                tiles: tiles.into_iter().enumerate().map(tile).collect(),
                ..Run::default()
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn runs_come_back_whole(run in runs(), seed: u64, picks: [prop::sample::Index; 3]) {
        let (path, tiles) = write(&run, seed);
        let folder = RunFolder::open(path.path()).unwrap();
        prop_assert_eq!(folder.run_info().reads.len(), run.reads.len());
        prop_assert_eq!(folder.run_info().cycles(), run.cycles());
        let all: Vec<_> = (0..run.cycles()).collect();
        let some: Vec<_> = picks.iter().map(|pick| pick.index(run.cycles())).collect();
        let mut found = TileCalls::default();
        for tile in &tiles {
            let id = TileId { lane: tile.size.lane, tile: tile.size.tile };
            prop_assert_eq!(folder.clusters(id).unwrap(), u64::from(tile.size.clusters));
            for cycles in [&all[..], &some, &[]] {
                let warnings = folder.read_tile(id, cycles, Missing::Refuse, &mut found).unwrap();
                prop_assert!(warnings.is_empty());
                let expected = expected(tile, run.cycles(), cycles, run.format);
                prop_assert_eq!(found.clusters, expected.clusters);
                prop_assert_eq!(&found.calls, &expected.calls);
                prop_assert_eq!(&found.passes, &expected.passes);
                prop_assert_eq!(&found.positions, &expected.positions);
            }
        }
        prop_assert_eq!(folder.tiles().count(), tiles.len());
    }
}

/// Blocks of BGZF and of transposition end within a tile.
#[test]
fn tiles_larger_than_blocks_come_back_whole() {
    for format in FORMATS {
        let tile = |tile| TileSize {
            lane: 1,
            tile,
            clusters: 100_003,
        };
        let run = Run {
            reads: vec![RunRead::template(3)],
            format,
            tiles: vec![tile(1101), tile(1102), tile(2101)],
            ..Run::default()
        };
        let (path, tiles) = write(&run, 7);
        let folder = RunFolder::open(path.path()).unwrap();
        let mut found = TileCalls::default();
        for tile in &tiles {
            let id = TileId {
                lane: 1,
                tile: tile.size.tile,
            };
            folder
                .read_tile(id, &[0, 1, 2], Missing::Refuse, &mut found)
                .unwrap();
            let expected = expected(tile, 3, &[0, 1, 2], format);
            assert!(found.calls == expected.calls && found.positions == expected.positions);
        }
    }
}
