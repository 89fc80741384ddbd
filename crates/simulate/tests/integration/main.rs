//! The simulator as other programs see it: files.
#![allow(clippy::unwrap_used)]

mod determinism;
mod given;
mod testdata;
mod tools;

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use fafnir_simulate::genome::GenomeOptions;
use fafnir_simulate::reads::ReadOptions;
use fafnir_simulate::{SimulationOptions, Written};
use flate2::read::MultiGzDecoder;

/// A genome of 300 kb in two contigs, and some reads of it.
fn small(seed: u64, pairs: u64) -> SimulationOptions {
    SimulationOptions {
        seed,
        genome: GenomeOptions::of_size(300_000, 2),
        reads: ReadOptions {
            pairs: Some(pairs),
            ..ReadOptions::default()
        },
        ..SimulationOptions::default()
    }
}

/// Every file that was written, decompressed, by its name.
fn contents(written: &Written) -> Vec<(String, Vec<u8>)> {
    let always = [
        &written.reference,
        &written.r1,
        &written.truth_vcf,
        &written.truth_bed,
    ];
    let paths = always
        .into_iter()
        .chain(&written.r2)
        .chain(&written.positions);
    paths
        .map(|path| {
            (
                path.file_name().unwrap().to_str().unwrap().to_string(),
                text(path),
            )
        })
        .collect()
}

fn text(path: &Path) -> Vec<u8> {
    if path.extension().is_none_or(|extension| extension != "gz") {
        return fs::read(path).unwrap();
    }
    let mut text = Vec::new();
    MultiGzDecoder::new(File::open(path).unwrap())
        .read_to_end(&mut text)
        .unwrap();
    text
}
