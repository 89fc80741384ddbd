//! Batches spread over the CPU and devices that fail or lie: always the CPU's results.
#![allow(clippy::unwrap_used)]

// The same jobs that the CPU's backends are asked.
#[allow(dead_code)]
#[path = "../extend/jobs.rs"]
mod jobs;

use std::{env, fs, io::Write as _, path::PathBuf, time::Duration};

use fafnir_fpga_hal::{
    Checked, Hal, Isa, Ledger, Policy, Usage,
    device::Device,
    extend::{self, Scoring},
    pairhmm,
};
use proptest::{collection::vec, prelude::*, test_runner::TestRunner};
use tempfile::TempDir;

/// Longer than anything takes that works.
const AMPLE: Duration = Duration::from_secs(120);

/// The example that stands in for a device host.
fn faulty_host() -> PathBuf {
    let tests = env::current_exe().unwrap();
    let host = tests
        .parent()
        .unwrap()
        .with_file_name("examples")
        .join("faulty_host");
    assert!(host.is_file(), "cargo test builds {}", host.display());
    host
}

fn open(fault: &str) -> Device {
    let folder = TempDir::new().unwrap();
    let icd = folder.path().join("faulty.icd");
    fs::write(&icd, fault).unwrap();
    Device::open(&faulty_host(), &icd, 0, None, AMPLE).unwrap()
}

fn hal(faults: &[&str], policy: Policy) -> Hal {
    let devices = faults.iter().map(|fault| open(fault)).collect();
    Hal::new().unwrap().with_devices(devices, policy)
}

fn policy(checked: Checked) -> Policy {
    Policy {
        usage: Usage::Always,
        checked,
        // A busy machine must not take good answers for late.
        patience: AMPLE,
    }
}

/// Bases that look random; the same for the same seed.
fn bases(seed: usize, length: usize) -> Vec<u8> {
    let mut state = seed as u64 + 1;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as u8 % 4
    };
    (0..length).map(|_| next()).collect()
}

fn extensions(jobs: usize) -> extend::Batch {
    let mut batch = extend::Batch::new(Scoring::default());
    for job in 0..jobs {
        let mut query = bases(job, 20 + job % 90);
        let target = bases(job, query.len() + 20);
        // A substitution, and in every third a deletion.
        query[job % 20] ^= 1;
        if job % 3 == 0 {
            query.drain(10..13);
        }
        batch
            .push(extend::Job {
                query: &query,
                target: &target,
                reversed: job % 5 == 0,
                band: 20,
                traceback: job % 7 != 0,
                ..extend::Job::default()
            })
            .unwrap();
    }
    batch
}

fn pairs(count: usize) -> pairhmm::Batch {
    let mut batch = pairhmm::Batch::new();
    for pair in 0..count {
        let haplotype = batch.push_haplotype(&bases(pair, 120)).unwrap();
        let mut read = bases(pair, 60 + pair % 40);
        read[pair % 30] ^= 2;
        let constant = |value| vec![value; read.len()];
        let read = batch
            .push_read(
                &read,
                &constant(30),
                &constant(45),
                &constant(45),
                &constant(10),
            )
            .unwrap();
        batch.push_pair(read, haplotype).unwrap();
    }
    batch
}

/// Everything that a batch of extensions results in.
fn extended(hal: &Hal, batch: &extend::Batch) -> Vec<(i32, extend::Extension, i32, Vec<u32>)> {
    let mut results = extend::Results::default();
    hal.extend(batch, &mut results);
    let result = |i| {
        (
            results.score(i),
            results.chosen(i),
            results.end_to_end_score(i),
            results.cigar(i).to_vec(),
        )
    };
    (0..results.len()).map(result).collect()
}

/// Runs batches of both kernels and holds them against the scalar code.
fn check(hal: &Hal) -> Ledger {
    let scalar = Hal::with_isa(Isa::Scalar).unwrap();
    let before = hal.ledger();
    for jobs in [0, 1, 63, 500, 3_000] {
        let batch = extensions(jobs);
        assert_eq!(
            extended(hal, &batch),
            extended(&scalar, &batch),
            "{jobs} jobs"
        );
        let batch = pairs(jobs / 4);
        let (mut got, mut expected) = (Vec::new(), Vec::new());
        hal.pairhmm(&batch, &mut got);
        scalar.pairhmm(&batch, &mut expected);
        let bits = |all: &[f64]| all.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&got), bits(&expected), "{} pairs", batch.len());
    }
    let ledger = hal.ledger().since(&before);
    let total: u64 = ledger
        .shares
        .iter()
        .map(|share| share.extend + share.pairhmm)
        .sum();
    assert_eq!(total, 3_564 + 890, "each job counts once");
    ledger
}

