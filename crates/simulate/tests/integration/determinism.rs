use fafnir_simulate::Simulation;
use rayon::ThreadPoolBuilder;
use sha2::{Digest, Sha256};

use crate::{contents, small};

/// Of the decompressed files of `small(7, 9000)`. A change of these changes everybody's simulated data: it belongs
/// into the changelog.
const PINNED: [(&str, &str); 6] = [
    (
        "ref.fa",
        "75032ed245e8c091dfbf90ca852be64de81124a09d23c46459e0d8f160c5d297",
    ),
    (
        "reads_R1.fastq.gz",
        "9e755b9f5cada6a36d8b64cb52d28dd050e71a07d3385b3520a02e6e1ac2ed0e",
    ),
    (
        "truth.vcf",
        "3274d2b6f700ee606407856a677230de7bc4cc64d469f5bf56a70e992b7fd62a",
    ),
    (
        "truth.bed",
        "6ee46fa888254ea01a22c92462631532a9dd24e690ce5b4e479fe4dadaaf3967",
    ),
    (
        "reads_R2.fastq.gz",
        "275d7c717203b35b1d8d800623a8cc77a9368f787f206548e239da02a4ae5b94",
    ),
    (
        "positions.tsv.gz",
        "46f328fcfa7235e50bcb35c5140fd3ddb6530ad1f5baefcd261ef510ca222d66",
    ),
];

#[test]
fn the_same_bytes_at_any_number_of_threads_and_in_any_release() {
    let mut runs = [1, 2, 7].map(|threads| {
        let directory = tempfile::tempdir().unwrap();
        let pool = ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let written = pool
            .install(|| Simulation::new(small(7, 9000)).write_to(directory.path()))
            .unwrap();
        let compressed = [
            std::fs::read(&written.r1).unwrap(),
            std::fs::read(written.r2.as_ref().unwrap()).unwrap(),
        ];
        (contents(&written), compressed)
    });
    assert!(
        runs[0] == runs[1] && runs[0] == runs[2],
        "threads change the result"
    );
    let digest = |(name, text): (String, Vec<u8>)| (name, format!("{:x}", Sha256::digest(text)));
    let digests: Vec<_> = std::mem::take(&mut runs[0].0)
        .into_iter()
        .map(digest)
        .collect();
    let pinned: Vec<_> = PINNED
        .iter()
        .map(|(name, digest)| ((*name).to_string(), (*digest).to_string()))
        .collect();
    assert_eq!(digests, pinned);
}

#[test]
fn progress_is_told_to_the_end() {
    let directory = tempfile::tempdir().unwrap();
    let seen = std::cell::RefCell::new(Vec::new());
    let simulation = Simulation::new(small(1, 5000)).on_progress(|stage, done, total| {
        seen.borrow_mut().push((stage.name(), done, total));
    });
    let written = simulation.write_to(directory.path()).unwrap();
    drop(simulation);
    let seen = seen.into_inner();
    for (stage, total) in [
        ("genome", written.bases),
        ("variants", written.bases),
        ("reads", 5000),
    ] {
        assert!(seen.contains(&(stage, total, total)), "{seen:?}");
    }
}
