//! Folders that are made here: what was put in comes out, in every form and however it is asked.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use fafnir::simulate::run_folder::{Format, Positions, Run, RunRead, Tile, TileSize, Writer};
use tempfile::TempDir;

use super::run::{Read, bcl, contents, fastq, write_sheet};
use crate::support::{folder, names, run, small, stderr, succeed, tool};

const BINS: [u8; 3] = [12, 23, 37];

/// A run of two lanes with indexes of two bases, of which few samples have one.
pub(super) fn write(format: Format, seed: u64) -> (TempDir, Vec<Tile>) {
    let positions = match format {
        Format::Cbcl { .. } => Positions::Shared,
        Format::BclGzip => Positions::Clocs,
        _ => Positions::Locs,
    };
    let size = |lane, tile| TileSize {
        lane,
        tile,
        clusters: 700,
    };
    let generated = Run {
        reads: vec![
            RunRead::template(40),
            RunRead::index(2),
            RunRead::index(3),
            RunRead::template(37),
        ],
        format,
        positions,
        tiles: [(1, 1101), (1, 1102), (1, 2101), (2, 1101), (2, 1203)]
            .map(|(lane, tile)| size(lane, tile))
            .to_vec(),
        ..Run::default()
    };
    let folder = folder();
    let mut writer = Writer::create(folder.path(), generated.clone()).unwrap();
    let tile = |size: &TileSize| Tile::random(seed, *size, generated.cycles(), &BINS);
    let tiles: Vec<_> = generated.tiles.iter().map(tile).collect();
    for tile in &tiles {
        writer.write(tile).unwrap();
    }
    (folder, tiles)
}

/// Two samples in lane 1, one of them in lane 2 too, and one without reads.
pub(super) fn sheet(run: &Path, more: &[&str]) {
    let mut settings = vec!["BarcodeMismatchesIndex1,0", "BarcodeMismatchesIndex2,1"];
    settings.extend(more);
    let samples = [
        "1,alpha,Alpha,north,AC,GTT",
        "1,beta,Beta,,GT,ACC",
        "2,alpha,Alpha,north,TT,GTT",
        "2,gamma,Gamma,south,CC,AAA",
    ];
    let columns = "Lane,Sample_ID,Sample_Name,Sample_Project,index,index2";
    write_sheet(run, &settings, columns, &samples.map(str::to_owned));
}

/// What the files should hold, by plain means: `[lane][sample, or "" for none][read]`.
fn expected(tiles: &[Tile]) -> BTreeMap<(u8, &'static str, u8), Vec<Read>> {
    let of_lane: [&[(&str, &str, &str)]; 2] = [
        &[("alpha", "AC", "GTT"), ("beta", "GT", "ACC")],
        &[("alpha", "TT", "GTT"), ("gamma", "CC", "AAA")],
    ];
    let mut all: BTreeMap<_, Vec<Read>> = BTreeMap::new();
    for tile in tiles {
        for (i, calls) in tile
            .calls
            .chunks(82)
            .enumerate()
            .filter(|(i, _)| tile.passes[*i])
        {
            let base = |call: &u8| match call {
                0 => 'N',
                call => ['A', 'C', 'G', 'T'][usize::from(call & 3)],
            };
            let quality = |call: &u8| match call {
                0 => '#',
                call => char::from(33 + (call >> 2)),
            };
            let bases: String = calls.iter().map(base).collect();
            let qualities: String = calls.iter().map(quality).collect();
            let (index, index2) = (&bases[40..42], &bases[42..45]);
            let differences =
                |a: &str, b: &str| a.bytes().zip(b.bytes()).filter(|(a, b)| a != b).count();
            let lane = tile.size.lane;
            let sample = of_lane[usize::from(lane) - 1]
                .iter()
                .find(|(_, first, second)| *first == index && differences(second, index2) <= 1)
                .map_or("", |(sample, ..)| sample);
            let (x, y) = tile.positions[i];
            for (read, cycles) in [(1, 5..40), (2, 45..82)] {
                all.entry((lane, sample, read)).or_default().push(Read {
                    name: format!(
                        "A00001:1:FLOWCELL:{lane}:{}:{x}:{y}:{} {read}:N:0:{index}+{index2}",
                        tile.size.tile,
                        &bases[..4]
                    ),
                    bases: bases[cycles.clone()].to_owned(),
                    qualities: qualities[cycles].to_owned(),
                });
            }
        }
    }
    all
}

