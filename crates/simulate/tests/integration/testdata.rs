#[allow(dead_code, reason = "its main is the example's")]
#[path = "../../examples/testdata.rs"]
mod example;

use std::fs;
use std::path::Path;

use fafnir_simulate::Simulation;

#[test]
fn testdata_is_what_the_example_makes() {
    let directory = tempfile::tempdir().unwrap();
    let written = Simulation::new(example::options())
        .write_to(directory.path())
        .unwrap();
    let committed = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata"));
    let always = [
        &written.reference,
        &written.r1,
        &written.truth_vcf,
        &written.truth_bed,
    ];
    let mut size = 0;
    for path in always
        .into_iter()
        .chain(&written.r2)
        .chain(&written.positions)
    {
        let made = fs::read(path).unwrap();
        size += made.len();
        let kept = committed.join(path.file_name().unwrap());
        let same = fs::read(&kept).is_ok_and(|kept| kept == made);
        assert!(
            same,
            "{} differs: `cargo run -p fafnir-simulate --example testdata`",
            kept.display()
        );
    }
    assert!(size < 300_000, "{size} bytes");
}
