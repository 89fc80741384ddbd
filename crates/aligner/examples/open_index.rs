//! Times the ways of an index into memory:
//! `cargo run --release -p fafnir-aligner --example open_index -- REF.fafnir [mapped|resident]`.

use std::{env, error::Error, path::Path, time::Instant};

use fafnir_aligner::{Index, IndexLoader};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let Some(path) = arguments.first() else {
        return Err("give an index, REF.fafnir".into());
    };
    let loader = arguments
        .get(1)
        .map_or(Ok(IndexLoader::Mapped), |l| l.parse())?;
    let clock = Instant::now();
    let (index, check) = Index::load(Path::new(path), loader)?;
    println!("{loader:?}: {:.3} s to use", clock.elapsed().as_secs_f64());
    let clock = Instant::now();
    let proof = check.run()?;
    let seconds = clock.elapsed().as_secs_f64();
    println!(
        "{seconds:.3} s to compare {:.3} GB, {} contigs",
        proof.digest.size as f64 / 1e9,
        index.reference().contigs().len()
    );
    Ok(())
}
