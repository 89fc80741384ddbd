//! The PairHMM kernel against published likelihoods and a naive sum, and every backend against the
//! scalar one.
#![allow(clippy::unwrap_used)]

use std::io::Write as _;
use std::{
    env, fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use fafnir_fpga_hal::{
    Hal, HalError, Isa,
    pairhmm::{Batch, MAX_LENGTH},
};
use proptest::{collection::vec, prelude::*};

#[derive(Clone, Debug)]
struct Read {
    bases: Vec<u8>,
    /// Base quality, insertion open, deletion open, gap continuation.
    qualities: [Vec<u8>; 4],
}

fn run(hal: &Hal, reads: &[Read], haplotypes: &[Vec<u8>]) -> Vec<f64> {
    let mut batch = Batch::new();
    let haplotypes: Vec<_> = haplotypes
        .iter()
        .map(|bases| batch.push_haplotype(bases).unwrap())
        .collect();
    for read in reads {
        let [base, insertion, deletion, continuation] = &read.qualities;
        let read = batch
            .push_read(&read.bases, base, insertion, deletion, continuation)
            .unwrap();
        for &haplotype in &haplotypes {
            batch.push_pair(read, haplotype).unwrap();
        }
    }
    let mut out = Vec::new();
    hal.pairhmm(&batch, &mut out);
    out
}

fn hals() -> Vec<Hal> {
    let hal = |isa| match Hal::with_isa(isa) {
        Err(HalError::IsaUnavailable { isa }) => {
            skip(&format!("this processor lacks {isa}"));
            None
        }
        // Anything else, a failed known-answer test above all, is what these tests are for.
        result => Some(result.unwrap()),
    };
    [Isa::Scalar, Isa::Avx2]
        .into_iter()
        .filter_map(hal)
        .collect()
}

fn skip(why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
    assert_ne!(env::var("FAFNIR_REQUIRE").as_deref(), Ok("all"), "{why}");
}

fn test_data() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let path = env::var_os("FAFNIR_TEST_DATA").map_or(default, PathBuf::from);
    let path = path.join("pairhmm");
    if path.is_dir() {
        return Some(path);
    }
    skip(&format!("no PairHMM data at {}", path.display()));
    None
}

fn codes(bases: &str) -> Vec<u8> {
    let code = |base| "ACGT".find(base).unwrap_or(4) as u8;
    bases.chars().map(code).collect()
}

fn read<'a>(mut fields: impl Iterator<Item = &'a str>) -> Read {
    let bases = codes(fields.next().unwrap());
    let qualities =
        std::array::from_fn(|_| fields.next().unwrap().bytes().map(|c| c - 33).collect());
    Read { bases, qualities }
}

/// Blocks of `reads haplotypes`, the reads, the haplotypes.
fn carneiro(text: &str) -> Vec<(Vec<Read>, Vec<Vec<u8>>)> {
    let mut lines = text.lines();
    let mut blocks = Vec::new();
    while let Some(line) = lines.next() {
        let counts: Vec<usize> = line.split(' ').map(|n| n.parse().unwrap()).collect();
        let reads = lines
            .by_ref()
            .take(counts[0])
            .map(|line| read(line.split(' ')))
            .collect();
        let haplotypes = lines.by_ref().take(counts[1]).map(codes).collect();
        blocks.push((reads, haplotypes));
    }
    blocks
}

fn assert_close(got: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    for (i, (got, expected)) in got.iter().zip(expected).enumerate() {
        let error = (got - expected).abs() / expected.abs().max(1.0);
        assert!(
            error <= tolerance,
            "{what} pair {i}: {got} instead of {expected}"
        );
    }
}

#[test]
fn published_likelihoods_of_the_gatk_team() {
    let Some(data) = test_data() else { return };
    for name in ["tiny", "10s"] {
        let file = |extension| data.join("carneiro").join(format!("{name}.{extension}"));
        let expected: Vec<f64> = fs::read_to_string(file("out"))
            .unwrap()
            .lines()
            .map(|line| line.trim().parse().unwrap())
            .collect();
        let blocks = carneiro(&fs::read_to_string(file("in")).unwrap());
        let pairs: Vec<(&Read, &Vec<u8>)> = blocks
            .iter()
            .flat_map(|(reads, haplotypes)| {
                let pairs = |read| haplotypes.iter().map(move |haplotype| (read, haplotype));
                reads.iter().flat_map(pairs)
            })
            .collect();
        assert_eq!(pairs.len(), expected.len());
        // These numbers are older than two changes of the model: a base's error is divided among the
        // three wrong bases, and a read shorter than its haplotype costs no more. So they are held against
        // the textbook sum, without the first, on reads that the second does not touch.
        let (got, expected): (Vec<f64>, Vec<f64>) = pairs
            .iter()
            .zip(expected)
            .filter(|((read, haplotype), _)| read.bases.len() >= haplotype.len())
            .map(|((read, haplotype), expected)| (naive(read, haplotype, 1.0), expected))
            .unzip();
        assert!(got.len() > 200);
        assert_close(&got, &expected, 2e-5, name);
        // And the textbook sum of today's model is held against the kernel on all.
        let expected: Vec<f64> = pairs
            .iter()
            .map(|(read, haplotype)| naive(read, haplotype, 3.0))
            .collect();
        for hal in hals() {
            let got: Vec<f64> = blocks
                .iter()
                .flat_map(|(reads, haplotypes)| run(&hal, reads, haplotypes))
                .collect();
            assert_close(&got, &expected, 2e-5, name);
        }
    }
}

