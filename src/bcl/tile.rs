//! A tile's clusters: told apart, counted, and made into the reads of their libraries.

use std::mem;

use fafnir_io::bcl::adapters::MASKED_QUALITY;
use fafnir_io::bcl::read_name::{ReadName, ReadNames, push_umi};
use fafnir_io::bcl::{BclError, Missing, RunFolder, TileCalls, TileId};

use super::lane::Lane;
use super::recipe::{OutputRead, Piece, Recipe};
use super::reports::{LaneLayout, Statistics, TileCounter};
use crate::error::Error;

/// Takes the reads of one tile, cluster after cluster.
pub(super) trait ReadSink {
    /// What a tile's reads become.
    type Made;

    /// Takes a read.
    fn take(&mut self, read: &MadeRead<'_>) -> Result<(), Error>;

    /// Ends the tile.
    fn finish(self) -> Result<Self::Made, Error>;
}

/// A read as FASTQ has it: trimmed or masked, and turned where the sheet asks for it.
pub(super) struct MadeRead<'a> {
    /// Place of the cluster's library among the lane's recipes.
    pub(super) library: usize,
    pub(super) read: &'a OutputRead,
    pub(super) name: ReadName<'a>,
    names: &'a ReadNames,
    pub(super) bases: &'a [u8],
    /// As many, with the offset 33.
    pub(super) qualities: &'a [u8],
}

/// What came of a tile.
pub(super) struct TileReads<T> {
    /// Clusters that pass the filter.
    pub(super) clusters: u64,
    /// Those of them that no sample claims.
    pub(super) undetermined: u64,
    /// What the sink made of its reads.
    pub(super) made: T,
    /// What was filled.
    pub(super) warnings: Vec<BclError>,
    /// What the reports count.
    pub(super) statistics: Statistics,
}

/// Memory that is used again from one tile to the next.
#[derive(Default)]
pub(super) struct Scratch {
    calls: TileCalls,
    cluster: Cluster,
}

/// A cluster's calls as text, and what is made of them.
#[derive(Default)]
struct Cluster {
    bases: Vec<u8>,
    qualities: Vec<u8>,
    umi: Vec<u8>,
    umi_part: Vec<u8>,
    unknown: [Vec<u8>; 2],
    index: Vec<u8>,
    read_bases: Vec<u8>,
    read_qualities: Vec<u8>,
}

/// Bases and qualities as FASTQ has them, by call.
struct Letters {
    bases: [u8; 256],
    qualities: [u8; 256],
}

const LETTERS: Letters = letters();

const fn letters() -> Letters {
    let mut letters = Letters {
        bases: [b'N'; 256],
        qualities: [b'!' + MASKED_QUALITY; 256],
    };
    let mut call = 1;
    while call < 256 {
        letters.bases[call] = b"ACGT"[call & 3];
        letters.qualities[call] = b'!' + (call >> 2) as u8;
        call += 1;
    }
    letters
}

impl MadeRead<'_> {
    /// Appends the read's name with its `@`, without a line end.
    pub(super) fn push_name(&self, out: &mut Vec<u8>) {
        self.names.push(&self.name, out);
    }
}

/// Reads a tile and makes its reads.
pub(super) fn read<S: ReadSink>(
    folder: &RunFolder,
    lane: &Lane,
    layout: &LaneLayout,
    tile: TileId,
    missing: Missing,
    scratch: &mut Scratch,
    mut sink: S,
) -> Result<TileReads<S::Made>, Error> {
    let Scratch { calls, cluster } = scratch;
    let warnings = folder.read_tile(tile, &lane.cycles, missing, calls)?;
    let mut counter = TileCounter::new(layout, tile.tile);
    let (mut clusters, mut undetermined) = (0, 0);
    for i in (0..calls.clusters).filter(|&i| calls.passes[i]) {
        cluster.decode(calls.cluster(i));
        let [first, second] = lane
            .index_reads
            .each_ref()
            .map(|c| &cluster.bases[c.clone()]);
        let found = lane.plan.demultiplexer.assign(first, second);
        clusters += 1;
        undetermined += u64::from(found.is_none());
        if found.is_none() {
            cluster.take_unknown(&lane.unknown);
        }
        let library = counter.cluster(found, cluster.unknown.each_ref().map(Vec::as_slice));
        let Some(recipe) = lane.recipes.get(library) else {
            continue;
        };
        cluster.prepare(recipe);
        for read in &recipe.reads {
            let adapter = cluster.make(read);
            if let Some(sequencing) = read.sequencing {
                for columns in &read.piece.columns {
                    let calls = &calls.cluster(i)[columns.clone()];
                    counter.read(library, sequencing, calls);
                }
                if let Some((start, bases)) = adapter {
                    counter.adapter(library, sequencing, start, bases);
                }
            }
            let (x, y) = calls.positions[i];
            sink.take(&MadeRead {
                library,
                read,
                name: ReadName {
                    tile: tile.tile,
                    x,
                    y,
                    umi: &cluster.umi,
                    read: read.number,
                    passed_filter: true,
                    index: &cluster.index,
                },
                names: &lane.names,
                bases: &cluster.read_bases,
                qualities: &cluster.read_qualities,
            })?;
        }
    }
    Ok(TileReads {
        clusters,
        undetermined,
        made: sink.finish()?,
        warnings,
        statistics: counter.finish(),
    })
}

