//! Prints each kernel's speed in billions of cells a second (GCUPS), on one thread of this machine.
//!
//! ```text
//! cargo run --release -p fafnir-fpga-hal --example kernel_speed [SECONDS]
//! ```

use std::{
    env,
    error::Error,
    time::{Duration, Instant},
};

use fafnir_fpga_hal::{Hal, HalError, Isa, extend, pairhmm};

const JOBS: usize = 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let seconds = env::args()
        .nth(1)
        .map_or(Ok(2.0), |seconds| seconds.parse())?;
    let time = Duration::try_from_secs_f64(seconds)?;
    println!("kernel\tisa\tGCUPS");
    for isa in [Isa::Scalar, Isa::Avx2] {
        let hal = match Hal::with_isa(isa) {
            Ok(hal) => hal,
            Err(error) => {
                println!("SKIPPED: {error}");
                continue;
            }
        };
        for (name, work, gaps) in [
            ("", Work::Wide, false),
            (" gaps", Work::Wide, true),
            (" flanks", Work::Flanks, false),
            (" flanks gaps", Work::Flanks, true),
        ] {
            for (kernel, traceback) in [("extend", false), ("extend+cigar", true)] {
                let (batch, cells) = extensions(traceback, work, gaps)?;
                let mut results = extend::Results::default();
                let speed = measure(time, cells, || hal.extend(&batch, &mut results));
                println!("{kernel}{name}\t{isa}\t{speed:.2}");
            }
        }
        let (batch, cells) = pairs()?;
        let mut out = Vec::new();
        let speed = measure(time, cells, || hal.pairhmm(&batch, &mut out));
        println!("pairhmm\t{isa}\t{speed:.2}");
    }
    Ok(())
}

/// Runs for `time` and takes the fastest run: other programs only ever slow one down.
fn measure(time: Duration, cells: usize, mut run: impl FnMut()) -> f64 {
    let start = Instant::now();
    let mut fastest = f64::INFINITY;
    while start.elapsed() < time {
        let start = Instant::now();
        run();
        fastest = fastest.min(start.elapsed().as_secs_f64());
    }
    cells as f64 / fastest / 1e9
}

/// Shapes of extensions.
#[derive(Clone, Copy)]
enum Work {
    /// bwa's band and 200 target bases, whatever the query's length.
    Wide,
    /// The band and the target that a query's length calls for; one in twenty matches nowhere.
    Flanks,
}

/// What is left of reads of 150 bases beside a seed, on either side of it, with 1 % of errors, and
/// with a deletion if there are to be `gaps`: then the band cannot be narrowed by what the diagonal
/// loses. All cells inside the band are counted, whether a kernel looks at them or not.
fn extensions(traceback: bool, work: Work, gaps: bool) -> Result<(extend::Batch, usize), HalError> {
    let mut random = Random(1);
    let mut batch = extend::Batch::new(extend::Scoring::default());
    let mut cells = 0;
    for index in 0..JOBS {
        let reversed = index % 2 == 0;
        let (n, m, band) = match work {
            Work::Wide => (30 + random.below(100), 200, 100),
            Work::Flanks => {
                let n = 20 + random.below(130);
                let band = (n - 5).min(100);
                (n, n + band, band)
            }
        };
        let target: Vec<u8> = (0..m).map(|_| random.below(4) as u8).collect();
        let mut query = if reversed {
            target[m - n..].to_vec()
        } else {
            target[..n].to_vec()
        };
        let errors = match work {
            Work::Flanks if index % 20 == 0 => 100,
            _ => 1,
        };
        for base in &mut query {
            if random.below(100) < errors {
                *base = random.below(4) as u8;
            }
        }
        if gaps {
            let start = random.below(n / 2);
            query.drain(start..start + 1 + random.below(10));
        }
        let n = query.len();
        batch.push(extend::Job {
            query: &query,
            target: &target,
            reversed,
            band: band as u16,
            z_drop: 0,
            traceback,
            ..extend::Job::default()
        })?;
        cells += (1..=n)
            .map(|i| m.min(i + band) - i.saturating_sub(band).max(1) + 1)
            .sum::<usize>();
    }
    Ok((batch, cells))
}

/// Reads of 150 bases against two haplotypes of 350.
fn pairs() -> Result<(pairhmm::Batch, usize), HalError> {
    let mut random = Random(2);
    let mut batch = pairhmm::Batch::new();
    let mut haplotype: Vec<u8> = (0..350).map(|_| random.below(4) as u8).collect();
    let reference = batch.push_haplotype(&haplotype)?;
    haplotype[175] ^= 1;
    let alternative = batch.push_haplotype(&haplotype)?;
    let mut cells = 0;
    for _ in 0..32 {
        let start = random.below(200);
        let read = &haplotype[start..start + 150];
        let qualities: Vec<u8> = (0..150).map(|_| 20 + random.below(21) as u8).collect();
        let read = batch.push_read(read, &qualities, &[45; 150], &[45; 150], &[10; 150])?;
        for haplotype in [reference, alternative] {
            batch.push_pair(read, haplotype)?;
            cells += 150 * 350;
        }
    }
    Ok((batch, cells))
}

/// A linear congruential generator (Knuth's MMIX).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % bound
    }
}
