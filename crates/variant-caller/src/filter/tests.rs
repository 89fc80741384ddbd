#![allow(clippy::unwrap_used)]

use fafnir_io::ContigId;
use proptest::prelude::*;

use super::*;

fn filters(text: &str) -> HardFilters {
    text.parse().unwrap_or_else(|e| panic!("{text}: {e}"))
}

/// A record of these alleles, the reference first, that QUAL 20 and depth 7 are known of.
fn record(alleles: &[&str]) -> Record {
    let genotype = if alleles.len() > 2 { "1/2" } else { "0/1" };
    let mut alleles = alleles.iter().map(|a| a.as_bytes().to_vec());
    Record {
        contig: ContigId(0),
        position: 5,
        id: String::new(),
        reference: alleles.next().unwrap(),
        alternates: alleles.collect(),
        quality: 20.0,
        filters: Vec::new(),
        info: vec![("DP", "9".into()), ("MQ", "60.00".into())],
        format: vec![
            ("GT", genotype.into()),
            ("AD", "3,4".into()),
            ("DP", "7".into()),
            ("GQ", String::new()),
        ],
    }
}

fn failed(text: &str, alleles: &[&str]) -> Vec<String> {
    let mut record = record(alleles);
    filters(text).apply(&mut record);
    record.filters.iter().map(ToString::to_string).collect()
}

#[test]
fn a_filter_is_for_its_kind_of_record() {
    let text = "a:snp:QUAL<30; b:indel:QUAL<30 ;c:all:QUAL>30;d:all:QUAL==20;";
    assert_eq!(failed(text, &["A", "C"]), ["a", "d"]);
    assert_eq!(failed(text, &["A", "C", "*"]), ["a", "d"]);
    assert_eq!(failed(text, &["A", "C", "<NON_REF>"]), ["a", "d"]);
    assert_eq!(failed(text, &["A", "AC"]), ["b", "d"]);
    assert_eq!(failed(text, &["AG", "A", "AT"]), ["b", "d"]);
    assert_eq!(failed(text, &["A", "<NON_REF>"]), ["d"]);
    assert!(failed("none", &["A", "C"]).is_empty());
    // An allele that was only asked for says nothing of the call.
    let mut asked = record(&["AG", "A", "TG"]);
    asked.format[0].1 = "0/2".into();
    filters(text).apply(&mut asked);
    assert_eq!(asked.filters, ["a".into(), "d".into()]);
    asked.format[0].1 = "0/0".into();
    filters(text).apply(&mut asked);
    assert_eq!(asked.filters, ["d".into()]);
}

#[test]
fn fields_are_found_where_they_are() {
    for (expression, holds) in [
        ("QUAL<20", false),
        ("QUAL<=20", true),
        ("QUAL != 20", false),
        ("DP==7", true),
        ("FORMAT/DP>=7.0", true),
        ("INFO/DP==9", true),
        ("INFO/DP<9", false),
        ("MQ<6e1", false),
        ("MQ>-1.5", true),
        // Of a list any value may hold.
        ("AD<4", true),
        ("AD>4", false),
        // What is missing is neither.
        ("GQ<1000", false),
        ("GQ>=0", false),
        ("QD<1000", false),
        // `&&` binds more tightly than `||`.
        ("QUAL==20||DP==0&&DP==1", true),
        ("(QUAL==20||DP==0)&&DP==1", false),
        ("((DP==7))", true),
    ] {
        let found = failed(&format!("x:all:{expression}"), &["A", "C"]);
        assert_eq!(!found.is_empty(), holds, "{expression}");
    }
}

#[test]
fn defaults_are_those_of_dragen() {
    let text =
        "DRAGENSnpHardQUAL:snp:QUAL<10.41;DRAGENIndelHardQUAL:indel:QUAL<7.83;LowDepth:all:DP<=1";
    assert_eq!(HardFilters::default(), filters(text));
    assert_eq!(HardFilters::default().to_string(), text);
    assert_eq!(filters("none").to_string(), "none");
    let lines = filters("q:snp:QUAL<1;q:indel:QUAL<2||DP<3;d:all:DP<1").lines();
    let text: Vec<_> = lines
        .iter()
        .map(|l| format!("{} {}", l.id, l.description))
        .collect();
    assert_eq!(
        text,
        [
            "q Set if true: snp: QUAL<1; indel: QUAL<2 || DP<3",
            "d Set if true: all: DP<1"
        ]
    );
}

