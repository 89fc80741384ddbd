//! Random reads to a run folder and back: cycles, indexes, UMIs, lanes, tiles and formats as they come.

use std::collections::{BTreeMap, BTreeSet};

use fafnir::simulate::run_folder::{Format, Positions, Run, RunRead, Tile, TileSize, Writer, call};
use proptest::prelude::*;

use super::run::{Read, bcl, fastq, write_sheet};
use crate::support::{folder, names, run, succeed};

const BINS: [u8; 3] = [12, 23, 37];

/// A read of the run: letters of `OverrideCycles`, and how many cycles each has.
#[derive(Clone, Debug)]
struct Cycles {
    is_index: bool,
    parts: Vec<(char, usize)>,
}

#[derive(Clone, Debug)]
struct Case {
    reads: Vec<Cycles>,
    format: Format,
    positions: Positions,
    tiles: Vec<TileSize>,
    /// By sample: whether lanes 1, 2 and 3 have it; all lanes without.
    samples: Vec<Option<[bool; 3]>>,
    mismatches: usize,
    no_lane_splitting: bool,
    index_files: bool,
    seed: u64,
}

impl Cycles {
    fn length(&self) -> usize {
        self.parts.iter().map(|(_, length)| length).sum()
    }

    fn mask(&self) -> String {
        let part = |(letter, length): &(char, usize)| format!("{letter}{length}");
        self.parts.iter().map(part).collect()
    }

    /// What `text`, of all cycles of the run from `start` on, has at a letter.
    fn take(&self, text: &str, start: usize, wanted: char) -> String {
        let (mut at, mut out) = (start, String::new());
        for &(letter, length) in &self.parts {
            if letter == wanted {
                out += &text[at..at + length];
            }
            at += length;
        }
        out
    }
}

impl Case {
    fn indexes(&self) -> impl Iterator<Item = &Cycles> {
        self.reads.iter().filter(|read| read.is_index)
    }

    /// The indexes of a sample; those of two differ everywhere.
    fn barcode(&self, sample: usize) -> Vec<String> {
        let index = |(i, read): (usize, &Cycles)| {
            let base = |place| char::from(b"ACGT"[(sample + i + place * 3 / 2) % 4]);
            (0..read.parts[0].1).map(base).collect()
        };
        self.indexes().enumerate().map(index).collect()
    }

    fn is_in_lane(&self, sample: usize, lane: u8) -> bool {
        self.samples[sample].is_none_or(|lanes| lanes[usize::from(lane) - 1])
    }

    /// Random tiles, most of whose clusters have the indexes of a sample, or nearly so.
    fn tiles(&self) -> Vec<Tile> {
        let cycles = self.reads.iter().map(Cycles::length).sum();
        let mut random = self.seed | 1;
        let mut draw = |below: usize| {
            random = (random.wrapping_mul(6_364_136_223_846_793_005))
                .wrapping_add(1_442_695_040_888_963_407);
            (random >> 33) as usize % below
        };
        let mut tiles: Vec<Tile> = (self.tiles.iter())
            .map(|size| Tile::random(self.seed, *size, cycles, &BINS))
            .collect();
        for calls in tiles
            .iter_mut()
            .flat_map(|tile| tile.calls.chunks_mut(cycles))
        {
            let barcode = self.barcode(draw(self.samples.len() + 1));
            let mut barcode = barcode.iter();
            let mut start = 0;
            for read in &self.reads {
                if read.is_index {
                    let bases = barcode.next().unwrap().bytes();
                    for (slot, base) in calls[start..].iter_mut().zip(bases) {
                        *slot = match draw(16) {
                            0 => *slot,
                            _ => call(base, BINS[draw(3)]),
                        };
                    }
                }
                start += read.length();
            }
        }
        tiles
    }

