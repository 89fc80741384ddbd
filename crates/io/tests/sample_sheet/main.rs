//! Sample sheets, cycles, indexes, adapters and names of demultiplexed reads.

#![allow(clippy::unwrap_used)]
// Lists of ranges are what plans of cycles are made of.
#![allow(clippy::single_range_in_vec_init)]

mod adapters;
mod barcodes;
mod cycles;
#[path = "../support/data.rs"]
mod data;
mod lanes;
mod names;
mod parse;
mod real;

use fafnir_io::bcl::override_cycles::ReadCycles;

/// A read of the run: `-8` is an index read of 8 cycles, `-1008` one read as the reverse complement.
fn reads(cycles: &[i32]) -> Vec<ReadCycles> {
    let read = |&cycles: &i32| ReadCycles {
        cycles: cycles.unsigned_abs() as usize % 1000,
        is_index: cycles < 0,
        is_reverse_complement: cycles < -1000,
    };
    cycles.iter().map(read).collect()
}
