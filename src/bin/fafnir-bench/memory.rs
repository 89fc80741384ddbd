//! What a look-up in a table far larger than the caches costs, with small pages and with huge ones:
//! what seeding lives on.

use std::{fs, hint::black_box, io};

use anyhow::{Context, Result};
use memmap2::MmapMut;

use crate::{measure::Clock, report::Row};

const STEPS: usize = 1 << 20;

/// The part of a table that must lie in huge pages for it to count as one that does.
const MOST: f64 = 0.9;

/// Measures tables of 2^`bits` numbers of 4 bytes.
pub(crate) fn measure(clock: Clock, bits: u32) -> Result<Vec<Row>> {
    let small = Table::new(bits, Pages::Small)?;
    let huge = Table::new(bits, Pages::Huge)?;
    let share = huge_share(&huge)?;

    let mut rivals = vec![(&small, true), (&small, false)];
    if share >= MOST {
        rivals.extend([(&huge, true), (&huge, false)]);
    }
    let (mut place, mut state) = (0, 1);
    let times = clock.in_turn(&rivals, |&(table, waiting)| {
        black_box(if waiting {
            table.wait(&mut place)
        } else {
            table.go_ahead(&mut state)
        });
        Ok(())
    })?;

    let row = |on: &str, seconds| {
        let steps = STEPS as f64;
        Row::new(on, seconds)
            .rate(steps / 1e6, "M look-ups/s")
            .figure(seconds / steps * 1e9, "ns each")
    };
    let mut rows = vec![
        row("waiting", times[0]),
        row("parallel", times[1]).figure(times[0] / times[1], "x waiting"),
    ];
    let names = ["waiting, huge", "parallel, huge"];
    rows.extend(
        names
            .into_iter()
            .enumerate()
            .map(|(which, name)| match times.get(2 + which) {
                Some(&seconds) => {
                    row(name, seconds).figure(times[which] / seconds, "x small pages")
                }
                None => Row::without_figures(name).note(format!(
                    "huge pages not given: the system put {:.0} % of the table there",
                    100.0 * share
                )),
            }),
    );
    Ok(rows)
}

/// How a table is to lie in memory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Pages {
    Small,
    Huge,
}

/// Each number tells where to look next, in one cycle through all.
struct Table {
    bytes: MmapMut,
    bits: u32,
}

impl Table {
    fn new(bits: u32, pages: Pages) -> Result<Self> {
        let length = 4 << bits;
        let mut bytes = MmapMut::map_anon(length)
            .with_context(|| format!("cannot map a table of {} MiB", length >> 20))?;
        // A wish, made before there are any pages. Whether it was granted is looked up, and a system
        // that has no huge pages need not be asked for small ones.
        let _ = advise(&bytes, pages);
        let mask = (1_u32 << bits) - 1;
        for (place, number) in bytes.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            // A generator of full period.
            let next = (place as u32)
                .wrapping_mul(1_664_525)
                .wrapping_add(1_013_904_223);
            *number = (next & mask).to_le_bytes();
        }
        Ok(Self { bytes, bits })
    }

    /// Looks up where the look-up before says.
    fn wait(&self, place: &mut u32) -> u32 {
        let (table, _) = self.bytes.as_chunks::<4>();
        for _ in 0..STEPS {
            *place = u32::from_le_bytes(table[*place as usize]);
        }
        *place
    }

    /// Looks up places that are known beforehand.
    fn go_ahead(&self, state: &mut u64) -> u32 {
        let (table, _) = self.bytes.as_chunks::<4>();
        let mut sum = 0_u32;
        for _ in 0..STEPS {
            *state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let place = (*state >> (64 - self.bits)) as usize;
            sum = sum.wrapping_add(u32::from_le_bytes(table[place]));
        }
        sum
    }
}

#[cfg(target_os = "linux")]
fn advise(bytes: &MmapMut, pages: Pages) -> io::Result<()> {
    bytes.advise(match pages {
        Pages::Small => memmap2::Advice::NoHugePage,
        Pages::Huge => memmap2::Advice::HugePage,
    })
}

#[cfg(not(target_os = "linux"))]
fn advise(_: &MmapMut, _: Pages) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The part of a table that lies in huge pages, as far as the system tells.
fn huge_share(table: &Table) -> Result<f64> {
    let smaps = match fs::read_to_string("/proc/self/smaps") {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0.0),
        smaps => smaps.context("cannot read /proc/self/smaps")?,
    };
    let (start, length) = (table.bytes.as_ptr() as usize, table.bytes.len());
    let huge = huge_bytes(&smaps, start as u64, (start + length) as u64);
    Ok((huge as f64 / length as f64).min(1.0))
}

/// Bytes in huge pages of the mappings that overlap `start..end`, from the text of
/// `/proc/PID/smaps` (proc_pid_smaps(5)).
pub(crate) fn huge_bytes(smaps: &str, start: u64, end: u64) -> u64 {
    let (mut inside, mut bytes) = (false, 0);
    for line in smaps.lines() {
        let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
        if first == "AnonHugePages:" && inside {
            let kibibytes = rest.trim().trim_end_matches(" kB").parse::<u64>();
            bytes += kibibytes.unwrap_or(0) << 10;
        } else if let Some((from, to)) = first.split_once('-') {
            let address = |text| u64::from_str_radix(text, 16);
            inside = matches!((address(from), address(to)), (Ok(from), Ok(to)) if from < end && to > start);
        }
    }
    bytes
}
