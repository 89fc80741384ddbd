//! DRAGEN's `fastq_list.csv`: one lane a line.

use std::path::{Path, PathBuf};

use fafnir_io::bam::header::ReadGroup;

use super::{Lane, Reads};
use crate::error::Error;

/// Reads the lanes of `sample` from the text of a list; without `sample`, all lanes, which then
/// must be of one sample.
///
/// The header names the columns: `RGID`, `RGSM`, `RGLB`, `Lane`, `Read1File`, `Read2File`, and any
/// other `RG..` column, which becomes that field of `@RG`. Relative file names start at the
/// list's own folder. Lanes keep the order of the lines.
///
/// # Errors
///
/// [`Class::Input`](crate::Class::Input), with the list's name and line.
pub fn parse_fastq_list(path: &Path, text: &str, sample: Option<&str>) -> Result<Reads, Error> {
    let wrong =
        |line: usize, why: String| Error::input(format!("{}, line {line}: {why}", path.display()));
    let mut lines = text
        .strip_prefix('\u{feff}')
        .unwrap_or(text)
        .lines()
        .enumerate()
        .map(|(i, line)| (i + 1, line.trim_end()))
        .filter(|(_, line)| !line.is_empty());
    let (_, header) = lines
        .next()
        .ok_or_else(|| wrong(1, "the list is empty".into()))?;
    let columns = split(header).map_err(|why| wrong(1, why))?;
    for (i, column) in columns.iter().enumerate() {
        if columns[..i].contains(column) {
            return Err(wrong(1, format!("there are two columns {column}")));
        }
        if let Some(tag) = column.strip_prefix("RG")
            && !is_tag(tag)
        {
            return Err(wrong(
                1,
                format!("column {column} is no field of a read group: RG and two letters"),
            ));
        }
    }
    let column = |name: &str| {
        columns
            .iter()
            .position(|c| c == name)
            .ok_or_else(|| wrong(1, format!("there is no column {name}")))
    };
    column("RGID")?;
    let (name, first) = (column("RGSM")?, column("Read1File")?);
    let second = column("Read2File").ok();

    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let mut reads = Reads::default();
    for (number, line) in lines {
        let values = split(line).map_err(|why| wrong(number, why))?;
        if values.len() != columns.len() {
            return Err(wrong(
                number,
                format!("{} values for {} columns", values.len(), columns.len()),
            ));
        }
        if sample.is_some_and(|s| s != values[name]) {
            continue;
        }
        if values[first].is_empty() {
            return Err(wrong(number, "Read1File is empty".into()));
        }
        let read_group = reads.add_read_group(read_group(&columns, &values));
        reads.lanes.push(Lane {
            first: folder.join(&values[first]),
            second: second
                .map(|i| &values[i])
                .filter(|v| !v.is_empty())
                .map(|v| -> PathBuf { folder.join(v) }),
            interleaved: false,
            read_group,
        });
    }
    if reads.lanes.is_empty() {
        return Err(match sample {
            Some(sample) => Error::input(format!("{}: no lane of {sample}", path.display())),
            None => wrong(1, "there is no lane below the header".into()),
        });
    }
    Ok(reads)
}

/// The values of a line, which may be quoted as RFC 4180 says.
fn split(line: &str) -> Result<Vec<String>, String> {
    let mut values = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start();
        let (value, after) = match rest.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (rest[..end].trim_end().to_owned(), &rest[end..])
            }
        };
        values.push(value);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => return Ok(values),
        }
    }
}

/// The value up to its closing quote, and what follows.
fn unquote(quoted: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut rest = quoted;
    while let Some((text, after)) = rest.split_once('"') {
        value.push_str(text);
        if let Some(after) = after.strip_prefix('"') {
            value.push('"');
            rest = after;
            continue;
        }
        let after = after.trim_start();
        if after.is_empty() || after.starts_with(',') {
            return Ok((value, after));
        }
        return Err(format!("{after:?} follows a closing quote"));
    }
    Err("a quote is not closed".to_owned())
}

fn is_tag(tag: &str) -> bool {
    let bytes = tag.as_bytes();
    bytes.len() == 2 && bytes[0].is_ascii_alphabetic() && bytes[1].is_ascii_alphanumeric()
}

