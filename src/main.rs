//! The program `fafnir`.

mod cli;

use std::process::ExitCode;

// Workers allocate in bursts of a batch each; a library must not choose for its host, a program may.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
