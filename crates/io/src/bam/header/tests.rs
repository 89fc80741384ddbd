#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

#[test]
fn bwa_style_line() {
    let group = ReadGroup::parse(r"@RG\tID:1\tSM:NA12878\tPL:ILLUMINA\tLB:lib1\tPI:300").unwrap();
    assert_eq!(
        (&*group.id, &*group.sample, &*group.library),
        ("1", "NA12878", "lib1")
    );
    assert_eq!(
        group.to_string(),
        "@RG\tID:1\tSM:NA12878\tLB:lib1\tPL:ILLUMINA\tPI:300"
    );
    assert_eq!(ReadGroup::parse(&group.to_string()).unwrap(), group);
    for (line, part) in [
        ("ID:1", "does not start"),
        (r"@RG\tSM:x", "no ID"),
        (r"@RG\tID:x", "no SM"),
        (r"@RG\tID:x\tSM", "not of the form"),
        (r"@RG\tID:x\tID:y\tSM:z", "twice"),
        ("@RG\tID:x\tSM:z\u{1}", "control"),
        ("@RG\tID:x\tSM:Ä", "non-ASCII"),
    ] {
        let error = ReadGroup::parse(line).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

/// Fields that come from elsewhere than a line: a header with them must be readable again.
#[test]
fn further_fields_have_tags_of_their_own() {
    let with = |tags: &[&str]| ReadGroup {
        id: "1".into(),
        sample: "s".into(),
        other: tags.iter().map(|t| (t.to_string(), "v".into())).collect(),
        ..ReadGroup::default()
    };
    let fine = with(&["PI", "pm", "X0"]);
    assert_eq!(fine.validate(), Ok(()));
    assert_eq!(ReadGroup::parse(&fine.to_string()).unwrap(), fine);
    for tag in [
        "", "P", "PIX", "0P", "P:", "P\t", "É", "ID", "SM", "DS", "DT",
    ] {
        let error = with(&["PI", tag]).validate();
        assert_eq!(error, Err(ReadGroupError::Tag(tag.into())));
    }
    let error = with(&["PI", "PM", "PI"]).validate();
    assert_eq!(error, Err(ReadGroupError::Duplicate("PI".into())));
}

#[test]
fn text_round_trip() {
    let header = Header {
        sort_order: SortOrder::Coordinate,
        contigs: vec![
            HeaderContig {
                name: "chr1".into(),
                length: 100,
                md5: Some([0xab; 16]),
            },
            HeaderContig {
                name: "HLA:HLA*01".into(),
                length: 0x7fff_ffff,
                md5: None,
            },
        ],
        read_groups: vec![ReadGroup::parse(r"@RG\tID:1\tSM:s").unwrap()],
        programs: vec![Program {
            id: "fafnir".into(),
            name: "fafnir".into(),
            version: "1".into(),
            command_line: "fafnir run".into(),
            previous: None,
        }],
        comments: vec!["a comment".into()],
    };
    let text = header.to_text();
    assert!(text.starts_with("@HD\tVN:1.6\tSO:coordinate\n@SQ\tSN:chr1\tLN:100\tM5:abab"));
    assert_eq!(Header::parse(&text).unwrap(), header);
    let query = Header {
        sort_order: SortOrder::Query,
        ..header
    };
    assert_eq!(Header::parse(&query.to_text()).unwrap(), query);
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "(@(HD|SQ|RG|PG|CO)|\t(SN|LN|M5|ID|SO)|:[a-z0-9é]{0,3}|\n){0,30}", any in any::<String>()) {
        let _ = Header::parse(&text);
        let _ = Header::parse(&any);
        let _ = ReadGroup::parse(&text);
        let _ = ReadGroup::parse(&any);
    }
}