/// The read group that the `RG..` columns of a line describe.
fn read_group(columns: &[String], values: &[String]) -> ReadGroup {
    let mut group = ReadGroup::default();
    for (column, value) in columns.iter().zip(values) {
        let value = value.clone();
        match column.strip_prefix("RG") {
            Some("ID") => group.id = value,
            Some("SM") => group.sample = value,
            Some("LB") => group.library = value,
            Some("PL") => group.platform = value,
            Some("PU") => group.unit = value,
            Some("CN") => group.center = value,
            Some("DS") => group.description = value,
            Some("DT") => group.date = value,
            Some(tag) if !value.is_empty() => group.other.push((tag.to_owned(), value)),
            _ => {}
        }
    }
    group
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const LIST: &str = "RGID,RGSM,RGLB,Lane,Read1File,Read2File,RGPU\r\n\
        A.1,s1,lib,1,a_1.fq.gz,a_2.fq.gz,unit\r\n\
        \r\n\
        A.2,s1,lib,2,/x/b_1.fq.gz,,\r\n\
        B.1,s2,lib,1,c_1.fq.gz,c_2.fq.gz,\r\n";

    #[test]
    fn lanes_of_one_sample_in_the_order_of_the_lines() {
        let reads = parse_fastq_list(Path::new("run/list.csv"), LIST, Some("s1")).unwrap();
        assert_eq!(reads.lanes.len(), 2);
        assert_eq!(reads.lanes[0].first, Path::new("run/a_1.fq.gz"));
        assert_eq!(
            reads.lanes[0].second.as_deref(),
            Some(Path::new("run/a_2.fq.gz"))
        );
        assert_eq!(reads.lanes[1].first, Path::new("/x/b_1.fq.gz"));
        assert_eq!(reads.lanes[1].second, None);
        assert_eq!(
            reads.read_groups[0].to_string(),
            "@RG\tID:A.1\tSM:s1\tLB:lib\tPU:unit"
        );
        assert_eq!(reads.sample(), "s1");
        reads.validate().unwrap();
    }

    #[test]
    fn values_may_be_quoted() {
        let text = "RGID,RGSM,RGDS,Read1File\n\"a\", s1 ,\"an, \"\"odd\"\" one\" ,x.fq\n";
        let reads = parse_fastq_list(Path::new("list.csv"), text, None).unwrap();
        let group = &reads.read_groups[0];
        assert_eq!((group.id.as_str(), group.sample.as_str()), ("a", "s1"));
        assert_eq!(group.description, "an, \"odd\" one");
        for (line, why) in [
            ("\"a,s1,,x.fq", "a quote is not closed"),
            ("\"a\"b,s1,,x.fq", "follows a closing quote"),
        ] {
            let text = format!("RGID,RGSM,RGDS,Read1File\n{line}\n");
            let error = parse_fastq_list(Path::new("list.csv"), &text, None).unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
        }
    }

    #[test]
    fn columns_that_are_no_fields_are_refused() {
        for (header, why) in [
            ("RGID,RGSM,RGfoo bar,Read1File", "column RGfoo bar"),
            ("RGID,RGSM,RGSM,Read1File", "two columns RGSM"),
        ] {
            let text = format!("{header}\na,s1,x,x.fq\n");
            let error = parse_fastq_list(Path::new("list.csv"), &text, None).unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
        }
    }

    #[test]
    fn two_samples_at_once_are_refused() {
        let reads = parse_fastq_list(Path::new("list.csv"), LIST, None).unwrap();
        assert!(
            reads
                .validate()
                .unwrap_err()
                .to_string()
                .contains("s1 and s2")
        );
    }

    #[test]
    fn errors_name_the_line() {
        let path = Path::new("list.csv");
        let short = "RGID,RGSM,Read1File\nA,s1,a.fq\nB,s1\n";
        let error = parse_fastq_list(path, short, None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "list.csv, line 3: 2 values for 3 columns"
        );
        let error = parse_fastq_list(path, LIST, Some("s9")).unwrap_err();
        assert_eq!(error.to_string(), "list.csv: no lane of s9");
        let error = parse_fastq_list(path, "RGID,RGSM\n", None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "list.csv, line 1: there is no column Read1File"
        );
    }
}
