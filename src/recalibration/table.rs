//! `PREFIX.features.tsv.gz`: a line a call, with what it is judged by.

use std::{
    fmt::Write as _,
    io::{BufRead, BufReader, Read},
};

use fafnir_io::{decode::Decoder, vcf::Record};
use fafnir_variant_caller::Features;

/// Columns before those of [`Features`].
const PLACE: [&str; 7] = ["#CHROM", "POS", "REF", "ALT", "FILTER", "GT", "TYPE"];

/// A line of the table.
pub(super) struct Row {
    /// CHROM, POS, REF and ALT, tabs between them, as VCF has them.
    pub(super) site: String,
    /// Whether FILTER is PASS.
    pub(super) passed: bool,
    /// GT.
    pub(super) genotype: String,
    pub(super) features: Features,
}

/// The line of names.
pub(crate) fn header() -> String {
    let names: Vec<&str> = PLACE.into_iter().chain(Features::names()).collect();
    names.join("\t") + "\n"
}

/// Appends the line of a call on `contig`.
pub(crate) fn append(record: &Record, contig: &str, features: &Features, out: &mut String) {
    let text = |bases: &[u8]| String::from_utf8_lossy(bases).into_owned();
    let alternates: Vec<String> = record.alternates.iter().map(|a| text(a)).collect();
    let filters = match record.filters.as_slice() {
        [] => "PASS".to_owned(),
        filters => filters.join(";"),
    };
    let genotype = record.format.first().map_or(".", |(_, value)| value);
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "{contig}\t{}\t{}\t{}\t{filters}\t{genotype}\t",
        u64::from(record.position) + 1,
        text(&record.reference),
        alternates.join(","),
    );
    features.append_columns(out);
    out.push('\n');
}

/// Reads a table; errors give the line and what is wrong.
pub(super) fn read(input: impl Read) -> Result<Vec<Row>, String> {
    let mut lines = BufReader::new(Decoder::new(input)).lines();
    let mut next = || lines.next().transpose().map_err(|e| e.to_string());
    if next()?.map(|line| line + "\n").as_deref() != Some(header().as_str()) {
        return Err(
            "line 1: not the names of this program's features; write the table anew with \
             --vc-emit-features"
                .to_owned(),
        );
    }
    let mut rows = Vec::new();
    while let Some(line) = next()? {
        let row = parse(&line);
        rows.push(row.ok_or_else(|| format!("line {}: not a call's features", rows.len() + 2))?);
    }
    Ok(rows)
}

fn parse(line: &str) -> Option<Row> {
    let (end, _) = line.match_indices('\t').nth(3)?;
    let (site, rest) = (&line[..end], &line[end + 1..]);
    let mut columns = rest.split('\t');
    let (filter, genotype) = (columns.next()?, columns.next()?);
    Some(Row {
        site: site.to_owned(),
        passed: filter == "PASS",
        genotype: genotype.to_owned(),
        features: Features::from_columns(columns)?,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(line: &str) -> String {
        header() + line
    }

    /// A line of zeros.
    fn line() -> String {
        let zeros = Features::names().map(|_| "\t0").collect::<String>();
        format!("20\t100\tA\tC\tPASS\t0/1\tsnv{zeros}\n")
    }

    #[test]
    fn a_table_is_read_and_another_one_is_refused() {
        let sites = |text: String| {
            let rows = read(text.as_bytes())?;
            Ok::<_, String>(rows.into_iter().map(|row| row.site).collect())
        };
        assert_eq!(sites(table(&line())), Ok(vec!["20\t100\tA\tC".to_owned()]));
        let cut = sites(table(&(line() + "20\t101\n")));
        assert_eq!(cut, Err("line 3: not a call's features".to_owned()));
        assert!(sites(String::new()).is_err_and(|error| error.starts_with("line 1: ")));
    }

    proptest! {
        #[test]
        fn no_text_stops_the_program(
            at in 0..200_usize,
            cut in 0..40_usize,
            new in "[\t.0-9a-z-]{0,8}",
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let line = line();
            let (start, end) = (at.min(line.len()), (at + cut).min(line.len()));
            let changed = [&line[..start], &new, &line[end..]].concat();
            let _ = read(table(&changed).as_bytes());
            let _ = read([header().as_bytes(), &bytes].concat().as_slice());
            let _ = read(bytes.as_slice());
        }
    }
}
