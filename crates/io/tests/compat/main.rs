//! Our files against the programs that everybody reads and writes them with.

#![allow(clippy::unwrap_used)]

mod bam;
#[path = "../support/data.rs"]
mod data;
mod fasta;
mod fastq;
mod vcf;

use std::io::Write as _;
use std::process::Command;

use data::data;

/// Whether `program` can be run. Prints why a test is skipped, and fails where nothing may be.
fn have(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        skip(&format!("{program} is not installed"));
    }
    found
}

fn skip(why: &str) {
    let all = std::env::var("FAFNIR_REQUIRE").is_ok_and(|v| v == "all");
    assert!(!all, "{why}, but FAFNIR_REQUIRE=all");
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}

/// Runs a program, which must succeed in silence; gives its standard output.
fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && errors.is_empty(),
        "{program} {arguments:?}: {errors}"
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Numbers from a fixed seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (((self.0 >> 32) * u64::from(limit)) >> 32) as u32
    }
}
