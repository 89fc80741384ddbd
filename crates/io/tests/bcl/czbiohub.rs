//! A NovaSeq folder and what bcl2fastr made of it: FASTQ of the samples, counts of indexes.

use std::collections::HashMap;
use std::fs;

use fafnir_io::bcl::{Instrument, Missing, RunFolder, TileCalls};

use crate::data::data;
use crate::reads::{fastq, read};

#[test]
fn calls_names_and_index_counts_are_those_of_bcl2fastr() {
    let Some(folder) = data("bcl/czbiohub_bcl2fastr/test_data") else {
        return;
    };
    let run = folder.join("190414_A00111_0296_AHJCWWDSXX");
    let (mut expected, mut files) = ([HashMap::new(), HashMap::new()], 0);
    for entry in fs::read_dir(run.join("fastqs")).unwrap() {
        let path = entry.unwrap().path();
        let second = path.to_str().unwrap().contains("_R2_");
        expected[usize::from(second)].extend(fastq(&path));
        files += 1;
    }
    assert!(files > 0 && expected[0].len() == expected[1].len());

    let opened = RunFolder::open(&run).unwrap();
    let info = opened.run_info();
    assert_eq!(opened.instrument(), Some(Instrument::NovaSeq6000));
    assert_eq!(
        opened.tiles().map(|t| t.tile).collect::<Vec<_>>(),
        [1101, 1102, 1103]
    );
    assert_eq!(opened.files().len(), 1 + 1 + 3 + 24);

    let cycles: Vec<_> = (0..info.cycles()).collect();
    let (mut calls, mut found, mut counts) = (TileCalls::default(), 0, HashMap::new());
    for tile in opened.tiles() {
        let warnings = opened
            .read_tile(tile, &cycles, Missing::Refuse, &mut calls)
            .unwrap();
        assert!(warnings.is_empty());
        // The first cycles have all clusters, later ones those that pass.
        assert_eq!(opened.clusters(tile).unwrap(), 100);
        assert!(calls.clusters < 100 && calls.passes.iter().all(|passes| *passes));
        for cluster in 0..calls.clusters {
            let (x, y) = calls.positions[cluster];
            let name = format!("1:{}:{x}:{y} N", tile.tile);
            let text = |i| read(&calls, cluster, info.read_cycles(i), 2);
            let indexes = format!("{}+{}", text(1).bases, text(2).bases);
            *counts.entry(indexes).or_insert(0) += 1;
            for (i, expected) in [0, 3].into_iter().zip(&expected) {
                if let Some(expected) = expected.get(&name) {
                    assert_eq!(&text(i), expected, "{name}");
                    found += 1;
                }
            }
        }
    }
    assert_eq!(found, expected[0].len() + expected[1].len());

    let listed = fs::read_to_string(folder.join("test_output/index_counts.txt")).unwrap();
    assert!(listed.lines().count() > 80);
    for line in listed.lines() {
        let (indexes, count) = line.split_once('\t').unwrap();
        assert_eq!(counts[indexes].to_string(), count, "{indexes}");
    }
}
