//! Which tiles are converted (`--tiles`, `--exclude-tiles`).

use fafnir_io::bcl::TileId;
use regex::{Regex, RegexBuilder};

use crate::error::Error;

/// Regular expressions that are looked for in names of tiles, such as `s_1_1101`: `s_[2-8]` is all
/// tiles of seven lanes. As bcl2fastq2 and BCL Convert take them.
#[derive(Clone, Debug, Default)]
pub struct TileFilter {
    wanted: Vec<Regex>,
    excluded: Vec<Regex>,
}

impl TileFilter {
    /// Tiles that an expression of `wanted` fits, all where there is none, but for those that one
    /// of `excluded` fits.
    ///
    /// # Errors
    ///
    /// [`crate::Class::Usage`] for what is no regular expression.
    pub fn new(wanted: &[String], excluded: &[String]) -> Result<Self, Error> {
        Ok(Self {
            wanted: parse(wanted)?,
            excluded: parse(excluded)?,
        })
    }

    /// Whether the tile is to be converted.
    pub fn takes(&self, tile: TileId) -> bool {
        let name = format!("s_{}_{:04}", tile.lane, tile.tile);
        let fits = |expressions: &[Regex]| expressions.iter().any(|e| e.is_match(&name));
        (self.wanted.is_empty() || fits(&self.wanted)) && !fits(&self.excluded)
    }

    /// The expressions, those wanted and those excluded.
    pub(super) fn expressions(&self) -> [Vec<&str>; 2] {
        [&self.wanted, &self.excluded].map(|all| all.iter().map(Regex::as_str).collect())
    }
}

fn parse(expressions: &[String]) -> Result<Vec<Regex>, Error> {
    let parse = |text: &String| {
        RegexBuilder::new(text).unicode(false).build().map_err(|e| {
            Error::usage(format!(
                "{text:?} does not choose tiles: {e}; write s_1_1101, s_[2-8] or another regular \
                 expression"
            ))
        })
    };
    expressions.iter().map(parse).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn taken(wanted: &[&str], excluded: &[&str]) -> Vec<String> {
        let owned = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        let filter = TileFilter::new(&owned(wanted), &owned(excluded)).unwrap();
        let tiles = [(1, 1101), (1, 1205), (2, 1101), (3, 2)];
        tiles
            .into_iter()
            .filter(|&(lane, tile)| filter.takes(TileId { lane, tile }))
            .map(|(lane, tile)| format!("{lane}/{tile}"))
            .collect()
    }

    #[test]
    fn expressions_choose_as_in_the_guides() {
        assert_eq!(taken(&[], &[]).len(), 4);
        assert_eq!(taken(&["s_1_1101"], &[]), ["1/1101"]);
        assert_eq!(
            taken(&["[0-9][0-9][0-9]5", "s_2"], &[]),
            ["1/1205", "2/1101"]
        );
        assert_eq!(taken(&["s_1_0002", "s_[2-8]"], &[]), ["2/1101", "3/2"]);
        assert_eq!(taken(&["s_1"], &["_12"]), ["1/1101"]);
        assert_eq!(taken(&[], &["s_[12]"]), ["3/2"]);
    }

    #[test]
    fn what_is_no_expression_is_wrong_usage() {
        let error = TileFilter::new(&["s_[1".into()], &[]).unwrap_err();
        assert_eq!(error.class(), crate::Class::Usage);
        assert!(error.to_string().contains("s_[1"), "{error}");
    }
}
