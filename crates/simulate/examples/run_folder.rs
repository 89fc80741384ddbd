//! Makes a run folder to measure `fafnir bcl` with:
//! `cargo run --release -p fafnir-simulate --example run_folder -- FOLDER FORMAT MILLIONS`.
//!
//! FORMAT is bcl, bcl.gz, bgzf or cbcl; a lane of 96 samples with two indexes and 2x76 bases, in
//! tiles of a million clusters, with a sample sheet beside it.

use std::{env, error::Error, fmt::Write, fs, path::PathBuf};

use fafnir_simulate::run_folder::{Format, Run, RunRead, Tile, TileSize, Writer, call};

const CLUSTERS: u32 = 1_000_000;
const READ: usize = 76;
const INDEX: usize = 8;
const SAMPLES: usize = 96;
const SEED: u64 = 4;
/// As often as a NovaSeq gives them, about.
const QUALITIES: [u8; 16] = [
    37, 37, 37, 37, 37, 37, 37, 37, 37, 37, 37, 37, 37, 25, 25, 11,
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, format, millions] = arguments.as_slice() else {
        return Err("give FOLDER FORMAT MILLIONS".into());
    };
    let format = match format.as_str() {
        "bcl" => Format::Bcl,
        "bcl.gz" => Format::BclGzip,
        "bgzf" => Format::BclBgzf,
        "cbcl" => Format::Cbcl {
            bins: [11, 25, 37],
            passing_only_from: Some(26),
        },
        other => return Err(format!("{other} is no format").into()),
    };
    let tiles: Vec<TileSize> = (0..millions.parse()?)
        .map(|tile: u32| TileSize {
            lane: 1,
            tile: 1101 + tile / 16 * 100 + tile % 16,
            clusters: CLUSTERS,
        })
        .collect();
    let run = Run {
        reads: vec![
            RunRead::template(READ),
            RunRead::index(INDEX),
            RunRead::index(INDEX),
            RunRead::template(READ),
        ],
        format,
        tiles: tiles.clone(),
        ..Run::default()
    };
    let cycles = run.cycles();
    let folder = PathBuf::from(folder);
    let mut writer = Writer::create(&folder, run)?;
    for size in tiles {
        let mut tile = Tile::random(SEED, size, cycles, &QUALITIES);
        for (cluster, calls) in tile.calls.chunks_exact_mut(cycles).enumerate() {
            let index = &mut calls[READ..READ + 2 * INDEX];
            for (slot, base) in index.iter_mut().zip(barcode(cluster % SAMPLES)) {
                *slot = call(base, 37);
            }
        }
        writer.write(&tile)?;
    }
    let mut sheet = "[BCLConvert_Settings]\n\
        BarcodeMismatchesIndex1,0\nBarcodeMismatchesIndex2,0\n\
        [BCLConvert_Data]\nSample_ID,index,index2\n"
        .to_owned();
    for sample in 0..SAMPLES {
        let barcode = barcode(sample).map(char::from);
        let (first, second) = barcode.split_at(INDEX);
        let text = |bases: &[char]| bases.iter().collect::<String>();
        writeln!(sheet, "s{sample},{},{}", text(first), text(second))?;
    }
    fs::write(folder.join("SampleSheet.csv"), sheet)?;
    Ok(())
}

/// Two indexes in one; those of two samples differ in two bases of each or more.
fn barcode(sample: usize) -> [u8; 2 * INDEX] {
    std::array::from_fn(|base| b"ACGT"[((sample >> (2 * (base % 4))) & 3) ^ ((base / 4) & 3)])
}
