//! Finds the sample of a cluster from its index reads.

mod code;
mod collision;
mod error;

use std::ops::Range;

use rustc_hash::FxHashMap;

use self::code::{Code, PLACES};
use self::collision::Check;
pub use self::error::{BarcodeError, BarcodeErrorKind, Collision};
use super::override_cycles::CyclePlan;

/// The indexes of one line of a sample sheet, for one lane.
#[derive(Clone, Debug)]
pub struct Barcode<'a> {
    /// Line of the sheet, which errors name.
    pub line: usize,
    /// The sample. Lines of one sample may be as close as they like.
    pub sample: usize,
    /// The two indexes in the order of the run's cycles, so already turned where the run reads the
    /// reverse complement; empty for none.
    pub indexes: [&'a [u8]; 2],
    /// Mismatches allowed in each index (`BarcodeMismatchesIndex1` and `2`).
    pub mismatches: [u8; 2],
    /// The use of the run's cycles for this line.
    pub plan: &'a CyclePlan,
}

/// How strictly the barcodes of a lane are checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DemultiplexOptions {
    /// An index may be shorter than its cycles; its first cycles then count. A lane may have no
    /// second index. As in bcl2fastq2; BCL Convert asks for `OverrideCycles`.
    pub allow_shorter: bool,
    /// Different indexes must be far enough from each other in each index read by itself
    /// (`IndependentIndexCollisionCheck`), not only in both together.
    pub independent: bool,
}

/// The line that claims a read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// Place of its barcode among those that the demultiplexer was made of.
    pub barcode: usize,
    /// Mismatches in each index.
    pub mismatches: [u32; 2],
}

/// Assigns the clusters of one lane to the lines of a sample sheet.
///
/// ```
/// use fafnir_io::bcl::barcodes::{Barcode, DemultiplexOptions, Demultiplexer};
/// use fafnir_io::bcl::override_cycles::{CyclePlan, ReadCycles};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let read = |cycles, is_index| ReadCycles { cycles, is_index, is_reverse_complement: false };
/// let plan = CyclePlan::new(&[read(50, false), read(6, true)], None)?;
/// let barcode = |line, sample, index: &'static [u8]| {
///     Barcode { line, sample, indexes: [index, b""], mismatches: [1, 1], plan: &plan }
/// };
/// let barcodes = [barcode(20, 0, b"ACGTAC"), barcode(21, 1, b"TTTGGG")];
/// let demultiplexer = Demultiplexer::new(1, &barcodes, DemultiplexOptions::default())?;
/// assert_eq!(demultiplexer.assign(b"TTTGNG", b"").map(|m| m.barcode), Some(1));
/// assert_eq!(demultiplexer.assign(b"TTTNNG", b""), None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Demultiplexer {
    targets: Vec<Target>,
    /// Place of each cycle of the index reads, by index read.
    places: [Vec<Option<u8>>; 2],
    sets: Vec<CycleSet>,
}

/// A barcode in places.
#[derive(Clone, Debug)]
struct Target {
    code: Code,
    /// Its places, by index.
    masks: [u64; 2],
    mismatches: [u32; 2],
    sample: usize,
}

/// Barcodes over the same cycles.
#[derive(Clone, Debug)]
struct CycleSet {
    mask: u64,
    exact: FxHashMap<(u64, u64), u32>,
    /// By runs of cycles in one of which a read within the mismatches has none.
    near: Vec<Table>,
}

#[derive(Clone, Debug)]
struct Table {
    mask: u64,
    targets_of: FxHashMap<(u64, u64), Range<u32>>,
    targets: Vec<u32>,
}

