#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use super::*;
use crate::genome::{Genome, GenomeOptions};
use crate::variants::VariantOptions;

/// Name line, bases and qualities of each read.
type Fastq = Vec<[String; 3]>;

struct Setting {
    reference: Reference,
    truth: Truth,
}

fn setting() -> Setting {
    let options = GenomeOptions {
        contigs: vec![("a".into(), 200_000)],
        ..GenomeOptions::default()
    };
    let reference = Genome::new(&options, 9).unwrap().reference(&|_| {});
    let truth = Truth::simulate(&reference, &VariantOptions::default(), 9, &|_| {}).unwrap();
    Setting { reference, truth }
}

fn all(setting: &Setting, options: &ReadOptions) -> (Fastq, Fastq, Vec<Vec<String>>) {
    let reads = Reads::new(&setting.reference, &setting.truth, options, 9).unwrap();
    let (mut first, mut second, mut positions) = (Vec::new(), Vec::new(), Vec::new());
    let records = |text: Vec<u8>| -> Fastq {
        let text = String::from_utf8(text).unwrap();
        let lines: Vec<_> = text.lines().map(String::from).collect();
        lines
            .chunks(4)
            .map(|record| [record[0].clone(), record[1].clone(), record[3].clone()])
            .collect()
    };
    for number in 0..reads.chunks() {
        let chunk = reads.chunk(number);
        first.extend(records(chunk.r1));
        second.extend(records(chunk.r2));
        let lines = String::from_utf8(chunk.positions).unwrap();
        positions.extend(
            lines
                .lines()
                .map(|line| line.split('\t').map(String::from).collect::<Vec<_>>()),
        );
    }
    assert_eq!(positions.len() as u64, reads.pairs());
    (first, second, positions)
}

#[test]
fn records_are_sound_and_names_unique() {
    let (first, second, positions) = all(&setting(), &ReadOptions::default());
    assert_eq!(
        (first.len(), second.len()),
        (positions.len(), positions.len())
    );
    assert!(
        (19_000..21_000).contains(&first.len()),
        "{} pairs",
        first.len()
    );
    let mut names = BTreeSet::new();
    for ((one, two), line) in first.iter().zip(&second).zip(&positions) {
        let name = one[0]
            .strip_prefix('@')
            .unwrap()
            .strip_suffix(" 1:N:0:ATTACTCG+AGGCTATA")
            .unwrap();
        assert_eq!(two[0], format!("@{name} 2:N:0:ATTACTCG+AGGCTATA"));
        assert_eq!(line[0], name);
        assert!(names.insert(name.to_string()), "{name} twice");
        for read in [one, two] {
            assert_eq!((read[1].len(), read[2].len()), (150, 150));
            assert!(
                read[1]
                    .bytes()
                    .zip(read[2].bytes())
                    .all(|(base, quality)| base != b'N' || quality == b'#')
            );
        }
    }
}

#[test]
fn errors_are_as_frequent_as_the_qualities_say() {
    let mut setting = setting();
    setting.truth.contigs[0].clear();
    for style in [QualityStyle::Binned, QualityStyle::Full] {
        let options = ReadOptions {
            quality: style,
            stutter: 0.0,
            indel_errors: 0.0,
            ..ReadOptions::default()
        };
        let (first, second, positions) = all(&setting, &options);
        let sequence = setting.reference.contigs[0].sequence.to_ascii_uppercase();
        let (mut expected, mut wrong, mut bases, mut plateau) = (0.0, 0.0, 0.0, 0.0);
        for (index, line) in positions
            .iter()
            .enumerate()
            .filter(|(_, line)| line[1] != "*")
        {
            for (read, position, strand) in [(&first[index], 2, 3), (&second[index], 4, 5)] {
                let start = line[position].parse::<usize>().unwrap() - 1;
                if line[7].parse::<usize>().unwrap() < 150 {
                    continue;
                }
                let mut template = sequence[start..start + 150].to_vec();
                if line[strand] == "-" {
                    crate::reference::reverse_complement(&mut template);
                }
                for ((base, quality), truth) in read[1].bytes().zip(read[2].bytes()).zip(template) {
                    if base != b'N' {
                        expected += 10f64.powf(f64::from(quality - 33) / -10.0);
                        wrong += f64::from(u8::from(base != truth));
                        plateau += f64::from(u8::from(quality >= 30 + 33));
                        bases += 1.0;
                    }
                }
            }
        }
        assert!(
            (0.93..1.07).contains(&(wrong / expected)),
            "{wrong} wrong of {expected} expected"
        );
        assert!(
            (0.0005..0.004).contains(&(wrong / bases)),
            "error rate {}",
            wrong / bases
        );
        assert!(
            (0.90..0.99).contains(&(plateau / bases)),
            "at Q30 or more {}",
            plateau / bases
        );
    }
}