    fn write(&self, path: &std::path::Path, tiles: &[Tile]) {
        let read = |read: &Cycles| match read.is_index {
            true => RunRead::index(read.length()),
            false => RunRead::template(read.length()),
        };
        let run = Run {
            reads: self.reads.iter().map(read).collect(),
            format: self.format,
            positions: self.positions,
            tiles: self.tiles.clone(),
            ..Run::default()
        };
        let mut writer = Writer::create(path, run).unwrap();
        tiles.iter().for_each(|tile| writer.write(tile).unwrap());

        let masks: Vec<String> = self.reads.iter().map(Cycles::mask).collect();
        let mut settings = vec![
            format!("OverrideCycles,{}", masks.join(";")),
            format!("NoLaneSplitting,{}", self.no_lane_splitting),
            format!("CreateFastqForIndexReads,{}", u8::from(self.index_files)),
        ];
        let mut columns = "Lane,Sample_ID".to_owned();
        for index in 1..=self.indexes().count() {
            settings.push(format!("BarcodeMismatchesIndex{index},{}", self.mismatches));
            columns += if index == 1 { ",index" } else { ",index2" };
        }
        let lanes: BTreeSet<u8> = self.tiles.iter().map(|tile| tile.lane).collect();
        let mut lines = Vec::new();
        for sample in 0..self.samples.len() {
            for lane in lanes.iter().filter(|lane| self.is_in_lane(sample, **lane)) {
                let fields = [
                    vec![lane.to_string(), format!("s{sample}")],
                    self.barcode(sample),
                ];
                lines.push(fields.concat().join(","));
            }
        }
        let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
        write_sheet(path, &settings, &columns, &lines);
    }

    /// The FASTQ files, by name, by plain means.
    fn expected(&self, tiles: &[Tile]) -> BTreeMap<String, Vec<Read>> {
        let starts: Vec<usize> = (0..self.reads.len())
            .map(|read| self.reads[..read].iter().map(Cycles::length).sum())
            .collect();
        let cycles: usize = self.reads.iter().map(Cycles::length).sum();
        let lanes: BTreeSet<u8> = tiles.iter().map(|tile| tile.size.lane).collect();
        // Samples are numbered as the sheet has them: none that no lane has.
        let in_sheet: Vec<usize> = (0..self.samples.len())
            .filter(|sample| lanes.iter().any(|lane| self.is_in_lane(*sample, *lane)))
            .collect();
        let mut all: BTreeMap<String, Vec<Read>> = BTreeMap::new();
        for tile in tiles {
            let lane = tile.size.lane;
            let of_lane: Vec<usize> = (in_sheet.iter().copied())
                .filter(|sample| self.is_in_lane(*sample, lane))
                .collect();
            if of_lane.is_empty() {
                continue;
            }
            let clusters = tile.calls.chunks(cycles).enumerate();
            for (i, calls) in clusters.filter(|(i, _)| tile.passes[*i]) {
                let (bases, qualities) = letters(calls);
                let taken = |text: &str, letter| -> Vec<String> {
                    let reads = self.reads.iter().zip(&starts);
                    reads
                        .map(|(read, start)| read.take(text, *start, letter))
                        .collect()
                };
                let mut umis = taken(&bases, 'U');
                umis.retain(|umi| !umi.is_empty());
                let index: Vec<String> = (taken(&bases, 'I').into_iter())
                    .filter(|index| !index.is_empty())
                    .collect();
                let sample = of_lane.iter().copied().find(|sample| {
                    let pairs = self.barcode(*sample);
                    let mut pairs = pairs.iter().zip(&index);
                    pairs.all(|(a, b)| differences(a, b) <= self.mismatches)
                });
                let number = sample.map_or(0, |sample| {
                    1 + in_sheet.iter().position(|other| *other == sample).unwrap()
                });
                let (x, y) = tile.positions[i];
                let mut place = format!("A00001:1:FLOWCELL:{lane}:{}:{x}:{y}", tile.size.tile);
                if !umis.is_empty() {
                    place += &format!(":{}", umis.join("+"));
                }
                let shown = match index.is_empty() {
                    true => number.to_string(),
                    false => index.join("+"),
                };
                let mut numbers = [0, 0];
                for (k, read) in self.reads.iter().enumerate() {
                    let of_kind = &mut numbers[usize::from(read.is_index)];
                    *of_kind += 1;
                    if read.is_index && !self.index_files {
                        continue;
                    }
                    let (kind, letter) = if read.is_index {
                        ('I', 'I')
                    } else {
                        ('R', 'Y')
                    };
                    let sample = sample.map_or_else(|| "Undetermined".into(), |s| format!("s{s}"));
                    let lane = match self.no_lane_splitting {
                        true => String::new(),
                        false => format!("_L00{lane}"),
                    };
                    let file = format!("{sample}_S{number}{lane}_{kind}{of_kind}_001.fastq.gz");
                    all.entry(file).or_default().push(Read {
                        name: format!("{place} {of_kind}:N:0:{shown}"),
                        bases: read.take(&bases, starts[k], letter),
                        qualities: read.take(&qualities, starts[k], letter),
                    });
                }
            }
        }
        all
    }
}

