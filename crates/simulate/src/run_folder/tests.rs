#![allow(clippy::unwrap_used)]

use std::fs;

use super::*;
use crate::Error;

fn run(format: Format, positions: Positions) -> Run {
    let size = |lane, tile| TileSize {
        lane,
        tile,
        clusters: 5,
    };
    Run {
        reads: vec![RunRead::template(3), RunRead::index(2)],
        format,
        positions,
        tiles: vec![size(1, 1101), size(1, 2101), size(2, 1101)],
        ..Run::default()
    }
}

/// Writes random tiles; gives the names of all files.
fn write(run: &Run) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = Writer::create(folder.path(), run.clone()).unwrap();
    for size in &run.tiles {
        writer.write(&Tile::random(1, *size, 5, &[30])).unwrap();
    }
    let mut folders = vec![folder.path().to_path_buf()];
    let mut names = Vec::new();
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let name = path.strip_prefix(folder.path()).unwrap();
                    names.push(name.to_str().unwrap().to_owned());
                }
            }
        }
    }
    names.sort();
    names
}

#[test]
fn files_have_the_names_that_instruments_give() {
    let cbcl = Format::Cbcl {
        bins: [12, 23, 37],
        passing_only_from: None,
    };
    let cases = [
        (
            Format::Bcl,
            Positions::Locs,
            1 + 3 * (1 + 1 + 5),
            "BaseCalls/L001/C5.1/s_1_2101.bcl",
        ),
        (Format::BclGzip, Positions::Clocs, 22, "L002/s_2_1101.clocs"),
        (
            Format::BclBgzf,
            Positions::Locs,
            1 + 2 * (3 + 2 * 5),
            "BaseCalls/L002/0005.bcl.bgzf.bci",
        ),
        (
            cbcl,
            Positions::Shared,
            1 + 1 + 3 + 3 * 5,
            "BaseCalls/L001/C5.1/L001_2.cbcl",
        ),
    ];
    for (format, positions, count, name) in cases {
        let names = write(&run(format, positions));
        assert_eq!(names.len(), count, "{names:?}");
        assert!(
            names.contains(&format!("Data/Intensities/{name}")),
            "{names:?}"
        );
        assert!(names.contains(&"RunInfo.xml".to_owned()));
    }
}

#[test]
fn calls_are_those_of_the_format() {
    assert_eq!(call(b'A', 2), 2 << 2);
    assert_eq!(call(b'T', 63), 63 << 2 | 3);
    assert_eq!(call(b'G', 0), 1 << 2 | 2);
    assert_eq!(call(b'N', 40), NO_CALL);
}

#[test]
fn random_tiles_depend_on_seed_and_tile() {
    let size = run(Format::Bcl, Positions::Locs).tiles[0];
    let other = TileSize { lane: 2, ..size };
    let tile = |seed, size| Tile::random(seed, size, 50, &[12, 37]);
    assert_eq!(tile(1, size), tile(1, size));
    assert_ne!(tile(1, size).calls, tile(2, size).calls);
    assert_ne!(tile(1, size).calls, tile(1, other).calls);
    assert_eq!(tile(1, size).positions, tile(2, other).positions);
}

#[test]
fn what_cannot_be_written_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |run: Run, tiles: &[Tile]| {
        let written = Writer::create(folder.path(), run)
            .and_then(|mut writer| tiles.iter().try_for_each(|tile| writer.write(tile)));
        match written {
            Err(Error::Options(message)) => message,
            other => panic!("{other:?}"),
        }
    };
    let good = run(Format::Bcl, Positions::Clocs);
    let tile = |i: usize| Tile::random(1, good.tiles[i], 5, &[30]);
    let with = |tiles: [TileSize; 3]| Run {
        tiles: tiles.to_vec(),
        ..good.clone()
    };
    let [a, b, c] = [good.tiles[0], good.tiles[1], good.tiles[2]];
    assert!(refused(with([a, b, a]), &[]).contains("occurs twice"));
    assert!(refused(with([a, c, b]), &[]).contains("are not together"));
    assert!(refused(with([a, b, TileSize { tile: 999, ..c }]), &[]).contains("four digits"));
    assert!(refused(good.clone(), &[tile(1)]).contains("does not come next"));
    let mut short = tile(0);
    short.passes.pop();
    assert!(refused(good.clone(), &[short]).contains("not complete"));
    let mut unsorted = tile(0);
    unsorted.positions.swap(0, 4);
    unsorted.positions[0] = (9000, 9000);
    assert!(refused(good.clone(), &[unsorted]).contains("choose .locs"));
    let mut moved = tile(1);
    moved.positions[0] = (1, 1);
    let shared = run(Format::Bcl, Positions::Shared);
    assert!(refused(shared, &[tile(0), moved]).contains("cannot share s.locs"));
}
