#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::bam::aux::push_z;
use crate::bam::header::ReadGroup;
use crate::bam::{BamReader, BamWriter, Header, RecordFields, encode, flag};
use crate::bgzf::Compressor;

const QUALITIES: [u8; 3] = [0, 40, 93];

/// A record that a test writes.
#[derive(Clone, Debug)]
struct Record {
    name: String,
    flag: u16,
    bases: Vec<u8>,
    qualities: Vec<u8>,
    read_group: Option<String>,
}

impl Record {
    fn new(name: &str, flag: u16, bases: &str) -> Self {
        let qualities = (0..bases.len()).map(|i| QUALITIES[i % 3]).collect();
        Self {
            name: name.into(),
            flag,
            bases: bases.into(),
            qualities,
            read_group: None,
        }
    }

    fn of(mut self, read_group: &str) -> Self {
        self.read_group = Some(read_group.into());
        self
    }
}

fn bam(read_groups: &[&str], records: &[Record]) -> Vec<u8> {
    let group = |id: &&str| ReadGroup::parse(&format!("@RG\tID:{id}\tSM:s")).unwrap();
    let header = Header {
        read_groups: read_groups.iter().map(group).collect(),
        ..Header::default()
    };
    let (mut payload, mut starts) = (Vec::new(), Vec::new());
    for record in records {
        starts.push(payload.len() as u32);
        let fields = RecordFields {
            name: record.name.as_bytes(),
            flag: record.flag | flag::UNMAPPED,
            contig: -1,
            position: -1,
            mapping_quality: 0,
            cigar: &[],
            mate_contig: -1,
            mate_position: -1,
            template_length: 0,
            bases: &record.bases,
            qualities: &record.qualities,
        };
        encode(&fields, &mut payload, |tags| {
            push_z(*b"RX", b"ACGT", tags);
            if let Some(id) = &record.read_group {
                push_z(*b"RG", id.as_bytes(), tags);
            }
        });
    }
    let mut writer = BamWriter::new(Vec::new(), &header, 1).unwrap();
    let segment = Compressor::new(1)
        .unwrap()
        .compress_records(&payload, &starts);
    writer.write_tile(&payload, &starts, &segment).unwrap();
    writer.finish().unwrap().0
}

fn read(
    read_groups: &[&str],
    records: &[Record],
) -> Result<(Vec<Templates>, PassedOver), TemplateError> {
    let file = bam(read_groups, records);
    let numbers: Vec<u16> = (0..read_groups.len().max(1) as u16)
        .map(|i| i + 5)
        .collect();
    let records = BamReader::new("u.bam", &file[..]).unwrap();
    let mut reader = TemplateReader::new("u.bam", records, &numbers);
    let mut all = Vec::new();
    while let Some(templates) = reader.next_batch()? {
        all.push(templates);
    }
    Ok((all, reader.passed_over()))
}

#[track_caller]
fn refused(read_groups: &[&str], records: &[Record], record: u64, why: &str) {
    let error = read(read_groups, records).unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("u.bam: record {record}: ")),
        "{error}"
    );
    assert!(error.contains(why), "{error}");
}

const FIRST: u16 = flag::PAIRED | flag::FIRST;
const LAST: u16 = flag::PAIRED | flag::LAST;

#[test]
fn reads_are_turned_back_and_mates_put_in_order() {
    let mut blank = Record::new("b", 0, "ACG");
    blank.qualities = vec![255; 3];
    let (all, passed_over) = read(
        &[],
        &[
            Record::new("a/2", LAST | flag::REVERSE, "ACGTN"),
            Record::new("a", FIRST | flag::SUPPLEMENTARY, "A"),
            Record::new("a/1", FIRST, "RCG"),
            blank,
            Record::new("a", flag::SECONDARY | flag::SUPPLEMENTARY, "A"),
            Record::new("c", flag::REVERSE, "AAMB"),
        ],
    )
    .unwrap();
    let expected = PassedOver {
        secondary: 1,
        supplementary: 1,
    };
    assert_eq!(passed_over, expected);
    assert_eq!(all.len(), 2);
    let pairs = &all[0].batch;
    assert_eq!((all[0].lane, pairs.read_group, pairs.len()), (0, 5, 1));
    assert_eq!(
        (pairs.first.name(0), pairs.second.name(0)),
        (&b"a"[..], &b"a"[..])
    );
    assert_eq!(pairs.first.bases(0), b"RCG");
    assert_eq!(pairs.second.bases(0), b"NACGT");
    assert_eq!(pairs.second.qualities(0), [40, 0, 93, 40, 0]);
    let singles = &all[1].batch;
    assert_eq!((all[1].lane, singles.is_paired()), (1, false));
    assert_eq!(
        (singles.first.bases(0), singles.first.qualities(0)),
        (&b"ACG"[..], &[255; 3][..])
    );
    assert_eq!(singles.first.bases(1), b"VKTT");
}