fn letters(calls: &[u8]) -> (String, String) {
    let letter = |&call: &u8| match call {
        0 => ('N', '#'),
        call => (
            ['A', 'C', 'G', 'T'][usize::from(call & 3)],
            char::from(33 + (call >> 2)),
        ),
    };
    calls.iter().map(letter).unzip()
}

fn differences(a: &str, b: &str) -> usize {
    a.bytes().zip(b.bytes()).filter(|(a, b)| a != b).count()
}

fn reads() -> impl Strategy<Value = Vec<Cycles>> {
    let cycles = |is_index, parts: Vec<(char, usize)>| Cycles {
        is_index,
        parts: parts
            .into_iter()
            .filter(|(_, length)| *length > 0)
            .collect(),
    };
    let template = (0..4usize, 0..3usize, 5..60usize, 0..2usize).prop_map(move |(u, n, y, end)| {
        cycles(false, vec![('U', u), ('N', n), ('Y', y), ('N', end)])
    });
    let index = (4..9usize, 0..4usize, prop::sample::select(vec!['N', 'U']))
        .prop_map(move |(i, rest, letter)| cycles(true, vec![('I', i), (letter, rest)]));
    let indexes = prop::collection::vec(index, 0..=2);
    (template.clone(), indexes, prop::option::of(template)).prop_map(|(first, indexes, second)| {
        [vec![first], indexes, second.into_iter().collect()].concat()
    })
}

fn cases() -> impl Strategy<Value = Case> {
    let cbcl = |passing_only_from| Format::Cbcl {
        bins: BINS,
        passing_only_from,
    };
    let formats = vec![
        Format::Bcl,
        Format::BclGzip,
        Format::BclBgzf,
        cbcl(None),
        cbcl(Some(0)),
        cbcl(Some(7)),
    ];
    let positions = vec![Positions::Shared, Positions::Locs, Positions::Clocs];
    let tiles = prop::collection::btree_set((1..4u8, 1..3u32, 1..3u32, 1..3u32), 1..6);
    (
        (
            reads(),
            prop::sample::select(formats),
            prop::sample::select(positions),
        ),
        (tiles, prop::collection::vec(0..400u32, 6)),
        prop::collection::vec(any::<Option<[bool; 3]>>(), 1..4),
        (0..2usize, any::<bool>(), any::<bool>(), any::<u64>()),
    )
        .prop_map(
            |((reads, format, positions), (tiles, sizes), samples, more)| {
                let shared = positions == Positions::Shared;
                let tile =
                    |(i, (lane, surface, swath, tile)): (usize, (u8, u32, u32, u32))| TileSize {
                        lane,
                        tile: 1000 * surface + 100 * swath + tile,
                        clusters: sizes[if shared { 0 } else { i }],
                    };
                let (mismatches, no_lane_splitting, index_files, seed) = more;
                let mut case = Case {
                    reads,
                    format,
                    positions,
                    tiles: tiles.into_iter().enumerate().map(tile).collect(),
                    samples,
                    mismatches,
                    no_lane_splitting,
                    index_files,
                    seed,
                };
                if case.indexes().count() == 0 {
                    // Without indexes a lane is one sample's.
                    case.samples = vec![None];
                }
                // A sheet has a sample.
                let lane = case.tiles[0].lane;
                if (0..case.samples.len()).all(|sample| !case.is_in_lane(sample, lane)) {
                    case.samples[0] = None;
                }
                case
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn reads_come_back(case in cases()) {
        let (run_folder, out) = (folder(), folder());
        let tiles = case.tiles();
        case.write(run_folder.path(), &tiles);
        succeed(bcl(run_folder.path(), out.path()));
        run(["verify".as_ref(), out.path()]);
        let expected = case.expected(&tiles);
        for name in names(out.path()).iter().filter(|name| name.ends_with(".fastq.gz")) {
            let found = fastq(&out.path().join(name));
            let expected = expected.get(name).map_or(&[][..], Vec::as_slice);
            prop_assert_eq!(found, expected, "{}", name);
        }
        for name in expected.keys() {
            prop_assert!(out.path().join(name).is_file(), "{}", name);
        }
    }
}
