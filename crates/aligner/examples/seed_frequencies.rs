//! Prints how many seeds of an index have how many places:
//! `cargo run --release -p fafnir-aligner --example seed_frequencies -- REF.fafnir`.

use std::{env, error::Error, path::Path};

use fafnir_aligner::Index;

fn main() -> Result<(), Box<dyn Error>> {
    let Some(path) = env::args_os().nth(1) else {
        return Err("give an index, REF.fafnir".into());
    };
    let index = Index::open(Path::new(&path))?;
    print!("{}", index.get().seed_frequencies());
    Ok(())
}
