//! A device gives the bits of the scalar code.

use std::sync::OnceLock;

use fafnir_fpga_hal::{
    Hal, Isa,
    device::{Device, Frame, compile},
    extend::{
        self, MAX_LENGTH, Scoring,
        wire::{LEFT, PATH_SLOT, RESULT_FIELDS},
    },
    pairhmm,
};
use proptest::{collection::vec, prelude::*, test_runner::TestRunner};

use crate::{
    AMPLE, host,
    jobs::{Owned, bases, flanks, jobs, scorings},
    open_pocl, pocl,
};

/// PoCL's device with kernels from source, and from their binary.
fn devices() -> Option<[Device; 2]> {
    static BINARY: OnceLock<Vec<u8>> = OnceLock::new();
    let (icd, info) = pocl()?;
    let binary = BINARY.get_or_init(|| compile(host(), &icd, info.index, AMPLE).unwrap().1);
    let from_binary = Device::open(host(), &icd, info.index, Some(binary), AMPLE);
    Some([open_pocl()?, from_binary.unwrap()])
}

fn scalar() -> Hal {
    Hal::with_isa(Isa::Scalar).unwrap()
}

fn runner() -> TestRunner {
    TestRunner::new(ProptestConfig::with_cases(64))
}

fn batch_of(scoring: Scoring, jobs: &[Owned]) -> extend::Batch {
    let mut batch = extend::Batch::new(scoring);
    for job in jobs {
        batch.push(job.job()).unwrap();
    }
    batch
}

