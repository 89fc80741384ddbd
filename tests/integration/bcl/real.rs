//! Folders of real instruments, against what other programs made of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::run::{Read, bcl, copy, fastq, write_run_info, write_sheet};
use crate::support::{data, folder, names, run, succeed};

#[test]
fn a_novaseq_folder_gives_the_files_of_bcl2fastr() {
    let Some(folder_of_run) = data("bcl/czbiohub_bcl2fastr/test_data") else {
        return;
    };
    let run_folder = folder_of_run.join("190414_A00111_0296_AHJCWWDSXX");
    let out = folder();
    succeed(bcl(&run_folder, out.path()));
    run(["verify".as_ref(), out.path()]);
    let ours = names(out.path());
    let theirs = names(&run_folder.join("fastqs"));
    assert_eq!(theirs.len(), 132);
    for name in theirs {
        let (sample, rest) = name.split_once('_').unwrap();
        let ours = ours
            .iter()
            .find(|ours| ours.starts_with(&format!("{sample}_S")) && ours.ends_with(rest));
        // The index in its names is the sheet's, ours the one that was read; the order of
        // clusters is its own.
        let plain = |path: &Path| {
            let mut reads = fastq(path);
            for read in &mut reads {
                read.name = read
                    .name
                    .split('+')
                    .next()
                    .unwrap()
                    .replace(":AHJC", ":HJC");
            }
            reads.sort();
            reads
        };
        let found = plain(&out.path().join(ours.unwrap()));
        assert_eq!(
            found,
            plain(&run_folder.join("fastqs").join(&name)),
            "{name}"
        );
    }
    // All clusters that pass are somewhere.
    let reads = |name: &String| fastq(&out.path().join(name)).len();
    let first = ours.iter().filter(|name| name.contains("_R1_"));
    let listed = fs::read_to_string(folder_of_run.join("test_output/index_counts.txt")).unwrap();
    let counts = listed.lines().map(|l| l.split('\t').nth(1).unwrap());
    let all: usize = counts.map(|count| count.parse::<usize>().unwrap()).sum();
    assert!(all <= first.map(reads).sum());
}

#[test]
fn bcl_with_clocs() {
    let tiles = [(1, 1101), (1, 1201), (1, 2101)];
    picard("25T8B25T", "fastq", "25T8B25T", None, &tiles);
}

#[test]
fn umis_are_in_the_names() {
    let tiles = [(1, 1101), (1, 1201), (1, 2101)];
    picard(
        "25T8B25T",
        "fastq_with_4M",
        "25T8B25T",
        Some("Y25;I8;U4Y21"),
        &tiles,
    );
    picard(
        "25T8B25T",
        "fastq_with_4M4M",
        "25T8B25T",
        Some("Y25;I8;U8Y17"),
        &tiles,
    );
}

#[test]
fn bcl_of_two_lanes() {
    let tiles = [(1, 1101), (2, 1201)];
    picard("25T8B8B25T", "fastq", "25T8B8B25T", None, &tiles);
}

#[test]
fn compressed_bcl_with_one_locs_for_all_tiles() {
    let tiles = [(1, 1101), (1, 1102)];
    picard("25T8B8B25T_hiseqx", "fastq", "25T8B8B25T", None, &tiles);
}

#[test]
fn cbcl_without_positions() {
    let Some(from) = data("bcl/picard/151T8B8B151T_cbcl") else {
        return;
    };
    let (run_folder, out) = (folder(), folder());
    copy(&from.join("Data"), &run_folder.path().join("Data"));
    write_run_info(run_folder.path(), "151T8B8B151T", &[(1, 1101), (1, 1102)]);
    let samples = samples_of(&from.join("fastq"));
    sheet(run_folder.path(), &samples, None);
    succeed(bcl(run_folder.path(), out.path()));
    for (i, sample) in samples.iter().enumerate() {
        for read in [1, 2] {
            let text = |path: &Path| {
                let mut reads: Vec<_> = fastq(path)
                    .into_iter()
                    .map(|r| (r.bases, r.qualities))
                    .collect();
                reads.sort();
                reads
            };
            let ours = format!("{sample}_S{}_L001_R{read}_001.fastq.gz", i + 1);
            let found = text(&out.path().join(ours));
            let expected = text(&from.join(format!("fastq/{sample}.{read}.fastq")));
            // Picard's samples have reads with a mismatch too.
            assert!(found.iter().all(|read| expected.contains(read)), "{sample}");
            assert!(!found.is_empty());
        }
    }
}

/// The barcodes in the names of Picard's files.
fn samples_of(folder: &Path) -> Vec<String> {
    let mut samples: Vec<String> = names(folder)
        .iter()
        .filter_map(|name| name.strip_suffix(".1.fastq").map(str::to_owned))
        .filter(|name| name.len() >= 8 && name.bytes().all(|b| b"ACGT".contains(&b)))
        .collect();
    samples.dedup();
    samples
}

