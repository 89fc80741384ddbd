//! Reads a tile: its filter, its positions, and cycle after cycle its calls.

use std::path::PathBuf;

use super::calls::{Expected, Source, find};
use super::folder::Lane;
use super::tile_index::Part;
use super::transpose::transpose;
use super::{BclError, BclErrorKind, Missing, RunFolder, TileCalls, TileId, filter, locs};

/// Cycles that are held cycle-major before they are transposed: a cache line of each cluster's
/// calls is then written in few goes, for a tenth more memory.
const GROUP: usize = 32;

/// A cycle that was found.
type Found = Option<(PathBuf, Source)>;

impl RunFolder {
    /// Reads a tile into `out`. `cycles` are 0-based and in any order; what a cluster is does not
    /// depend on them but in one way: where a file of one of them leaves out clusters that did not
    /// pass the filter, so does `out`.
    ///
    /// What could not be read is returned, where `missing` says to fill it. A tile of which nothing
    /// tells the number of clusters then has none.
    ///
    /// # Errors
    ///
    /// There is no such tile, or, where `missing` says to refuse it, a file of the tile is missing,
    /// damaged, or disagrees with the others.
    pub fn read_tile(
        &self,
        tile: TileId,
        cycles: &[usize],
        missing: Missing,
        out: &mut TileCalls,
    ) -> Result<Vec<BclError>, BclError> {
        let mut reader = TileReader {
            lane: self.lane(tile)?,
            tile,
            problems: Problems {
                missing,
                errors: Vec::new(),
            },
        };
        reader.read(cycles, out)?;
        Ok(reader.problems.errors)
    }
}

/// Errors that are to be lived with.
struct Problems {
    missing: Missing,
    errors: Vec<BclError>,
}

impl Problems {
    /// The value; `None` where there is none and that is to be lived with.
    fn tolerate<T>(&mut self, result: Result<T, BclError>) -> Result<Option<T>, BclError> {
        match (result, self.missing) {
            (Ok(value), _) => Ok(Some(value)),
            (Err(error), Missing::FillWithN) => {
                self.errors.push(error);
                Ok(None)
            }
            (Err(error), Missing::Refuse) => Err(error),
        }
    }
}

struct TileReader<'a> {
    lane: &'a Lane,
    tile: TileId,
    problems: Problems,
}

