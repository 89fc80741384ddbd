#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::fasta;
use crate::reference::{ContigId, Reference};

fn reference() -> Reference {
    let text = format!(
        ">chr1\n{}\n>chr2 x\n{}\n",
        "A".repeat(1000),
        "C".repeat(200)
    );
    fasta::read("ref.fa", text.as_bytes()).unwrap()
}

fn regions(text: &str) -> Regions {
    read("x.bed", text.as_bytes(), &reference()).unwrap()
}

#[test]
fn odd_but_valid() {
    let text = "#comment\r\nbrowser position chr1:1-10\ntrack name=x\tdescription=\"y z\"\r\n\n\
        chr2\t5\t10\tname\t0\t+\nchr1 100  200\nchr1\t150\t300\r\nchr1\t300\t301\nchr1\t7\t7\nchr1\t0\t1000\t.";
    let text = text.replace("0\t1000", "900\t1000");
    let regions = regions(&text);
    assert_eq!(regions.of(ContigId(0)), [100..301, 900..1000]);
    assert_eq!(regions.of(ContigId(1)), std::slice::from_ref(&(5..10)));
    assert_eq!((regions.len(), regions.bases()), (3, 306));
    assert!(regions.of(ContigId(7)).is_empty());
    assert_eq!(Regions::whole(&reference()).bases(), 1200);
}

#[test]
fn errors_say_where() {
    for (text, message) in [
        (
            "chr1\t1\t2\nchr3\t1\t2\n",
            "x.bed: line 2: contig \"chr3\" is not in the reference, which has chr1, chr2: is the file for another reference?",
        ),
        (
            "chr1\t1\n",
            "x.bed: line 1: 2 columns: BED has 3 to 12, contig, start and end first",
        ),
        (
            "chr1\t-1\t5\n",
            "x.bed: line 1: \"-1\" is no position: expected a number from 0 on",
        ),
        (
            "chr1\t1\t\n",
            "x.bed: line 1: 2 columns: BED has 3 to 12, contig, start and end first",
        ),
        (
            "chr1\t5\t1\n",
            "x.bed: line 1: the region ends at 1, before its start 5",
        ),
        (
            "chr2\t5\t201\n",
            "x.bed: line 1: the region ends at 201, but chr2 has 200 bases: is the file for another reference?",
        ),
    ] {
        let error = read("x.bed", text.as_bytes(), &reference()).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn names_are_given_and_their_errors_told() {
    let copies = |text: &str| {
        let mut found = Vec::new();
        read_each(
            "x.bed",
            text.as_bytes(),
            &reference(),
            |contig, region, name| {
                let name = name.unwrap_or_default();
                let copies = name.parse::<u8>();
                let copies = copies.map_err(|_| BedErrorKind::Ploidy(name.to_owned()))?;
                found.push((contig.0, region, copies));
                Ok(())
            },
        )?;
        Ok::<_, BedError>(found)
    };
    let found = copies("chr2\t5\t10\t1\n#\nchr1 0 3 0 x\n").unwrap();
    assert_eq!(found, [(1, 5..10, 1), (0, 0..3, 0)]);
    let error = copies("chr2\t5\t10\t1\nchr1\t0\t3\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "x.bed: line 2: \"\" in column 4 is no ploidy: expected 0, 1 or 2"
    );
}

proptest! {
    #[test]
    fn padding_adds_bases_on_both_sides(
        pairs in prop::collection::vec((0..190u32, 1..20u32), 0..10),
        padding in 0..60u32,
    ) {
        let text: String = pairs.iter().map(|(s, l)| format!("chr2\t{s}\t{}\n", (s + l).min(200))).collect();
        let (plain, id) = (regions(&text), ContigId(1));
        let padded = plain.padded(padding, &reference());
        for at in 0..200u32 {
            let near = at.saturating_sub(padding)..(at + padding + 1).min(200);
            prop_assert_eq!(padded.contains(id, at), !plain.overlapping(id, near).is_empty(), "{}", at);
        }
        prop_assert_eq!(plain.padded(u32::MAX, &reference()).is_empty(), plain.is_empty());
    }

    #[test]
    fn as_a_plain_mask(pairs in prop::collection::vec((0..190u32, 0..20u32), 0..30), span in (0..200u32, 0..200u32)) {
        let text: String = pairs.iter().map(|(s, l)| format!("chr2\t{s}\t{}\n", (s + l).min(200))).collect();
        let regions = regions(&text);
        let mut mask = [false; 201];
        for (s, l) in &pairs {
            mask[*s as usize..(s + l).min(200) as usize].fill(true);
        }
        let id = ContigId(1);
        for (i, inside) in mask.iter().enumerate() {
            prop_assert_eq!(regions.contains(id, i as u32), *inside);
        }
        prop_assert_eq!(regions.bases(), mask.iter().filter(|m| **m).count() as u64);
        let expected: Vec<_> = regions.of(id).iter()
            .filter(|r| r.start.max(span.0) < r.end.min(span.1)).cloned().collect();
        prop_assert_eq!(regions.overlapping(id, span.0..span.1), &expected[..]);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..100), text in "(chr1|\t|\n| |[0-9]{1,11}|-|#|track){0,30}") {
        let _ = read("x", &bytes[..], &reference());
        let _ = read("x", text.as_bytes(), &reference());
    }
}