fn check_extend(device: &Device, scoring: Scoring, jobs: &[Owned]) {
    let batch = batch_of(scoring, jobs);
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
    let Some(devices) = devices() else { return };
    let any_jobs = prop_oneof![vec(jobs(80), 0..150), vec(flanks(), 0..40)];
    runner()
        .run(&(scorings(), any_jobs), |(scoring, jobs)| {
            for device in &devices {
                check_extend(device, scoring, &jobs);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn nasty_extensions() {
    let Some(devices) = devices() else { return };
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
        for device in &devices {
            check_extend(device, scoring, &jobs);
        }
    }
    for device in &devices {
        check_extend(device, Scoring::default(), &[]);
    }
}

/// Returns the words of each job's result, and its path.
fn results(answer: &Frame) -> Vec<(Vec<i32>, Vec<u32>)> {
    let count = answer.count as usize;
    let (words, _) = answer.payload.as_chunks::<4>();
    let (fields, mut paths) = words.split_at(RESULT_FIELDS * count);
    let result = |job: usize| {
        let words = fields[job..].iter().step_by(count);
        let found: Vec<i32> = words.map(|&word| i32::from_le_bytes(word)).collect();
        let operations = usize::try_from(found[RESULT_FIELDS - 1]).unwrap_or(0);
        let path = paths.split_off(..operations).unwrap();
        (
            found,
            path.iter().map(|&word| u32::from_le_bytes(word)).collect(),
        )
    };
    (0..count).map(result).collect()
}

#[test]
fn parts_of_a_batch_run_side_by_side() {
    let Some(device) = open_pocl() else { return };
    let ask = |question| device.submit(&question).unwrap().unwrap();
    runner()
        .run(&(vec(jobs(80), 0..150), 0usize..150), |(jobs, cut)| {
            let batch = batch_of(Scoring::default(), &jobs);
            let (count, cut) = (jobs.len(), cut.min(jobs.len()));
            let encode = |range| extend::wire::encode(&batch, range).unwrap();
            let parts = [ask(encode(0..cut)), ask(encode(cut..count))];
            let parts = parts.map(|part| results(&part.wait(AMPLE).unwrap()));
            let whole = ask(encode(0..count)).wait(AMPLE).unwrap();
            prop_assert_eq!(parts.concat(), results(&whole));
            Ok(())
        })
        .unwrap();
}

#[test]
fn what_is_too_much_for_a_device_is_left() {
    let Some(device) = open_pocl() else { return };
    // A gap of one base after each run of twenty.
    let with_gaps = |gaps: usize| {
        let target = bases(5, 21 * gaps + 20);
        let query: Vec<&[u8]> = target.chunks(21).map(|run| &run[..20]).collect();
        Owned::new(&query.concat(), &target)
    };
    let inserted = |mut job: Owned| {
        job.end_bonus = 100;
        job.query.push(4);
        job
    };
    let wide = |rows, band| Owned {
        band,
        ..Owned::new(&bases(6, rows), &bases(6, 4_000))
    };
    let score_only = |job: Owned| Owned {
        traceback: false,
        ..job
    };
    let jobs = [
        (with_gaps(0), 1),
        (with_gaps(11), 23),
        (inserted(with_gaps(11)), PATH_SLOT as i32),
        (with_gaps(12), LEFT),
        (with_gaps(30), LEFT),
        (wide(1_024, 255), 1),
        (wide(1_025, 255), LEFT),
        (wide(1_024, 256), LEFT),
        (score_only(wide(1_025, 256)), 0),
        (score_only(wide(4_000, 2_000)), 0),
        (score_only(wide(4_200, 4_200)), LEFT),
    ];
    let (jobs, operations): (Vec<_>, Vec<_>) = jobs.into_iter().unzip();
    let batch = batch_of(Scoring::default(), &jobs);
    let question = extend::wire::encode(&batch, 0..batch.len()).unwrap();
    let answer = device.submit(&question).unwrap().unwrap().wait(AMPLE);
    let results = results(&answer.unwrap());
    let counts: Vec<i32> = results.iter().map(|(found, _)| found[5]).collect();
    assert_eq!(counts, operations);
    check_extend(&device, Scoring::default(), &jobs);
}

#[test]
fn a_batch_beyond_the_memory_runs_in_slices() {
    let Some(device) = open_pocl() else { return };
    // Half a megabyte of columns each.
    let job = Owned {
        band: u16::MAX,
        ..Owned::new(&[0], &bases(8, MAX_LENGTH))
    };
    let other = |index: u8| Owned {
        query: vec![index % 5],
        traceback: false,
        ..job.clone()
    };
    let jobs: Vec<Owned> = (0..=255).chain(0..=255).chain(0..10).map(other).collect();
    check_extend(&device, Scoring::default(), &jobs);

    let mut batch = pairhmm::Batch::new();
    let haplotype = batch.push_haplotype(&job.target).unwrap();
    for quality in (0..=255).chain(0..=99) {
        let read = push_read(&mut batch, &[(quality % 5, quality, 45, 45, 10)]);
        batch.push_pair(read, haplotype).unwrap();
    }
    check_pairhmm(&device, &batch);
}

fn check_pairhmm(device: &Device, batch: &pairhmm::Batch) {
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
    let Some(devices) = devices() else { return };
    let quality = || prop_oneof![4 => 2u8..60, 1 => any::<u8>()];
    let base = (0u8..6, quality(), quality(), quality(), quality());
    let any_reads = vec(vec(base, 0..90), 0..20);
    let any_haplotypes = vec(vec(0u8..5, 0..120), 0..5);
    runner()
        .run(&(any_reads, any_haplotypes), |(reads, haplotypes)| {
            let batch = all_pairs(&reads, &haplotypes);
            for device in &devices {
                check_pairhmm(device, &batch);
            }
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
            let batch = all_pairs(&reads, &[haplotype, other]);
            for device in &devices {
                check_pairhmm(device, &batch);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn nasty_pairs() {
    let Some(devices) = devices() else { return };
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
    for device in &devices {
        check_pairhmm(device, &all_pairs(&reads[..6], &haplotypes));
        check_pairhmm(device, &all_pairs(&reads[6..], &haplotypes[..3]));
        check_pairhmm(device, &pairhmm::Batch::new());
    }
}