#[test]
fn good_devices_take_their_shares() {
    for checked in [Checked::Sampled, Checked::All] {
        let hal = hal(&["none", "none"], policy(checked));
        let ledger = check(&hal);
        assert_eq!(ledger.incidents, []);
        assert_eq!(ledger.shares.len(), 3);
        for share in &ledger.shares[1..] {
            assert!(share.extend > 100 && share.pairhmm > 100, "{ledger:?}");
        }
    }
}

/// Any job, on a device and on the CPU beside it.
#[test]
fn results_are_those_of_the_scalar_code() {
    let hal = hal(&["none"], policy(Checked::All));
    let scalar = Hal::with_isa(Isa::Scalar).unwrap();
    let any_jobs = vec(prop_oneof![jobs::jobs(80), jobs::flanks()], 0..200);
    TestRunner::new(ProptestConfig::with_cases(64))
        .run(&(jobs::scorings(), any_jobs), |(scoring, jobs)| {
            let mut batch = extend::Batch::new(scoring);
            for job in &jobs {
                batch.push(job.job()).unwrap();
            }
            assert_eq!(extended(&hal, &batch), extended(&scalar, &batch));
            Ok(())
        })
        .unwrap();
    let ledger = hal.ledger();
    assert_eq!(ledger.incidents, []);
    assert!(ledger.shares[1].extend > 1_000, "{ledger:?}");
}

#[test]
fn a_device_that_fails_or_lies_is_quarantined() {
    for (fault, named) in [
        ("die", "ended"),
        ("late", "did not answer"),
        ("short", "results are not as many as"),
        ("garbage", "is not what it must be"),
        ("every", "is not what the CPU computes"),
    ] {
        let mut policy = policy(Checked::Sampled);
        if fault == "late" {
            policy.patience = Duration::from_secs(5);
        }
        let hal = hal(&[fault, "none"], policy);
        let ledger = check(&hal);
        let [incident] = &ledger.incidents[..] else {
            panic!("{fault}: {ledger:?}");
        };
        assert!(incident.what.contains(named), "{fault}: {incident}");
        assert!(incident.quarantined);
        // The other goes on.
        assert!(ledger.shares[2].extend > 100, "{fault}: {ledger:?}");
        // And the first stays out.
        assert_eq!(check(&hal).shares[1].extend, 0, "{fault}");
    }
}

#[test]
fn a_device_that_refuses_is_asked_again_but_not_for_ever() {
    let hal = hal(&["refuse"], policy(Checked::Sampled));
    let first = check(&hal);
    check(&hal);
    check(&hal);
    assert!(!first.incidents[0].quarantined);
    assert_eq!(check(&hal).incidents, []);
    let quarantined = hal.ledger().incidents;
    assert_eq!(quarantined.len(), 8);
    assert!(quarantined[7].quarantined && quarantined[7].what.contains("not today"));
}

/// One consistent lie in a batch is found for certain only where all is computed again.
#[test]
fn one_wrong_job_of_32768() {
    let batch = extensions(32_768);
    let scalar = extended(&Hal::with_isa(Isa::Scalar).unwrap(), &batch);
    let hal = hal(&["once"], policy(Checked::All));
    assert_eq!(extended(&hal, &batch), scalar);
    let ledger = hal.ledger();
    assert!(
        ledger.incidents[0]
            .what
            .contains("is not what the CPU computes"),
        "{ledger:?}"
    );
    let _ = writeln!(
        std::io::stderr(),
        "one wrong job of 32768 is found with probability {} in the sampled mode",
        Checked::Sampled.detection(32_768, 1)
    );
}

#[test]
fn a_slow_device_gets_nothing_unless_it_is_named() {
    // Scalar code in another process is slower than this one's lane.
    let policy = Policy {
        usage: Usage::WhenFaster,
        ..policy(Checked::Sampled)
    };
    if Hal::new().unwrap().isa() == Isa::Scalar {
        let _ = writeln!(std::io::stderr(), "SKIPPED: this processor has no AVX2");
        return;
    }
    let ledger = check(&hal(&["none"], policy));
    assert_eq!((ledger.shares[1].extend, ledger.shares[1].pairhmm), (0, 0));
}

#[test]
fn many_threads_share_a_device() {
    let hal = hal(&["none"], policy(Checked::Sampled));
    let batch = extensions(2_000);
    let expected = extended(&Hal::with_isa(Isa::Scalar).unwrap(), &batch);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..3 {
                    assert!(extended(&hal, &batch) == expected);
                }
            });
        }
    });
    let shares = hal.ledger().shares;
    assert_eq!(shares[0].extend + shares[1].extend, 24_000);
}
