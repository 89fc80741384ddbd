//! A device gives the bits of the scalar code.

use std::cell::RefCell;

use fafnir_fpga_hal::{
    Hal, Isa,
    device::Device,
    extend::{self, MAX_LENGTH, Scoring},
    pairhmm,
};
use proptest::{collection::vec, prelude::*, test_runner::TestRunner};

use crate::{
    AMPLE,
    jobs::{Owned, bases, jobs, scorings},
    open_pocl,
};

fn scalar() -> Hal {
    Hal::with_isa(Isa::Scalar).unwrap()
}

fn runner() -> TestRunner {
    TestRunner::new(ProptestConfig::with_cases(64))
}

fn check_extend(device: &mut Device, scoring: Scoring, jobs: &[Owned]) {
    let mut batch = extend::Batch::new(scoring);
    for job in jobs {
        batch.push(job.job()).unwrap();
    }
    let (mut got, mut expected) = Default::default();
    device.extend(&batch, &mut got, AMPLE).unwrap();
    scalar().extend(&batch, &mut expected);
    assert_eq!(got.len(), jobs.len());
    let answer = |results: &extend::Results, i| {
        let local = (
            results.score(i),
            results.query_end(i),
            results.target_end(i),
        );
        let end_to_end = (results.end_to_end_score(i), results.end_to_end_target(i));
        (
            local,
            end_to_end,
            results.chosen(i),
            results.cigar(i).to_vec(),
        )
    };
    for (i, job) in jobs.iter().enumerate() {
        assert_eq!(answer(&got, i), answer(&expected, i), "job {i}: {job:?}");
    }
}

#[test]
fn extend_equals_the_scalar_code() {
    let Some(device) = open_pocl() else { return };
    let device = RefCell::new(device);
    runner()
        .run(&(scorings(), vec(jobs(80), 0..150)), |(scoring, jobs)| {
            check_extend(&mut device.borrow_mut(), scoring, &jobs);
            Ok(())
        })
        .unwrap();
}

#[test]
fn nasty_extensions() {
    let Some(mut device) = open_pocl() else {
        return;
    };
    let long = bases(1, 20_000);
    let mut jobs = vec![
        Owned::new(&[], &[]),
        Owned::new(&[0], &[]),
        Owned::new(&[], &[0]),
        Owned::new(&[0], &[0]),
        Owned::new(&[0], &[1]),
        Owned::new(&[4; 50], &[4; 50]),
        Owned::new(&[4; 50], &bases(2, 60)),
        Owned::new(&bases(2, 150), &bases(3, 300)),
        Owned::new(&long[..3_700], &long[..3_800]),
        Owned::new(&long, &long[10..]),
    ];
    for job in jobs.clone() {
        for (band, z_drop) in [(0, 0), (1, 10), (9, 0), (u16::MAX, 100)] {
            let band = if job.query.len() > 5_000 {
                band.min(200)
            } else {
                band
            };
            jobs.push(Owned {
                band,
                z_drop,
                reversed: band == 1,
                traceback: false,
                ..job.clone()
            });
        }
    }
    let longest = bases(4, MAX_LENGTH);
    jobs.push(Owned {
        band: 3,
        traceback: false,
        ..Owned::new(&longest, &longest)
    });
    for match_score in [1, 127] {
        let scoring = Scoring {
            match_score,
            mismatch: 127,
            ..Scoring::default()
        };
        check_extend(&mut device, scoring, &jobs);
    }
    check_extend(&mut device, Scoring::default(), &[]);
}

fn check_pairhmm(device: &mut Device, batch: &pairhmm::Batch) {
    let (mut got, mut expected) = (vec![1.0], Vec::new());
    device.pairhmm(batch, &mut got, AMPLE).unwrap();
    scalar().pairhmm(batch, &mut expected);
    let bits = |values: &[f64]| {
        values
            .iter()
            .map(|value| value.to_bits())
            .collect::<Vec<_>>()
    };
    assert_eq!(bits(&got), bits(&expected));
}

/// Base, its quality, insertion open, deletion open, gap continuation.
type ReadBase = (u8, u8, u8, u8, u8);

fn push_read(batch: &mut pairhmm::Batch, read: &[ReadBase]) -> pairhmm::ReadId {
    let array = |of: fn(&ReadBase) -> u8| read.iter().map(of).collect::<Vec<u8>>();
    batch
        .push_read(
            &array(|base| base.0),
            &array(|base| base.1),
            &array(|base| base.2),
            &array(|base| base.3),
            &array(|base| base.4),
        )
        .unwrap()
}

fn all_pairs(reads: &[Vec<ReadBase>], haplotypes: &[Vec<u8>]) -> pairhmm::Batch {
    let mut batch = pairhmm::Batch::new();
    let reads: Vec<_> = reads
        .iter()
        .map(|read| push_read(&mut batch, read))
        .collect();
    for haplotype in haplotypes {
        let haplotype = batch.push_haplotype(haplotype).unwrap();
        for &read in &reads {
            batch.push_pair(read, haplotype).unwrap();
        }
    }
    batch
}

#[test]
fn pairhmm_equals_the_scalar_code() {
    let Some(device) = open_pocl() else { return };
    let device = RefCell::new(device);
    let quality = || prop_oneof![4 => 2u8..60, 1 => any::<u8>()];
    let base = (0u8..6, quality(), quality(), quality(), quality());
    let any_reads = vec(vec(base, 0..90), 0..20);
    let any_haplotypes = vec(vec(0u8..5, 0..120), 0..5);
    runner()
        .run(&(any_reads, any_haplotypes), |(reads, haplotypes)| {
            check_pairhmm(&mut device.borrow_mut(), &all_pairs(&reads, &haplotypes));
            Ok(())
        })
        .unwrap();

    // Reads that a haplotype explains: their sums stay in f32.
    let cuts = vec((0usize..100, 1usize..101, 5u8..45), 1..40);
    runner()
        .run(&(vec(0u8..4, 200..300), cuts), |(haplotype, cuts)| {
            let cut = |&(start, length, quality): &(usize, usize, u8)| {
                let bases = haplotype[start..start + length].iter();
                bases.map(|&base| (base, quality, 45, 45, 10)).collect()
            };
            let reads: Vec<Vec<ReadBase>> = cuts.iter().map(cut).collect();
            let mut other = haplotype.clone();
            other.drain(70..75);
            other[20] = 4;
            check_pairhmm(
                &mut device.borrow_mut(),
                &all_pairs(&reads, &[haplotype, other]),
            );
            Ok(())
        })
        .unwrap();
}

#[test]
fn nasty_pairs() {
    let Some(mut device) = open_pocl() else {
        return;
    };
    let constant = |base, quality, gap, length| vec![(base, quality, gap, gap, gap); length];
    let reads = [
        vec![],
        constant(2, 30, 45, 1),
        constant(4, 30, 45, 60),
        constant(0, 93, 93, 400),
        constant(0, 255, 255, 300),
        constant(1, 0, 0, 40),
        constant(3, 40, 10, MAX_LENGTH),
    ];
    let haplotypes = [
        vec![],
        vec![2],
        vec![4; 50],
        vec![1; 500],
        vec![0; 500],
        bases(7, 5_000),
    ];
    check_pairhmm(&mut device, &all_pairs(&reads[..6], &haplotypes));
    check_pairhmm(&mut device, &all_pairs(&reads[6..], &haplotypes[..3]));
    check_pairhmm(&mut device, &pairhmm::Batch::new());
}
