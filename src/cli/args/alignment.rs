//! Duplicates, records of reads with several alignments, and proper pairs.

use clap::{ArgAction, Args};
use fafnir::{InsertSizes, Options, Orientation};

/// What becomes of duplicates, and DRAGEN's switches.
#[derive(Args, Debug)]
#[command(next_help_heading = "Alignments")]
pub(crate) struct AlignmentArgs {
    /// Mark duplicates
    #[arg(long, value_name = "true|false", default_value_t = true)]
    #[arg(num_args = 0..=1, default_missing_value = "true", action = ArgAction::Set)]
    enable_duplicate_marking: bool,

    /// Leave duplicates out of the BAM; metrics then count the reads that stay
    #[arg(long, value_name = "true|false", default_value_t = false)]
    #[arg(num_args = 0..=1, default_missing_value = "true", action = ArgAction::Set)]
    remove_duplicates: bool,

    /// Most supplementary records of a read
    #[arg(long = "Aligner.supp-aligns", value_name = "N", default_value_t = 4)]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=30))]
    supplementary: u32,

    /// Most secondary records of a read; without any, XA names the other places
    #[arg(long = "Aligner.sec-aligns", value_name = "N", default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=30))]
    secondary: u32,

    /// Secondary records for all other places that were found, as bwa mem
    #[arg(short = 'a', long = "all-alignments")]
    #[arg(conflicts_with = "secondary")]
    all: bool,

    /// How far below a record's score those of its secondary ones may lie [default: half of it]
    #[arg(long = "Aligner.sec-score-delta", value_name = "SCORE")]
    secondary_delta: Option<u32>,

    /// Supplementary records keep all bases, clipped softly, as bwa mem
    #[arg(short = 'Y', long = "soft-clip")]
    soft_clip: bool,

    /// XA names up to so many other places with at least 80% of the score; none where there are
    /// more (bwa mem -h)
    #[arg(long, value_name = "N", default_value_t = 5)]
    xa_hits: u32,

    /// The only orientation of proper pairs: FR (or 0), RF (1), FF (2) or RR [default: those that
    /// the first 100,000 pairs of a read group show]
    #[arg(long = "Aligner.pe-orientation", value_name = "FR|RF|FF|RR")]
    orientation: Option<Orientation>,

    /// Insert size instead of what the first pairs show: mean, standard deviation (default: a tenth
    /// of it), longest and shortest of proper pairs (default: four deviations away)
    #[arg(
        short = 'I',
        long = "insert-size",
        value_name = "MEAN[,SD[,MAX[,MIN]]]"
    )]
    #[arg(value_parser = parse_insert_sizes)]
    insert_sizes: Option<InsertSizes>,

    /// DRAGEN's switch for what is always done
    #[arg(long, hide = true, value_parser = ["true"])]
    enable_map_align: Option<String>,

    /// DRAGEN's switch for what is always done
    #[arg(long, hide = true, value_parser = ["true"])]
    enable_map_align_output: Option<String>,

    /// DRAGEN's switch for what is always done
    #[arg(long, hide = true, value_parser = ["true"])]
    enable_bam_indexing: Option<String>,
}

impl AlignmentArgs {
    /// Adds what these options decide.
    pub(crate) fn apply(&self, mut options: Options) -> Options {
        let records = &mut options.aligner.records;
        records.supplementary = self.supplementary;
        records.secondary = if self.all { u32::MAX } else { self.secondary };
        records.secondary_delta = self.secondary_delta;
        records.soft_clip = self.soft_clip;
        records.xa_hits = self.xa_hits;
        options.pairs.orientation = self.orientation;
        options.pairs.insert_sizes = self.insert_sizes;
        Options {
            mark_duplicates: self.enable_duplicate_marking || self.remove_duplicates,
            remove_duplicates: self.remove_duplicates,
            ..options
        }
    }
}

/// An insert size as bwa mem's `-I` takes it.
fn parse_insert_sizes(text: &str) -> Result<InsertSizes, String> {
    let mut values = Vec::new();
    for field in text.split(',') {
        let value = field.trim().parse::<f64>().ok();
        let value = value.filter(|v| (0.0..=1e6).contains(v));
        values.push(
            value
                .ok_or_else(|| format!("{field} is no length"))?
                .round() as u32,
        );
    }
    if values.len() > 4 || values[0] == 0 {
        return Err("use MEAN[,SD[,MAX[,MIN]]] with a mean above 0".into());
    }
    let deviation = values.get(1).copied().unwrap_or((values[0] + 5) / 10);
    let mut sizes = InsertSizes::around(values[0], deviation);
    sizes.high = values.get(2).copied().unwrap_or(sizes.high);
    sizes.low = values.get(3).copied().unwrap_or(sizes.low).max(1);
    if sizes.low > sizes.high {
        return Err(format!("no length is from {} to {}", sizes.low, sizes.high));
    }
    Ok(sizes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn insert_sizes_are_given_as_to_bwa() {
        let sizes =
            |text| parse_insert_sizes(text).map(|s| (s.mean, s.standard_deviation, s.low, s.high));
        assert_eq!(sizes("3000"), Ok((3000, 300, 1800, 4200)));
        assert_eq!(sizes("400.4,60"), Ok((400, 60, 160, 640)));
        assert_eq!(sizes("400,120"), Ok((400, 120, 1, 880)));
        assert_eq!(sizes("400,60,700,0"), Ok((400, 60, 1, 700)));
        for wrong in [
            "",
            "0",
            "x",
            "400,-1",
            "400,60,100",
            "1,2,3,4,5",
            "nan",
            "1e9",
        ] {
            assert!(parse_insert_sizes(wrong).is_err(), "{wrong}");
        }
    }
}
