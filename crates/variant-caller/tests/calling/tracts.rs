//! Insertions and deletions in and beside tracts.

use super::genome::{Gaps, call, random_bases, reads, summary, truth};

/// Where tracts begin.
const AT: usize = 1_000;

/// Random bases around `tract`.
fn around(tract: &str) -> Vec<u8> {
    let mut bases = random_bases(2 * AT, 41);
    bases[AT - 1] = b'T';
    bases[AT] = b'T';
    bases.splice(AT..AT, tract.bytes());
    bases
}

/// Bases that are no unit of a tract are an insertion of their own, not a slip of it.
#[test]
fn other_bases_inserted_in_a_tract_are_called() {
    for (unit, count, inserted) in [
        ("A", 8, "C"),
        ("A", 14, "C"),
        ("A", 20, "CG"),
        ("A", 20, "CAC"),
        ("AC", 12, "GT"),
        ("AC", 12, "TT"),
        ("AAG", 8, "CGC"),
        ("AGAC", 9, "CCGG"),
    ] {
        let bases = around(&unit.repeat(count));
        let at = AT + unit.len() * (count / 2);
        for (depth, genotype) in [(14, "0/1"), (40, "0/1"), (30, "1/1")] {
            let variant = truth(at, 0, inserted, [true, genotype == "1/1"]);
            let records = reads(&bases, &[variant], depth, 2, Gaps::Found);
            let before = char::from(bases[at - 1]);
            let expected = format!("{at} {before} {before}{inserted} {genotype}");
            assert_eq!(summary(&call(&bases, &records)), [expected]);
        }
    }
}

/// One chromosome has CG inserted in AC repeats, the other one four units less and a substitution where
/// they end.
#[test]
fn an_insertion_stands_beside_a_slip() {
    let bases = around(&format!("{}GCACGCACTCACACAC", "AC".repeat(22)));
    let (inserted, substituted) = (AT + 37, AT + 40);
    let variants = [
        truth(AT, 8, "", [false, true]),
        truth(inserted, 0, "CG", [true, false]),
        truth(substituted, 1, "G", [false, true]),
    ];
    for seed in 1..=4 {
        let records = reads(&bases, &variants, 30, seed, Gaps::Found);
        let found = summary(&call(&bases, &records));
        let expected = [
            format!("{AT} TACACACAC T 0/1"),
            format!("{inserted} A ACG 0/1"),
            format!("{} A G 0/1", substituted + 1),
        ];
        assert_eq!(found, expected);
    }
}

/// A sample with two alternative lengths of a repeat has both.
#[test]
fn two_other_lengths_of_a_repeat_are_called() {
    for (unit, count) in [
        ("A", 10),
        ("A", 18),
        ("AC", 8),
        ("AC", 20),
        ("AAG", 6),
        ("AAG", 14),
        ("AGAC", 12),
        ("AAAAC", 9),
    ] {
        let bases = around(&unit.repeat(count));
        let change = |units: i32, on: [bool; 2]| match usize::try_from(units) {
            Ok(more) => truth(AT, 0, unit.repeat(more).leak(), on),
            Err(_) => truth(AT, unit.len() * units.unsigned_abs() as usize, "", on),
        };
        for (a, b) in [(1, 2), (-1, 1), (-1, -2), (1, -2), (2, -1), (-2, 2)] {
            let variants = [change(a, [true, false]), change(b, [false, true])];
            let records = reads(&bases, &variants, 30, 3, Gaps::Found);
            let found = summary(&call(&bases, &records));
            assert_eq!(found.len(), 1, "{unit} {count} {a} {b}: {found:?}");
            assert!(
                found[0].ends_with(" 1/2"),
                "{unit} {count} {a} {b}: {found:?}"
            );
        }
    }
}

/// A read that ends within a repeat of a long unit fits one copy more or less as well, so it must be seen
/// from end to end.
#[test]
fn a_long_unit_more_or_less_is_heterozygous() {
    for (unit, copies) in [
        ("TTGTCAGAGTGTGATCTA", 45),
        ("GATTATATTATCTATAATATAATTATATAGAC", 70),
    ] {
        let tract: String = unit.chars().cycle().take(copies).collect();
        let bases = around(&tract);
        let end = AT + copies;
        let more = truth(AT, 0, unit, [true, false]);
        let less = truth(AT, unit.len(), "", [true, false]);
        // The same deletion, seen by clips at the other end of the repeat.
        let last = truth(end - unit.len(), unit.len(), "", [true, false]);
        for (variant, gaps) in [
            (more, Gaps::Found),
            (less, Gaps::Found),
            (last, Gaps::Clipped),
        ] {
            for seed in 1..=4 {
                let of = std::slice::from_ref(&variant);
                let records = reads(&bases, of, 30, seed, gaps);
                let found = summary(&call(&bases, &records));
                assert_eq!(found.len(), 1, "{unit}: {found:?}");
                assert!(found[0].starts_with(&format!("{AT} ")), "{unit}: {found:?}");
                assert!(found[0].ends_with(" 0/1"), "{unit}: {found:?}");
            }
        }
    }
}

/// A tract that gets longer than the usual k-mers, whose reads are all clipped where it ends.
#[test]
fn a_long_expansion_is_called_where_its_tract_begins() {
    for (unit, count) in [("AAAG", 11), ("TTCC", 11), ("ATAGA", 9), ("AC", 20)] {
        let bases = around(&unit.repeat(count));
        for more in [24, 50] {
            let inserted = unit.repeat(more / unit.len());
            // Put in at the right end.
            let variant = truth(
                AT + unit.len() * count,
                0,
                inserted.clone().leak(),
                [true, false],
            );
            for seed in 1..=3 {
                let gaps = Gaps::Clipped;
                let records = reads(&bases, std::slice::from_ref(&variant), 50, seed, gaps);
                let expected = format!("{AT} {} 0/1", inserted.len());
                let found: Vec<String> = call(&bases, &records)
                    .iter()
                    .filter(|r| r.filters.is_empty())
                    .map(|r| {
                        let change = r.alternates[0].len() - r.reference.len();
                        format!("{} {change} {}", r.position + 1, r.format[0].1)
                    })
                    .collect();
                assert_eq!(found, [expected], "{unit} {count} {more} {seed}");
            }
        }
    }
}
