//! Writes `RunInfo.xml`.

use std::fmt::Write as _;

use super::Run;

impl Run {
    /// The text of `RunInfo.xml`.
    pub(super) fn run_info(&self) -> String {
        let most = |digit: fn(u32) -> u32| {
            self.tiles
                .iter()
                .map(|tile| digit(tile.tile))
                .max()
                .unwrap_or(0)
        };
        let lanes = self.tiles.iter().map(|tile| tile.lane).max().unwrap_or(0);
        let (surfaces, swaths) = (most(|tile| tile / 1000), most(|tile| tile / 100 % 10));
        let tiles = most(|tile| tile % 100);
        let mut text = format!(
            r#"<?xml version="1.0"?>
<RunInfo Version="6">
  <Run Id="{}" Number="{}">
    <Flowcell>{}</Flowcell>
    <Instrument>{}</Instrument>
    <Date>2024-01-01T00:00:00Z</Date>
    <Reads>
"#,
            escape(&self.id),
            self.number,
            escape(&self.flowcell),
            escape(&self.instrument)
        );
        let yes_or_no = |value| if value { 'Y' } else { 'N' };
        for (i, read) in self.reads.iter().enumerate() {
            // Writing to a string cannot fail.
            let _ = write!(
                text,
                r#"      <Read Number="{}" NumCycles="{}" IsIndexedRead="{}""#,
                i + 1,
                read.cycles,
                yes_or_no(read.is_index)
            );
            if let Some(reverse) = read.is_reverse_complement {
                let _ = write!(text, r#" IsReverseComplement="{}""#, yes_or_no(reverse));
            }
            text.push_str("/>\n");
        }
        let _ = write!(
            text,
            r#"    </Reads>
    <FlowcellLayout LaneCount="{lanes}" SurfaceCount="{surfaces}" SwathCount="{swaths}" TileCount="{tiles}">
      <TileSet TileNamingConvention="FourDigit">
        <Tiles>
"#
        );
        for tile in &self.tiles {
            let _ = writeln!(text, "          <Tile>{}_{}</Tile>", tile.lane, tile.tile);
        }
        text.push_str(
            "        </Tiles>\n      </TileSet>\n    </FlowcellLayout>\n  </Run>\n</RunInfo>\n",
        );
        text
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}