impl Demultiplexer {
    /// A demultiplexer of one lane.
    ///
    /// One barcode without indexes, alone in its lane, takes all reads.
    ///
    /// # Errors
    /// When an index does not go with its cycles, two lines have the same indexes, or two lines of
    /// different samples could claim the same read.
    ///
    /// # Complexity
    /// Near linear in the number of barcodes, unless they are so close that they collide.
    pub fn new(
        lane: u8,
        barcodes: &[Barcode<'_>],
        options: DemultiplexOptions,
    ) -> Result<Self, BarcodeError> {
        let cycles = cycles_of(lane, barcodes, options)?;
        let places = place(lane, barcodes, &cycles)?;
        let targets: Vec<Target> = barcodes
            .iter()
            .zip(&cycles)
            .map(|(barcode, cycles)| Target::new(barcode, cycles, &places))
            .collect();
        check(lane, barcodes, &targets, options)?;
        let sets = CycleSet::of(&targets);
        Ok(Self {
            targets,
            places,
            sets,
        })
    }

    /// The line that claims a cluster with these index reads, given with all their cycles in the
    /// run's order; missing cycles are `N`, and an index read that the run lacks is empty.
    ///
    /// A line claims a read when each of its indexes differs in at most the mismatches allowed in
    /// it; `N` differs. Lines of one sample may claim the same read: the one with fewer mismatches
    /// gets it, then the earlier one.
    #[inline]
    pub fn assign(&self, index1: &[u8], index2: &[u8]) -> Option<Match> {
        let mut read = Code::default();
        for (places, bases) in self.places.iter().zip([index1, index2]) {
            for (place, &base) in places.iter().zip(bases) {
                if let Some(place) = place {
                    read.set((*place).into(), base);
                }
            }
        }
        let exact = self
            .sets
            .iter()
            .filter(|set| read.is_called(set.mask))
            .filter_map(|set| set.exact.get(&read.key(set.mask)))
            .min();
        match exact {
            Some(&barcode) => Some(Match {
                barcode: barcode as usize,
                mismatches: [0, 0],
            }),
            None => self.nearest(&read),
        }
    }

    fn nearest(&self, read: &Code) -> Option<Match> {
        let mut best: Option<(u32, u32, [u32; 2])> = None;
        for table in self.sets.iter().flat_map(|set| &set.near) {
            if !read.is_called(table.mask) {
                continue;
            }
            let Some(range) = table.targets_of.get(&read.key(table.mask)) else {
                continue;
            };
            for &at in &table.targets[range.start as usize..range.end as usize] {
                let target = &self.targets[at as usize];
                let difference = read.difference(&target.code);
                let mismatches = target.masks.map(|mask| (difference & mask).count_ones());
                if mismatches[0] <= target.mismatches[0] && mismatches[1] <= target.mismatches[1] {
                    let candidate = (mismatches[0] + mismatches[1], at, mismatches);
                    best = Some(best.map_or(candidate, |best| best.min(candidate)));
                }
            }
        }
        best.map(|(_, barcode, mismatches)| Match {
            barcode: barcode as usize,
            mismatches,
        })
    }
}

/// The cycles of each barcode's indexes, counted from the start of its index read.
fn cycles_of(
    lane: u8,
    barcodes: &[Barcode<'_>],
    options: DemultiplexOptions,
) -> Result<Vec<[Vec<usize>; 2]>, BarcodeError> {
    // One sample alone takes all reads, whatever cycles the run has for indexes it was not given.
    let alone = barcodes.len() == 1;
    let no_second =
        options.allow_shorter && barcodes.iter().all(|barcode| barcode.indexes[1].is_empty());
    let mut all = Vec::with_capacity(barcodes.len());
    for barcode in barcodes {
        let error = |index, kind| BarcodeError {
            lane,
            line: barcode.line,
            index,
            kind,
        };
        let reads = barcode.plan.index_reads().count();
        if reads > 2 {
            return Err(error(1, BarcodeErrorKind::IndexReads(reads)));
        }
        let mut cycles = [const { Vec::new() }; 2];
        for (read, cycles) in barcode.plan.index_reads().zip(&mut cycles) {
            *cycles = read
                .kept
                .iter()
                .cloned()
                .flatten()
                .map(|cycle| cycle - read.span.start)
                .collect();
        }
        let no_index = alone && barcode.indexes.iter().all(|index| index.is_empty());
        if no_index {
            cycles = Default::default();
        }
        if !alone && barcode.indexes.iter().all(|index| index.is_empty()) {
            let other = barcodes.iter().find(|other| other.line != barcode.line);
            let other = other.map_or(barcode.line, |other| other.line);
            return Err(error(1, BarcodeErrorKind::NoIndex { other }));
        }
        for (i, cycles) in cycles.iter_mut().enumerate() {
            let index = String::from_utf8_lossy(barcode.indexes[i]);
            let text = || index.clone().into_owned();
            let length = barcode.indexes[i].len();
            if let Some(character) = index.chars().find(|base| !"ACGT".contains(*base)) {
                let text = text();
                return Err(error(
                    i + 1,
                    BarcodeErrorKind::Character { text, character },
                ));
            }
            if length > cycles.len() {
                return Err(error(
                    i + 1,
                    BarcodeErrorKind::TooLong {
                        text: text(),
                        cycles: cycles.len(),
                    },
                ));
            }
            let may_be_shorter = options.allow_shorter && (length > 0 || (i == 1 && no_second));
            if length < cycles.len() && !may_be_shorter {
                return Err(error(
                    i + 1,
                    BarcodeErrorKind::TooShort {
                        text: text(),
                        cycles: cycles.len(),
                    },
                ));
            }
            cycles.truncate(length);
        }
        all.push(cycles);
    }
    Ok(all)
}

/// A place for each cycle that any barcode has a base in.
fn place(
    lane: u8,
    barcodes: &[Barcode<'_>],
    cycles: &[[Vec<usize>; 2]],
) -> Result<[Vec<Option<u8>>; 2], BarcodeError> {
    let mut places = [const { Vec::new() }; 2];
    let mut next = 0_usize;
    for (i, places) in places.iter_mut().enumerate() {
        let end = cycles
            .iter()
            .flat_map(|cycles| &cycles[i])
            .max()
            .map_or(0, |last| last + 1);
        *places = vec![None; end];
        for &cycle in cycles.iter().flat_map(|cycles| &cycles[i]) {
            places[cycle] = Some(0);
        }
        for place in places.iter_mut().flatten() {
            *place = next.min(PLACES) as u8;
            next += 1;
        }
    }
    match barcodes.first() {
        Some(first) if next > PLACES => Err(BarcodeError {
            lane,
            line: first.line,
            index: 1,
            kind: BarcodeErrorKind::IndexCycles(next),
        }),
        _ => Ok(places),
    }
}

fn check(
    lane: u8,
    barcodes: &[Barcode<'_>],
    targets: &[Target],
    options: DemultiplexOptions,
) -> Result<(), BarcodeError> {
    let mut seen = FxHashMap::default();
    for (i, target) in targets.iter().enumerate() {
        let mask = target.masks[0] | target.masks[1];
        if let Some(other) = seen.insert((mask, target.code.key(mask)), i) {
            return Err(BarcodeError {
                lane,
                line: barcodes[i].line,
                index: 1,
                kind: BarcodeErrorKind::Duplicate {
                    indexes: indexes(&barcodes[i]),
                    other: barcodes[other].line,
                },
            });
        }
    }
    let checks = [
        Check::Combined,
        Check::Independent(0),
        Check::Independent(1),
    ];
    for &check in &checks[..if options.independent { 3 } else { 1 }] {
        if let Some(found) = collision::find(targets, check) {
            let (first, second) = (&barcodes[found.first], &barcodes[found.second]);
            return Err(BarcodeError {
                lane,
                line: second.line,
                index: if check == Check::Independent(1) { 2 } else { 1 },
                kind: BarcodeErrorKind::Collision(Box::new(Collision {
                    indexes: indexes(second),
                    mismatches: mismatches(second),
                    other: first.line,
                    other_indexes: indexes(first),
                    other_mismatches: mismatches(first),
                })),
            });
        }
    }
    Ok(())
}

fn indexes(barcode: &Barcode<'_>) -> String {
    let [first, second] = barcode.indexes.map(String::from_utf8_lossy);
    if second.is_empty() {
        first.into_owned()
    } else {
        format!("{first}+{second}")
    }
}

fn mismatches(barcode: &Barcode<'_>) -> String {
    let [first, second] = barcode.mismatches;
    if barcode.indexes[1].is_empty() {
        first.to_string()
    } else {
        format!("{first} and {second}")
    }
}

impl Target {
    fn new(barcode: &Barcode<'_>, cycles: &[Vec<usize>; 2], places: &[Vec<Option<u8>>; 2]) -> Self {
        let (mut code, mut masks) = (Code::default(), [0_u64; 2]);
        for i in 0..2 {
            for (&cycle, &base) in cycles[i].iter().zip(barcode.indexes[i]) {
                if let Some(place) = places[i][cycle] {
                    code.set(place.into(), base);
                    masks[i] |= 1 << place;
                }
            }
        }
        Self {
            code,
            masks,
            mismatches: barcode.mismatches.map(u32::from),
            sample: barcode.sample,
        }
    }
}

impl CycleSet {
    fn of(targets: &[Target]) -> Vec<Self> {
        let mut masks: Vec<[u64; 2]> = targets.iter().map(|target| target.masks).collect();
        masks.sort_unstable();
        masks.dedup();
        masks
            .into_iter()
            .map(|masks| Self::new(targets, masks))
            .collect()
    }

    fn new(targets: &[Target], masks: [u64; 2]) -> Self {
        let mask = masks[0] | masks[1];
        let of_set: Vec<u32> = (0..targets.len() as u32)
            .filter(|&i| targets[i as usize].masks == masks)
            .collect();
        let exact = of_set
            .iter()
            .map(|&i| (targets[i as usize].code.key(mask), i))
            .collect();
        let most = |i: usize| {
            let mismatches = of_set.iter().map(|&t| targets[t as usize].mismatches[i]);
            mismatches.max().unwrap_or(0)
        };
        let most = [most(0), most(1)];
        let near = if most == [0, 0] {
            Vec::new()
        } else {
            let runs = code::split_both(masks, most);
            runs.into_iter()
                .map(|run| Table::new(targets, &of_set, run))
                .collect()
        };
        Self { mask, exact, near }
    }
}

impl Table {
    fn new(targets: &[Target], of_set: &[u32], mask: u64) -> Self {
        let mut entries: Vec<((u64, u64), u32)> = of_set
            .iter()
            .map(|&i| (targets[i as usize].code.key(mask), i))
            .collect();
        entries.sort_unstable();
        let mut targets_of = FxHashMap::default();
        let mut start = 0;
        for bucket in entries.chunk_by(|x, y| x.0 == y.0) {
            let end = start + bucket.len() as u32;
            targets_of.insert(bucket[0].0, start..end);
            start = end;
        }
        Self {
            mask,
            targets_of,
            targets: entries.into_iter().map(|(_, i)| i).collect(),
        }
    }
}
