//! Makes `testdata/` again: `cargo run -p fafnir-simulate --example testdata [DIRECTORY]`.

use std::path::PathBuf;

use fafnir_simulate::genome::GenomeOptions;
use fafnir_simulate::reads::ReadOptions;
use fafnir_simulate::variants::VariantOptions;
use fafnir_simulate::{Error, Simulation, SimulationOptions};

/// What the test of this example uses too.
pub(crate) fn options() -> SimulationOptions {
    SimulationOptions {
        seed: 20,
        genome: GenomeOptions {
            contigs: vec![("chr1".into(), 17_000), ("chr2".into(), 8_000)],
            tandem_per_10kb: 8.0,
            ..GenomeOptions::default()
        },
        // Twice the usual, for there to be some indels.
        variants: VariantOptions {
            snv_rate: 0.002,
            ..VariantOptions::default()
        },
        reads: ReadOptions {
            pairs: Some(1200),
            ..ReadOptions::default()
        },
        positions: true,
    }
}

fn main() -> Result<(), Error> {
    let testdata = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata"));
    let directory = std::env::args_os().nth(1).map_or(testdata, PathBuf::from);
    let written = Simulation::new(options()).write_to(&directory)?;
    println!(
        "{} pairs and {} variants in {}",
        written.pairs,
        written.variants,
        directory.display()
    );
    Ok(())
}