impl Cluster {
    fn decode(&mut self, calls: &[u8]) {
        self.bases.clear();
        self.qualities.clear();
        let letter = |of: &'static [u8; 256]| move |&call: &u8| of[usize::from(call)];
        self.bases.extend(calls.iter().map(letter(&LETTERS.bases)));
        self.qualities
            .extend(calls.iter().map(letter(&LETTERS.qualities)));
    }

    /// Makes what all reads of the cluster have in their names.
    fn prepare(&mut self, recipe: &Recipe) {
        self.umi.clear();
        for piece in &recipe.umis {
            self.umi_part.clear();
            piece.push(&self.bases, &mut self.umi_part);
            push_umi(&self.umi_part, piece.turned, &mut self.umi);
        }
        self.index.clear();
        if recipe.indexes.is_empty() {
            self.index
                .extend_from_slice(recipe.sample_number.to_string().as_bytes());
        }
        for (i, piece) in recipe.indexes.iter().enumerate() {
            if i > 0 {
                self.index.push(b'+');
            }
            let start = self.index.len();
            piece.push(&self.bases, &mut self.index);
            turn_bases(piece, &mut self.index[start..]);
        }
    }

    /// Takes the indexes of a cluster that no library claims.
    fn take_unknown(&mut self, pieces: &[Piece; 2]) {
        for (index, piece) in self.unknown.iter_mut().zip(pieces) {
            index.clear();
            piece.push(&self.bases, index);
        }
    }

    /// Makes the bases and qualities of a read; gives the start of its adapter, if it has one, and
    /// how many of its bases were trimmed or masked.
    fn make(&mut self, read: &OutputRead) -> Option<(usize, usize)> {
        let (bases, qualities) = (&mut self.read_bases, &mut self.read_qualities);
        bases.clear();
        qualities.clear();
        read.piece.push(&self.bases, bases);
        read.piece.push(&self.qualities, qualities);
        let trimmed = read.trimmer.as_ref().map(|trimmer| trimmer.trim(bases));
        let adapter = trimmed.filter(|trimmed| trimmed.adapter_start < bases.len());
        let adapter = adapter.map(|trimmed| {
            let kept = trimmed.unmasked.min(trimmed.length);
            let removed = bases.len() - kept;
            bases.truncate(trimmed.length);
            qualities.truncate(trimmed.length);
            bases[kept..].fill(b'N');
            qualities[kept..].fill(b'!' + MASKED_QUALITY);
            (trimmed.adapter_start, removed)
        });
        if read.piece.turned {
            turn_bases(&read.piece, bases);
            qualities.reverse();
        }
        adapter
    }
}

/// Makes bases their reverse complement, where the piece is turned.
fn turn_bases(piece: &Piece, bases: &mut [u8]) {
    if !piece.turned {
        return;
    }
    bases.reverse();
    for base in bases {
        *base = match mem::take(base) {
            b'A' => b'T',
            b'C' => b'G',
            b'G' => b'C',
            b'T' => b'A',
            other => other,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_a_base_and_a_quality() {
        let mut cluster = Cluster::default();
        cluster.decode(&[0, 2 << 2, 37 << 2 | 1, 11 << 2 | 2, 40 << 2 | 3]);
        assert_eq!(cluster.bases, b"NACGT");
        assert_eq!(cluster.qualities, b"##F,I");
    }
}
