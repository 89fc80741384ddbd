//! The bodies of the fuzz targets with their seeds, and with changes of these.

use std::cell::RefCell;
use std::fs;

use proptest::prelude::*;
use proptest::sample::Index;

use crate::support::repository;

#[allow(
    unreachable_pub,
    clippy::expect_used,
    reason = "a library of its own for cargo-fuzz"
)]
#[path = "../../fuzz/src/lib.rs"]
mod targets;

use targets::TARGETS;

#[test]
fn each_target_takes_its_seeds() {
    for target in TARGETS {
        let seeds = (target.seeds)();
        assert!(!seeds.is_empty(), "{}", target.name);
        for seed in seeds {
            (target.run)(&seed);
            (target.run)(&[]);
            // Cuts within headers, and a few more.
            for end in (0..seed.len().min(40)).chain((40..seed.len()).step_by(97)) {
                (target.run)(&seed[..end]);
            }
        }
    }
}

#[test]
fn each_target_has_its_program() {
    let manifest = fs::read_to_string(repository("fuzz/Cargo.toml")).unwrap();
    let programs = fs::read_dir(repository("fuzz/fuzz_targets")).unwrap();
    assert_eq!(programs.count(), TARGETS.len());
    for target in TARGETS {
        let name = target.name;
        assert!(
            manifest.contains(&format!("name = \"{name}\"")),
            "{name} is not in fuzz/Cargo.toml"
        );
        let path = repository("fuzz/fuzz_targets").join(format!("{name}.rs"));
        let program = fs::read_to_string(path).unwrap();
        assert!(program.contains(&format!("::{name}(data)")), "{name}");
    }
}

/// A change of a file.
#[derive(Clone, Debug)]
enum Change {
    Cut(Index),
    Byte(Index, u8),
    Number(Index, u32),
    Remove(Index, usize),
    Repeat(Index, Index, usize),
}

impl Change {
    fn make(&self, data: &mut Vec<u8>) {
        let at = |index: &Index| index.index(data.len() + 1);
        let span = |index: &Index, length: usize| {
            let start = at(index);
            start..(start + length).min(data.len())
        };
        match self {
            Self::Cut(end) => data.truncate(at(end)),
            Self::Byte(index, value) => {
                let span = span(index, 1);
                data[span].fill(*value);
            }
            Self::Number(index, value) => {
                let span = span(index, 4);
                let bytes = &value.to_le_bytes()[..span.len()];
                data[span].copy_from_slice(bytes);
            }
            Self::Remove(index, length) => drop(data.drain(span(index, *length))),
            Self::Repeat(from, to, length) => {
                let (piece, to) = (data[span(from, *length)].to_vec(), at(to));
                data.splice(to..to, piece);
            }
        }
    }
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let edge = prop::sample::select(vec![0, 1, 2, 0x7f, 0xff, 0xffff, 0x7fff_ffff, u32::MAX]);
    let byte = prop_oneof![
        any::<u8>(),
        prop::sample::select(b",;\n\r\t\"@>#<&/0-9{}[]:\0\xff".to_vec())
    ];
    let change = prop_oneof![
        1 => any::<Index>().prop_map(Change::Cut),
        4 => (any::<Index>(), byte).prop_map(|(at, byte)| Change::Byte(at, byte)),
        2 => (any::<Index>(), edge).prop_map(|(at, number)| Change::Number(at, number)),
        1 => (any::<Index>(), 1..20usize).prop_map(|(at, length)| Change::Remove(at, length)),
        2 => (any::<Index>(), any::<Index>(), 1..60usize)
            .prop_map(|(from, to, length)| Change::Repeat(from, to, length)),
    ];
    prop::collection::vec(change, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_change_makes_a_target_panic(changes in changes()) {
        thread_local! {
            static SEEDS: RefCell<Vec<Vec<Vec<u8>>>> =
                RefCell::new(TARGETS.iter().map(|target| (target.seeds)()).collect());
        }
        SEEDS.with_borrow(|seeds| {
            for (target, seeds) in TARGETS.iter().zip(seeds) {
                for seed in seeds {
                    let mut data = seed.clone();
                    changes.iter().for_each(|change| change.make(&mut data));
                    (target.run)(&data);
                }
            }
        });
    }
}