#[test]
fn every_format_gives_back_what_was_written() {
    let cbcl = |passing_only_from| Format::Cbcl {
        bins: BINS,
        passing_only_from,
    };
    let formats = [
        Format::Bcl,
        Format::BclGzip,
        Format::BclBgzf,
        cbcl(None),
        cbcl(Some(25)),
    ];
    for (seed, format) in formats.into_iter().enumerate() {
        let (run_folder, tiles) = write(format, seed as u64);
        sheet(run_folder.path(), &["OverrideCycles,U4N1Y35;I2;I3;Y37"]);
        let out = folder();
        succeed(bcl(run_folder.path(), out.path()));
        run(["verify".as_ref(), out.path()]);
        let expected = expected(&tiles);
        let mut reads = 0;
        for ((lane, sample, read), expected) in &expected {
            let stem = match *sample {
                "alpha" => "alpha_S1",
                "beta" => "beta_S2",
                "gamma" => "gamma_S3",
                _ => "Undetermined_S0",
            };
            let name = format!("{stem}_L00{lane}_R{read}_001.fastq.gz");
            let found = fastq(&out.path().join(&name));
            assert_eq!(found.len(), expected.len(), "{format:?} {name}");
            assert_eq!(&found, expected, "{format:?} {name}");
            reads += found.len();
        }
        let passing = tiles
            .iter()
            .flat_map(|tile| &tile.passes)
            .filter(|p| **p)
            .count();
        assert_eq!(reads, 2 * passing);
        reports(out.path(), &expected);
    }
}

/// Reports and logs are there, signed, and count the reads that were expected.
fn reports(out: &Path, expected: &BTreeMap<(u8, &'static str, u8), Vec<Read>>) {
    for folder in ["Reports", "Logs"] {
        run(["verify".into(), out.join(folder)]);
    }
    assert!(out.join("Logs/FastqComplete.txt").exists());
    let stats = fs::read_to_string(out.join("Reports/Demultiplex_Stats.csv")).unwrap();
    let mut lines = stats.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = header.iter().position(|name| *name == "# Reads").unwrap();
    let mut rows = 0;
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        let sample = match fields[1] {
            "Undetermined" => "",
            sample => sample,
        };
        let lane: u8 = fields[0].parse().unwrap();
        let found: usize = fields[column].parse().unwrap();
        let of_sample = expected
            .iter()
            .find(|((of, name, read), _)| (*of, *name, *read) == (lane, sample, 1));
        assert_eq!(
            found,
            of_sample.map_or(0, |(_, reads)| reads.len()),
            "{line}"
        );
        rows += 1;
    }
    assert_eq!(rows, 6);
}

#[test]
fn bytes_depend_on_neither_threads_nor_memory() {
    let (run_folder, _) = write(Format::BclBgzf, 3);
    sheet(run_folder.path(), &[]);
    let of = |options: &[&str]| {
        let out = folder();
        let mut command = bcl(run_folder.path(), out.path());
        command.args(options);
        succeed(command);
        contents(out.path())
    };
    let one = of(&["-t", "1"]);
    assert!(one.len() >= 13);
    for options in [["-t", "2"], ["-t", "7"], ["--memory", "40M"]] {
        assert!(of(&options) == one, "{options:?}");
    }
    let smaller = of(&["--fastq-gzip-compression-level", "9"]);
    assert!(smaller != one && smaller.keys().eq(one.keys()));
}

