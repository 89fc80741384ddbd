//! What a look-up in a table far larger than the caches costs: what seeding lives on.

use std::hint::black_box;

use anyhow::Result;

use crate::{measure::Clock, report::Row};

/// The table holds 2^BITS numbers of 4 bytes: 512 MiB.
const BITS: u32 = 27;
const STEPS: usize = 1 << 20;

pub(crate) fn measure(clock: Clock) -> Result<Vec<Row>> {
    let mask = (1_u32 << BITS) - 1;
    // Each number tells where to look next. A generator of full period is one cycle through all.
    let table: Vec<u32> = (0..1 << BITS)
        .map(|place: u32| place.wrapping_mul(1_664_525).wrapping_add(1_013_904_223) & mask)
        .collect();

    let (mut place, mut state) = (0, 1_u64);
    let mut wait = || {
        for _ in 0..STEPS {
            place = table[place as usize];
        }
        place
    };
    let mut go_ahead = || {
        let mut sum = 0_u32;
        for _ in 0..STEPS {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            sum = sum.wrapping_add(table[(state >> (64 - BITS)) as usize]);
        }
        sum
    };
    let times = clock.in_turn(&[true, false], |waiting| {
        black_box(if *waiting { wait() } else { go_ahead() });
        Ok(())
    })?;
    let (waiting, parallel) = (times[0], times[1]);
    let steps = STEPS as f64;
    Ok(vec![
        Row::new("waiting", waiting)
            .rate(steps / 1e6, "M look-ups/s")
            .figure(waiting / steps * 1e9, "ns each"),
        Row::new("parallel", parallel)
            .rate(steps / 1e6, "M look-ups/s")
            .figure(waiting / parallel, "x waiting"),
    ])
}