#[test]
fn qualities_fall_to_the_end_and_in_second_reads() {
    let (first, second, _) = all(&setting(), &ReadOptions::default());
    let mean = |reads: &[[String; 3]], cycles: std::ops::Range<usize>| {
        let sum: u64 = reads
            .iter()
            .flat_map(|read| &read[2].as_bytes()[cycles.clone()])
            .map(|&q| u64::from(q))
            .sum();
        sum as f64 / (reads.len() * cycles.len()) as f64
    };
    assert!(mean(&first, 5..40) > mean(&first, 110..150) + 0.5);
    assert!(mean(&first, 110..150) > mean(&second, 110..150) + 0.2);
}

#[test]
fn copies_share_their_fragment() {
    let options = ReadOptions {
        duplicates: 0.2,
        ..ReadOptions::default()
    };
    let (first, _, positions) = all(&setting(), &options);
    let copies: Vec<_> = positions
        .iter()
        .enumerate()
        .filter(|(_, line)| line[8] == "pcr" || line[8] == "optical")
        .collect();
    let share = copies.len() as f64 / positions.len() as f64;
    assert!((0.18..0.22).contains(&share), "{share}");
    let mut equal = 0;
    for (index, line) in &copies {
        let origin: usize = line[9].parse().unwrap();
        assert!(
            origin < *index
                && positions[origin][8] == "unique"
                && positions[origin][1..8] == line[1..8]
        );
        equal += usize::from(first[origin][1] == first[*index][1]);
    }
    // Errors are their own.
    assert!(equal > copies.len() / 2 && equal < copies.len());
}

#[test]
fn fragments_contaminants_and_adapters() {
    let options = ReadOptions {
        fragment_mean: 120.0,
        fragment_sd: 10.0,
        contamination: 0.05,
        duplicates: 0.0,
        pairs: Some(5000),
        ..ReadOptions::default()
    };
    let (first, second, positions) = all(&setting(), &options);
    let contaminants = positions
        .iter()
        .filter(|line| line[8] == "contaminant")
        .count();
    assert!((180..320).contains(&contaminants), "{contaminants}");
    let mean: f64 = positions
        .iter()
        .map(|line| line[7].parse::<f64>().unwrap())
        .sum::<f64>()
        / 5000.0;
    assert!((119.0..121.0).contains(&mean), "{mean}");
    let read_through = |reads: &[[String; 3]], adapter: &str| {
        let at = |index: usize| positions[index][7].parse::<usize>().unwrap().min(140);
        reads
            .iter()
            .enumerate()
            .filter(|(index, read)| read[1][at(*index)..].starts_with(adapter))
            .count()
    };
    assert!(
        read_through(&first, "AGATCGGAAG") > 4000 && read_through(&second, "AGATCGGAAG") > 4000
    );
}

#[test]
fn single_reads_and_none() {
    let single = ReadOptions {
        paired: false,
        length: 75,
        pairs: Some(50),
        ..ReadOptions::default()
    };
    let (first, second, positions) = all(&setting(), &single);
    assert_eq!((first.len(), second.len(), first[0][1].len()), (50, 0, 75));
    assert!(positions.iter().all(|line| line[5] == "*"));
    let (first, ..) = all(
        &setting(),
        &ReadOptions {
            depth: 0.0,
            ..ReadOptions::default()
        },
    );
    assert!(first.is_empty());
}

#[test]
fn refuses_impossible_options() {
    let setting = setting();
    let bad = [
        ReadOptions {
            length: 5,
            ..ReadOptions::default()
        },
        ReadOptions {
            depth: f64::NAN,
            ..ReadOptions::default()
        },
        ReadOptions {
            fragment_sd: 1000.0,
            ..ReadOptions::default()
        },
        ReadOptions {
            duplicates: 1.0,
            ..ReadOptions::default()
        },
        ReadOptions {
            flow_cell: "a b".into(),
            ..ReadOptions::default()
        },
    ];
    for options in bad {
        assert!(
            Reads::new(&setting.reference, &setting.truth, &options, 1).is_err(),
            "{options:?}"
        );
    }
}