#[test]
fn names_follow_the_options() {
    let (run_folder, tiles) = write(Format::Bcl, 5);
    sheet(
        run_folder.path(),
        &["CreateFastqForIndexReads,1", "TrimUMI,0"],
    );
    let out = folder();
    let mut command = bcl(run_folder.path(), out.path());
    command.args([
        "--no-lane-splitting",
        "true",
        "--bcl-sampleproject-subdirectories",
        "true",
    ]);
    command.args(["--sample-name-column-enabled", "true"]);
    succeed(command);
    let found = contents(out.path());
    for sample in [
        "north/alpha/Alpha_S1",
        "Beta_S2",
        "south/gamma/Gamma_S3",
        "Undetermined_S0",
    ] {
        for read in ["R1", "R2", "I1", "I2"] {
            let name = format!("{sample}_{read}_001.fastq.gz");
            assert!(found.contains_key(&name), "{name}: {:?}", found.keys());
        }
    }
    let of = |name: &str| fastq(&out.path().join("north/alpha").join(name));
    let (r1, i1, i2) = (
        of("Alpha_S1_R1_001.fastq.gz"),
        of("Alpha_S1_I1_001.fastq.gz"),
        of("Alpha_S1_I2_001.fastq.gz"),
    );
    // Lane 1 before lane 2, as many in each file, and the index is that of the names.
    assert!(r1.is_sorted_by_key(|read| read.name.split(':').nth(3).unwrap().to_owned()));
    assert_eq!([i1.len(), i2.len()], [r1.len(); 2]);
    for (first, second) in i1.iter().zip(&i2) {
        let index = first.name.rsplit(':').next().unwrap();
        assert_eq!(index, format!("{}+{}", first.bases, second.bases));
        assert!(second.name.contains(" 2:N:0:"));
    }
    assert!(tiles.len() > 1);
    for folder in ["", "north/alpha", "south/gamma"] {
        run(["verify".into(), out.path().join(folder)]);
    }
}

#[test]
fn tiles_and_lanes_are_chosen() {
    let (run_folder, _) = write(Format::Bcl, 6);
    sheet(run_folder.path(), &[]);
    let tiles = |options: &[&str]| {
        let out = folder();
        let mut command = bcl(run_folder.path(), out.path());
        command.args(options);
        succeed(command);
        let mut tiles: Vec<String> = names(out.path())
            .iter()
            .filter(|name| name.contains("_R1_"))
            .flat_map(|name| fastq(&out.path().join(name)))
            .map(|read| {
                read.name
                    .split(':')
                    .skip(3)
                    .take(2)
                    .collect::<Vec<_>>()
                    .join("/")
            })
            .collect();
        tiles.sort();
        tiles.dedup();
        tiles
    };
    assert_eq!(tiles(&["--bcl-only-lane", "2"]), ["2/1101", "2/1203"]);
    assert_eq!(tiles(&["--first-tile-only"]), ["1/1101", "2/1101"]);
    assert_eq!(tiles(&["--tiles", "s_1_1102,s_2_12"]), ["1/1102", "2/1203"]);
    assert_eq!(tiles(&["--exclude-tiles", "s_1,1203"]), ["2/1101"]);
    let both = ["--tiles", "_11", "--exclude-tiles", "s_2"];
    assert_eq!(tiles(&both), ["1/1101", "1/1102"]);
}

#[test]
fn a_sample_without_reads_gets_valid_empty_files() {
    let (run_folder, _) = write(Format::Bcl, 7);
    let lines = ["some,AC,GTT".to_owned(), "none,AC,CCC".to_owned()];
    let columns = "Sample_ID,index,index2";
    let settings = ["BarcodeMismatchesIndex1,0", "BarcodeMismatchesIndex2,0"];
    write_sheet(run_folder.path(), &settings, columns, &lines);
    let out = folder();
    let mut command = bcl(run_folder.path(), out.path());
    // A tile and lane where no cluster has these indexes: the first clusters of one tile.
    command.args(["--tiles", "s_1_1101"]);
    succeed(command);
    let empty = fs::read(out.path().join("none_S2_L002_R1_001.fastq.gz")).unwrap();
    assert_eq!(empty, fafnir_io::bgzf::EOF_BLOCK);
    if let Some(mut gzip) = tool("gzip") {
        gzip.arg("-t").args(
            names(out.path())
                .iter()
                .filter(|name| name.ends_with(".gz")),
        );
        gzip.current_dir(out.path());
        succeed(gzip);
    }
}

#[test]
fn a_lone_sample_without_indexes_takes_all() {
    let (run_folder, tiles) = write(Format::Bcl, 8);
    write_sheet(
        run_folder.path(),
        &[],
        "Sample_ID",
        &["all-of-it".to_owned()],
    );
    let out = folder();
    succeed(bcl(run_folder.path(), out.path()));
    assert!(
        names(out.path())
            .iter()
            .all(|name| !name.starts_with("Undetermined"))
    );
    let count = |lane: u8| {
        let name = format!("all-of-it_S1_L00{lane}_R2_001.fastq.gz");
        fastq(&out.path().join(name)).len()
    };
    let passing = tiles
        .iter()
        .flat_map(|tile| &tile.passes)
        .filter(|p| **p)
        .count();
    assert_eq!(count(1) + count(2), passing);
}