#[test]
fn what_does_not_belong_together_is_refused() {
    let (first, last) = (Record::new("a", FIRST, "A"), Record::new("a", LAST, "A"));
    let other = Record::new("b", LAST, "A");
    refused(&[], &[first.clone(), other], 2, "samtools collate");
    let single = Record::new("a", 0, "A");
    refused(&[], &[first.clone(), single], 2, "not by its mate");
    refused(&[], std::slice::from_ref(&first), 1, "the file ends");
    refused(&[], &[first.clone(), first.clone()], 2, "0x40");
    let both = Record::new("a", FIRST | LAST, "A");
    refused(&[], &[first.clone(), both], 2, "0x40");
    let (x, y) = (first.of("x"), last.of("y"));
    refused(&["x", "y"], &[x.clone(), y], 2, "two read groups");
    refused(&["z"], &[x], 1, "\"x\" is not in the header");
    let none = Record::new("a", 0, "A");
    refused(&["x", "y"], &[none], 1, "no RG tag");
}

#[test]
fn what_cannot_be_a_read_is_refused() {
    let long = "A".repeat(65_535);
    let fine = Record::new("a", 0, &long);
    assert_eq!(read(&[], &[fine]).unwrap().0[0].batch.len(), 1);
    let long = "A".repeat(65_536);
    refused(&[], &[Record::new("a", 0, &long)], 1, "65536 bases");
    refused(&[], &[Record::new("a b", 0, "A")], 1, "0x20");
    refused(&[], &[Record::new("/1", 0, "A")], 1, "no name");
    refused(&[], &[Record::new("a", 0, "A=")], 1, "samtools calmd");
    let mut wrong = Record::new("a", 0, "AC");
    wrong.qualities = vec![255, 30];
    refused(&[], &[wrong], 1, "quality 255");
}

fn record() -> impl Strategy<Value = (bool, bool, usize, bool, bool, usize)> {
    let length = prop_oneof![0..6_usize, 2000..3000_usize];
    let truth = any::<bool>;
    (truth(), truth(), 0..3_usize, truth(), truth(), length)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever lies between: each lane has its templates in the file's order, numbered, and no
    /// batch is larger than it may be.
    #[test]
    fn lanes_keep_the_order_of_the_file(
        templates in prop::collection::vec(record(), 0..60),
        copies in prop_oneof![Just(1_usize), Just(200)],
    ) {
        let ids = ["x", "y", "z"];
        let mut records = Vec::new();
        let mut expected = vec![Vec::new(); 12];
        for (i, (paired, failed, group, reverse, swap, length)) in
            templates.iter().cycle().take(templates.len() * copies).enumerate()
        {
            let name = format!("t{i}");
            let bases: String = (0..*length).map(|j| ['A', 'C', 'G'][(i + j) % 3]).collect();
            let bits = if *failed { flag::QC_FAIL } else { 0 };
            let turn = if *reverse { flag::REVERSE } else { 0 };
            let one = Record::new(&name, bits | turn, &bases).of(ids[*group]);
            let lane = group * 4 + usize::from(*failed) * 2 + usize::from(!paired);
            if *paired {
                let mut first = one.clone();
                first.flag |= FIRST;
                let mut last = Record::new(&name, LAST, "TTT").of(ids[*group]);
                last.flag |= flag::PROPER;
                records.extend(if *swap { [last, first] } else { [first, last] });
            } else {
                records.push(one);
            }
            let complement = |c: char| match c { 'A' => 'T', 'C' => 'G', _ => 'C' };
            let sequenced: String = match reverse {
                true => bases.chars().rev().map(complement).collect(),
                false => bases,
            };
            expected[lane].push((name, sequenced));
        }
        let (all, _) = read(&ids, &records).unwrap();
        let mut got = vec![Vec::new(); 12];
        for Templates { lane, batch, failed } in all {
            prop_assert_eq!(batch.first_ordinal, got[lane].len() as u64);
            prop_assert_eq!(usize::from(batch.read_group), lane / 4 + 5);
            prop_assert_eq!(failed, lane % 4 >= 2);
            prop_assert_eq!(batch.is_paired(), lane % 2 == 0);
            prop_assert!(!batch.is_empty() && batch.len() <= 4096);
            for i in 0..batch.len() {
                let bases = String::from_utf8(batch.first.bases(i).to_vec()).unwrap();
                let name = String::from_utf8(batch.first.name(i).to_vec()).unwrap();
                got[lane].push((name, bases));
                if batch.is_paired() {
                    prop_assert_eq!(batch.second.bases(i), b"TTT");
                }
            }
        }
        prop_assert_eq!(got, expected);
    }
}