#[test]
fn errors_name_the_column_and_what_is_expected() {
    for (text, message) in [
        (
            "",
            "column 1: expected the name of a filter, a letter first, found the end",
        ),
        (
            "1q:all:DP<1",
            "column 1: expected the name of a filter, a letter first, found '1'",
        ),
        (
            "PASS:all:DP<1",
            "column 1: expected a name other than PASS, found 'P'",
        ),
        (
            "LowQual QUAL<1",
            "column 9: expected NAME:snp|indel|all:EXPRESSION, a colon here, found 'Q'",
        ),
        (
            "q:snv:QUAL<1",
            "column 3: expected snp, indel or all, found 's'",
        ),
        (
            "q:all:QUAL=1",
            "column 11: expected <, <=, >, >=, == or !=, found '='",
        ),
        ("q:all:QUAL<x1", "column 12: expected a number, found 'x'"),
        ("q:all:QUAL<inf", "column 12: expected a number, found 'i'"),
        (
            "q:all:QUAL<1 &",
            "column 14: expected &&, ||, or ; and another filter, found '&'",
        ),
        (
            "q:all:(QUAL<1",
            "column 14: expected &&, || or ), found the end",
        ),
        (
            "é",
            "column 1: expected the name of a filter, a letter first, found 'é'",
        ),
    ] {
        let error = text.parse::<HardFilters>().unwrap_err();
        assert_eq!(error.to_string(), message, "{text}");
    }
    let error = "q:all:DP<1||GT>1".parse::<HardFilters>().unwrap_err();
    assert!(
        error.to_string().starts_with(
            "column 13: \"GT\" is no number that records have: expected one of QUAL, AD"
        ),
        "{error}"
    );
    let deep = format!("q:all:{}", "(".repeat(100_000));
    let error = deep.parse::<HardFilters>().unwrap_err();
    assert_eq!(error.kind, FilterErrorKind::TooDeep);
    // A long list is no deep one.
    let long = format!("q:all:QUAL<1{}", "&&QUAL<1".repeat(100_000));
    assert!(!failed(&long, &["A", "C"]).contains(&"q".to_owned()));
}

fn expression() -> impl Strategy<Value = Expression> {
    let field = prop::sample::select(vec!["QUAL", "DP", "INFO/DP", "FORMAT/DP", "MQ", "AD", "QD"]);
    let comparison = prop::sample::select(Comparison::SYMBOLS.map(|(_, c)| c).to_vec());
    let leaf = (field, comparison, -100.0..100.0).prop_map(|(field, comparison, value)| {
        Expression::Compare(Field::new(field), comparison, value)
    });
    leaf.prop_recursive(4, 20, 4, |inner| {
        let parts = prop::collection::vec(inner, 2..4);
        (any::<bool>(), parts).prop_map(|(all, parts)| match all {
            true => Expression::All(parts),
            false => Expression::Any(parts),
        })
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_as_what_it_was(
        parts in prop::collection::vec(("[A-Za-z][A-Za-z0-9_.-]{0,8}", 0..3usize, expression()), 1..4),
    ) {
        let all = parts.into_iter().map(|(name, scope, expression)| HardFilter {
            name: Arc::from(name.replace("PASS", "x")),
            scope: [Scope::Snp, Scope::Indel, Scope::All][scope],
            expression,
        });
        let all = HardFilters(all.collect());
        prop_assert_eq!(filters(&all.to_string()), all);
    }

    #[test]
    fn any_text_is_read_or_refused(
        text in "(q|:|snp|all|indel|QUAL|DP|INFO/|<|=|>|!|&&|\\|\\||\\(|\\)|;|[0-9.]{1,3}| |é|none){0,25}",
    ) {
        if let Ok(read) = text.parse::<HardFilters>() {
            prop_assert_eq!(filters(&read.to_string()), read);
        }
    }
}