/// A sheet of samples with their barcodes for names, without mismatches: Picard's are too close.
fn sheet(run: &Path, samples: &[String], cycles: Option<&str>) {
    let dual = samples[0].len() > 8;
    let line = |sample: &String| match sample.split_at(8) {
        (first, second) if dual => format!("{sample},{first},{second}"),
        (first, _) => format!("{sample},{first}"),
    };
    let lines: Vec<String> = samples.iter().map(line).collect();
    let cycles = cycles.map(|cycles| format!("OverrideCycles,{cycles}"));
    let mut settings = vec!["BarcodeMismatchesIndex1,0"];
    if dual {
        settings.push("BarcodeMismatchesIndex2,0");
    }
    settings.extend(cycles.as_deref());
    let columns = if dual {
        "Sample_ID,index,index2"
    } else {
        "Sample_ID,index"
    };
    write_sheet(run, &settings, columns, &lines);
}

/// Holds a folder against the reads that Picard made of it: those that pass, and whose barcode is
/// exactly the sample's.
fn picard(
    name: &str,
    fastq_folder: &str,
    structure: &str,
    cycles: Option<&str>,
    tiles: &[(u8, u32)],
) {
    let Some(from) = data(&format!("bcl/picard/{name}")) else {
        return;
    };
    let (run_folder, out) = (folder(), folder());
    copy(&from.join("Data"), &run_folder.path().join("Data"));
    write_run_info(run_folder.path(), structure, tiles);
    let expected_folder = from.join(fastq_folder);
    // In folders with two indexes no cluster passes, and Picard gives them all.
    let dual = structure.matches('B').count() > 1;
    for (lane, tile) in tiles.iter().filter(|_| dual) {
        let name = format!("Data/Intensities/BaseCalls/L{lane:03}/s_{lane}_{tile}.filter");
        let path = run_folder.path().join(name);
        let mut bytes = fs::read(&path).unwrap();
        bytes[12..].fill(1);
        fs::write(path, bytes).unwrap();
    }
    let samples = samples_of(&expected_folder);
    sheet(run_folder.path(), &samples, cycles);
    let mut command = bcl(run_folder.path(), out.path());
    command.args(["--no-lane-splitting", "true", "--strict-mode"]);
    succeed(command);
    run(["verify".as_ref(), out.path()]);

    let mut compared = 0;
    for (i, sample) in samples.iter().enumerate() {
        let theirs = |read: &str| by_place(&expected_folder, &format!("{sample}.{read}.fastq"));
        let barcodes = [theirs("barcode_1"), theirs("barcode_2")];
        let umis = [theirs("index_1"), theirs("index_2")];
        let wanted = |place: &&String| {
            let read = barcodes.iter().filter_map(|all| all.get(*place));
            read.map(|read| read.bases.as_str()).collect::<String>() == *sample
        };
        for read in ["1", "2"] {
            let expected = theirs(read);
            let passing: Vec<&String> = expected
                .iter()
                .filter(|(_, read)| dual || read.name.contains(":N:0:"))
                .map(|(place, _)| place)
                .filter(wanted)
                .collect();
            let ours = format!("{sample}_S{}_R{read}_001.fastq.gz", i + 1);
            let found = fastq(&out.path().join(ours));
            assert_eq!(found.len(), passing.len(), "{sample}");
            for found in found {
                let place = found.place();
                let expected = &expected[&place];
                assert_eq!(found.bases, expected.bases, "{}", found.name);
                // Picard raises a quality of 0, and lowers those near the ends of some reads to 2.
                let kept = expected.qualities.trim_end_matches('#').len();
                let raised = found.qualities.replace('!', "\"");
                assert_eq!(raised[..kept], expected.qualities[..kept], "{}", found.name);
                let umi: String = umis
                    .iter()
                    .filter_map(|all| all.get(&place))
                    .map(|read| read.bases.as_str())
                    .collect();
                let name = found.name.split(' ').next().unwrap();
                assert!(
                    umi.is_empty() || name.ends_with(&format!(":{umi}")),
                    "{name}, {umi}"
                );
                assert_eq!(umi.is_empty(), cycles.is_none());
                compared += 1;
            }
        }
    }
    assert!(compared > 20, "{compared}");
}

/// The reads of a file by their places; none where it is missing.
fn by_place(folder: &Path, name: &str) -> BTreeMap<String, Read> {
    let mut reads = BTreeMap::new();
    // Where there are files of several lanes, those of one lane lack the others.
    let several = folder.join(name.replacen('.', ".multilane.", 1));
    let path = if several.exists() {
        several
    } else {
        folder.join(name)
    };
    if path.exists() {
        reads.extend(fastq(&path).into_iter().map(|read| (read.place(), read)));
    }
    reads
}