/// Adapters are put into reads, and are gone or masked after.
#[test]
fn adapters_are_trimmed_or_masked() {
    let adapter = "AGATCGGAAGAGCACACGTC";
    for (behaviour, trimmed) in [("trim", true), ("mask", false)] {
        let (run_folder, tiles) = write(Format::Bcl, 9);
        write_sheet(
            run_folder.path(),
            &[
                &format!("AdapterRead1,{adapter}"),
                &format!("AdapterBehavior,{behaviour}"),
                "MinimumTrimmedReadLength,5",
            ],
            "Sample_ID",
            &["s".to_owned()],
        );
        let changed = adapted(&tiles, adapter);
        rewrite(run_folder.path(), &changed);
        let out = folder();
        succeed(bcl(run_folder.path(), out.path()));
        let reads = fastq(&out.path().join("s_S1_L001_R1_001.fastq.gz"));
        assert!(reads.len() > 100);
        for read in reads {
            if trimmed {
                assert!(read.bases.len() <= 17, "{read:?}");
            } else {
                assert_eq!(read.bases.len(), 40);
                assert!(
                    read.bases[17..].bytes().all(|base| base == b'N'),
                    "{read:?}"
                );
                assert!(read.qualities[17..].bytes().all(|quality| quality == b'#'));
            }
        }
    }
}

/// The tiles with the adapter from cycle 18 of each cluster on.
fn adapted(tiles: &[Tile], adapter: &str) -> Vec<Tile> {
    let mut tiles = tiles.to_vec();
    for calls in tiles.iter_mut().flat_map(|tile| tile.calls.chunks_mut(82)) {
        for (call, base) in calls[17..].iter_mut().zip(adapter.bytes()) {
            *call = fafnir::simulate::run_folder::call(base, 37);
        }
    }
    tiles
}

/// Writes the calls of plain BCL files again.
fn rewrite(run: &Path, tiles: &[Tile]) {
    for tile in tiles {
        let TileSize {
            lane,
            tile: number,
            clusters,
        } = tile.size;
        let calls_of = Path::new("Data/Intensities/BaseCalls").join(format!("L{lane:03}"));
        for cycle in 0..82 {
            let mut bytes = clusters.to_le_bytes().to_vec();
            bytes.extend(tile.calls.iter().skip(cycle).step_by(82));
            let name = format!("C{}.1/s_{lane}_{number}.bcl", cycle + 1);
            fs::write(run.join(&calls_of).join(name), bytes).unwrap();
        }
    }
}

#[test]
fn the_aligner_and_samtools_read_the_files() {
    let (run_folder, tiles) = write(Format::Bcl, 10);
    write_sheet(run_folder.path(), &[], "Sample_ID", &["s".to_owned()]);
    let out = folder();
    let mut command = bcl(run_folder.path(), out.path());
    command.args(["--no-lane-splitting", "true"]);
    succeed(command);
    let files = [1, 2].map(|read| out.path().join(format!("s_S1_R{read}_001.fastq.gz")));
    let passing = tiles
        .iter()
        .flat_map(|tile| &tile.passes)
        .filter(|p| **p)
        .count();

    let aligned = folder();
    let mut align = crate::support::fafnir();
    align.arg("align").arg("--ref").arg(&small().index);
    align.arg("-1").arg(&files[0]).arg("-2").arg(&files[1]);
    align
        .args(["--RGSM", "s", "--quiet", "--output-directory"])
        .arg(aligned.path());
    let output = align.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));

    if let Some(mut samtools) = tool("samtools") {
        samtools
            .arg("import")
            .arg("-1")
            .arg(&files[0])
            .arg("-2")
            .arg(&files[1]);
        let sam = String::from_utf8(succeed(samtools)).unwrap();
        let records = sam.lines().filter(|line| !line.starts_with('@')).count();
        assert_eq!(records, 2 * passing);
    }
}