impl TileReader<'_> {
    fn read(&mut self, cycles: &[usize], out: &mut TileCalls) -> Result<(), BclError> {
        let part = match self.problems.tolerate(self.lane.part(self.tile))? {
            Some(part) => part,
            None => {
                // Nothing else can be found in files that a lane shares.
                out.clear(cycles.len());
                return Ok(());
            }
        };
        out.cycles = cycles.len();
        let total = self.read_filter(part, out)?;
        let found = self.find_cycles(cycles, part)?;
        let passing_only = found
            .iter()
            .flatten()
            .any(|(_, source)| source.passing_only());

        let filtered = passing_only && total.is_some();
        let expected = match total {
            Some(_) if filtered => Some(Expected {
                clusters: out.passes.iter().filter(|passes| **passes).count(),
                by: "the clusters that pass its .filter file",
            }),
            Some(total) => Some(total),
            None => self.first_readable(&found, passing_only, out),
        };
        out.clusters = expected.map_or(0, |expected| expected.clusters);
        self.read_calls(cycles, &found, passing_only, total, expected, out)?;
        self.read_positions(part, total.or(expected), filtered, out)?;
        if total.is_none() || filtered {
            out.passes.clear();
            out.passes.resize(out.clusters, true);
        }
        Ok(())
    }

    /// Reads the filter, and says how many clusters the tile has before it is applied.
    fn read_filter(
        &mut self,
        part: Option<Part>,
        out: &mut TileCalls,
    ) -> Result<Option<Expected>, BclError> {
        let path = self.lane.filter(self.tile);
        let read = filter::read(&path, self.tile, part, &mut out.bytes, &mut out.passes);
        Ok(self.problems.tolerate(read)?.map(|()| Expected {
            clusters: out.passes.len(),
            by: "its .filter file",
        }))
    }

    fn find_cycles(
        &mut self,
        cycles: &[usize],
        part: Option<Part>,
    ) -> Result<Vec<Found>, BclError> {
        let mut all = Vec::with_capacity(cycles.len());
        for cycle in cycles {
            let found = find(self.lane, self.tile, *cycle, part);
            let found =
                found.map_err(|(path, kind)| BclError::of_cycle(&path, self.tile, *cycle, kind));
            all.push(self.problems.tolerate(found)?);
        }
        Ok(all)
    }

    /// Without a filter the first cycle that can be read says how many clusters there are.
    fn first_readable(
        &self,
        found: &[Found],
        passing_only: bool,
        out: &mut TileCalls,
    ) -> Option<Expected> {
        let mut candidates = found.iter().flatten();
        candidates.find_map(|(path, source)| {
            if source.passing_only() != passing_only {
                return None;
            }
            let read = source.read(path, None, &mut out.scratch, &mut out.bytes);
            read.ok().map(|()| Expected {
                clusters: out.bytes.len(),
                by: "the first cycle that can be read",
            })
        })
    }

    fn read_calls(
        &mut self,
        cycles: &[usize],
        found: &[Found],
        passing_only: bool,
        total: Option<Expected>,
        expected: Option<Expected>,
        out: &mut TileCalls,
    ) -> Result<(), BclError> {
        let TileCalls {
            clusters,
            calls,
            passes,
            rows,
            scratch,
            ..
        } = out;
        calls.resize(*clusters * cycles.len(), 0);
        rows.resize_with(GROUP.min(cycles.len()), Vec::new);
        for (group, found) in found.chunks(GROUP).enumerate() {
            let first = group * GROUP;
            for ((row, found), cycle) in rows.iter_mut().zip(found).zip(&cycles[first..]) {
                let mut done = false;
                if let Some((path, source)) = found {
                    // A cycle with all clusters among others with only those that pass: the filter
                    // says which, if there is one.
                    let whole = passing_only && !source.passing_only();
                    let wanted = if whole { total } else { expected };
                    if let Some(wanted) = wanted {
                        let read = source
                            .read(path, Some(wanted), scratch, row)
                            .map_err(|kind| BclError::of_cycle(path, self.tile, *cycle, kind));
                        done = self.problems.tolerate(read)?.is_some();
                    }
                    if done && whole {
                        let mut passes = passes.iter();
                        row.retain(|_| passes.next() == Some(&true));
                    }
                }
                if !done {
                    row.clear();
                    row.resize(*clusters, 0);
                }
            }
            transpose(&rows[..found.len()], calls, cycles.len(), first);
        }
        Ok(())
    }

    /// Reads positions; of them there must be `expected`, of which those that pass are kept if
    /// `filtered`.
    fn read_positions(
        &mut self,
        part: Option<Part>,
        expected: Option<Expected>,
        filtered: bool,
        out: &mut TileCalls,
    ) -> Result<(), BclError> {
        let path = self.lane.positions(self.tile);
        let read = locs::read(&path, self.tile, part, &mut out.bytes, &mut out.positions);
        let read = read.and_then(|()| match expected {
            Some(Expected { clusters, by }) if clusters != out.positions.len() => {
                let kind = BclErrorKind::Clusters {
                    found: out.positions.len() as u64,
                    expected: clusters as u64,
                    by,
                };
                Err(BclError::of_tile(&path, self.tile, kind))
            }
            _ => Ok(()),
        });
        if self.problems.tolerate(read)?.is_none() {
            out.positions.clear();
            out.positions.extend((0..out.clusters).map(made_up));
        } else if filtered {
            let mut passes = out.passes.iter();
            out.positions.retain(|_| passes.next() == Some(&true));
        }
        // Without any count there are no clusters, whatever the positions say.
        out.positions.truncate(out.clusters);
        Ok(())
    }
}

/// A position that no other cluster of the tile has.
fn made_up(cluster: usize) -> (u32, u32) {
    let (row, column) = (cluster / 10_000, cluster % 10_000);
    (1000 + column as u32, 1000 + row as u32)
}

impl TileCalls {
    /// No clusters.
    fn clear(&mut self, cycles: usize) {
        self.clusters = 0;
        self.cycles = cycles;
        self.calls.clear();
        self.passes.clear();
        self.positions.clear();
    }
}