#[test]
fn published_likelihoods_of_gkl() {
    let Some(data) = test_data() else { return };
    let mut text = String::new();
    let file = fs::File::open(data.join("gkl/pairhmm-testdata.txt.gz")).unwrap();
    flate2::read::MultiGzDecoder::new(file)
        .read_to_string(&mut text)
        .unwrap();
    let mut batch = Batch::new();
    let mut expected = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let haplotype = batch.push_haplotype(&codes(fields[0])).unwrap();
        let Read { bases, qualities } = read(fields[1..6].iter().copied());
        let [base, insertion, deletion, continuation] = &qualities;
        let read = batch
            .push_read(&bases, base, insertion, deletion, continuation)
            .unwrap();
        batch.push_pair(read, haplotype).unwrap();
        expected.push(fields[6].parse::<f64>().unwrap());
    }
    assert!(expected.len() > 100);
    for hal in hals() {
        let mut got = Vec::new();
        hal.pairhmm(&batch, &mut got);
        assert_close(&got, &expected, 1e-5, "gkl");
    }
}

/// The model as textbooks write it, in unscaled f64 and one matrix a state.
fn naive(read: &Read, haplotype: &[u8], wrong_bases: f64) -> f64 {
    let probability = |q: u8| 10f64.powf(-f64::from(q) / 10.0);
    let (n, m) = (read.bases.len(), haplotype.len());
    if n == 0 {
        return 0.0;
    }
    let zero = vec![vec![0.0; m + 1]; n + 1];
    let (mut matched, mut inserted, mut deleted) = (zero.clone(), zero.clone(), zero);
    deleted[0].fill(1.0 / m as f64);
    for i in 1..=n {
        let at = |k: usize| probability(read.qualities[k][i - 1]);
        let (error, gcp) = (at(0), at(3));
        let scale = (at(1) + at(2)).max(1.0);
        let (ins, del) = (at(1) / scale, at(2) / scale);
        for j in 1..=m {
            let (a, b) = (read.bases[i - 1], haplotype[j - 1]);
            let agree = a == b || a > 3 || b > 3;
            let emission = if agree {
                1.0 - error
            } else {
                error / wrong_bases
            };
            matched[i][j] = emission
                * (matched[i - 1][j - 1] * (1.0 - ins - del).max(0.0)
                    + inserted[i - 1][j - 1] * (1.0 - gcp)
                    + deleted[i - 1][j - 1] * (1.0 - gcp));
            inserted[i][j] = matched[i - 1][j] * ins + inserted[i - 1][j] * gcp;
            deleted[i][j] = matched[i][j - 1] * del + deleted[i][j - 1] * gcp;
        }
    }
    let sum: f64 = (1..=m).map(|j| matched[n][j] + inserted[n][j]).sum();
    sum.log10()
}

fn reads(longest: usize) -> impl Strategy<Value = Read> {
    let quality = prop_oneof![4 => 2u8..60, 1 => any::<u8>()];
    vec(
        (
            0u8..6,
            quality.clone(),
            quality.clone(),
            quality.clone(),
            quality,
        ),
        0..longest,
    )
    .prop_map(|bases| Read {
        qualities: [
            bases.iter().map(|base| base.1).collect(),
            bases.iter().map(|base| base.2).collect(),
            bases.iter().map(|base| base.3).collect(),
            bases.iter().map(|base| base.4).collect(),
        ],
        bases: bases.iter().map(|base| base.0).collect(),
    })
}

/// A read that a haplotype explains well.
fn likely_read(haplotype: &[u8], start: usize, length: usize, quality: u8) -> Read {
    let bases = haplotype[start..start + length].to_vec();
    let constant = |q| vec![q; length];
    Read {
        bases,
        qualities: [quality, 45, 45, 10].map(constant),
    }
}

fn bits(values: &[f64]) -> Vec<u64> {
    values.iter().map(|value| value.to_bits()).collect()
}

proptest! {
    #[test]
    fn scalar_equals_the_naive_sum(read in reads(30), haplotype in vec(0u8..6, 0..40)) {
        let hal = Hal::with_isa(Isa::Scalar).unwrap();
        let expected = naive(&read, &haplotype, 3.0);
        let got = run(&hal, &[read], &[haplotype])[0];
        if expected.is_finite() {
            prop_assert!((got - expected).abs() < 1e-5 * expected.abs().max(1.0), "{got} {expected}");
        } else {
            prop_assert_eq!(got, expected);
        }
    }

    #[test]
    fn backends_agree_to_the_bit(
        reads in vec(reads(90), 0..20),
        haplotypes in vec(vec(0u8..5, 0..120), 0..5),
    ) {
        let hals = hals();
        let expected = run(&hals[0], &reads, &haplotypes);
        prop_assert!(expected.iter().all(|value| !value.is_nan() && *value < 0.31));
        for hal in &hals[1..] {
            prop_assert_eq!(bits(&run(hal, &reads, &haplotypes)), bits(&expected));
        }
    }

    #[test]
    fn backends_agree_on_likely_reads(
        haplotype in vec(0u8..4, 150..300),
        cuts in vec((0usize..100, 1usize..51, 5u8..45), 1..40),
    ) {
        let mut mutated = haplotype.clone();
        mutated.drain(70..75);
        mutated[20] = 4;
        let reads: Vec<Read> = cuts
            .iter()
            .map(|&(start, length, quality)| likely_read(&haplotype, start, length, quality))
            .collect();
        let haplotypes = [haplotype, mutated];
        let hals = hals();
        let expected = run(&hals[0], &reads, &haplotypes);
        for hal in &hals[1..] {
            prop_assert_eq!(bits(&run(hal, &reads, &haplotypes)), bits(&expected));
        }
    }
}

#[test]
fn edges() {
    let one = likely_read(&[2], 0, 1, 30);
    let empty = likely_read(&[], 0, 0, 0);
    let all_n = likely_read(&[4; 60], 0, 60, 30);
    // So unlikely that f32 gives up, and at 400 bases of quality 93 even f64 does not.
    let unlikely = Read {
        bases: vec![0; 400],
        qualities: [vec![93; 400], vec![93; 400], vec![93; 400], vec![93; 400]],
    };
    for hal in hals() {
        let haplotypes = [vec![2], vec![], vec![1; 50], vec![4; 50]];
        let out = run(
            &hal,
            &[one.clone(), empty.clone(), all_n.clone()],
            &haplotypes,
        );
        // The read enters from the deletion row: (1 - gcp) (1 - e).
        assert!((out[0] - (0.9f64 * 0.999).log10()).abs() < 1e-6);
        assert_eq!(out[1], f64::NEG_INFINITY);
        assert_eq!(out[4..8], [0.0; 4]);
        assert_eq!(out[9], f64::NEG_INFINITY);

        let out = run(
            &hal,
            std::slice::from_ref(&unlikely),
            &[vec![1; 500], vec![0; 500]],
        );
        assert!(out[0] < -300.0);
        assert!(out[1] > -1.0);
    }
}

/// Full and broken groups of lanes, of reads that end in rows of every remainder.
#[test]
fn groups_of_every_size() {
    let haplotype: Vec<u8> = (0..90).map(|i| (i * i % 11 % 5) as u8).collect();
    let haplotypes = [haplotype[..70].to_vec(), haplotype.clone(), vec![3]];
    let hals = hals();
    for count in 0..=26 {
        for longest in [1, 2, 7, 40] {
            let reads: Vec<Read> = (0..count)
                .map(|k| likely_read(&haplotype, k, longest - k % longest.min(4), 30))
                .collect();
            let expected = run(&hals[0], &reads, &haplotypes);
            for hal in &hals[1..] {
                assert_eq!(
                    bits(&run(hal, &reads, &haplotypes)),
                    bits(&expected),
                    "{count} reads of up to {longest} bases"
                );
            }
        }
    }
}

#[test]
fn longest_read() {
    let haplotype: Vec<u8> = (0..2_000).map(|i| (i * i % 7 % 4) as u8).collect();
    let long = vec![0; MAX_LENGTH];
    let [base, gap] = [vec![40; MAX_LENGTH], vec![10; MAX_LENGTH]];
    let mut batch = Batch::new();
    let read = batch.push_read(&long, &base, &gap, &gap, &gap).unwrap();
    let short = batch.push_haplotype(&haplotype[..50]).unwrap();
    batch.push_pair(read, short).unwrap();
    for hal in hals() {
        let mut out = Vec::new();
        hal.pairhmm(&batch, &mut out);
        assert!(out[0] < -1000.0 || out[0] == f64::NEG_INFINITY);
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut batch = Batch::new();
    let long = vec![0; MAX_LENGTH + 1];
    assert!(matches!(
        batch.push_haplotype(&long),
        Err(HalError::SequenceTooLong { .. })
    ));
    assert!(matches!(
        batch.push_read(&[0, 1], &[30, 30], &[45, 45], &[45], &[10, 10]),
        Err(HalError::QualityLength {
            what: "deletion open",
            ..
        })
    ));
    let read = batch.push_read(&[0], &[30], &[45], &[45], &[10]).unwrap();
    let haplotype = batch.push_haplotype(&[0]).unwrap();
    batch.clear();
    assert!(matches!(
        batch.push_pair(read, haplotype),
        Err(HalError::UnknownId { .. })
    ));
    let mut out = vec![1.0];
    Hal::new().unwrap().pairhmm(&batch, &mut out);
    assert!(out.is_empty());
}
