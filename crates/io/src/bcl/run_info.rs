//! `RunInfo.xml`: what was sequenced, and how the flow cell is laid out.
//!
//! The same elements in all versions from RTA 1.18 on (MiSeq, HiSeq, NextSeq, NovaSeq): `Run` with
//! `Flowcell`, `Instrument`, `Date`, `Reads/Read` and `FlowcellLayout`, which newer versions follow
//! with the list of tiles (Illumina, *bcl2fastq2 Conversion Software v2.20 Software Guide*, "Run
//! Info File"). `IsReverseComplement` is written from version 6 on (NextSeq 1000/2000, NovaSeq X).

use std::ops::Range;
use std::path::Path;

use super::xml::{Element, XmlError, for_each_element};
use super::{BclError, BclErrorKind, TileId};

/// More cycles than any instrument runs.
const MAX_CYCLES: u32 = 10_000;

/// What `RunInfo.xml` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunInfo {
    /// Name of the run, which is also that of its folder.
    pub run_id: String,
    /// Number of the run on this instrument, which read names carry.
    pub run_number: u32,
    /// Serial number of the flow cell.
    pub flowcell: String,
    /// Serial number of the instrument.
    pub instrument: String,
    /// The day, as this instrument writes it: `150821`, `6/27/2018 4:59:20 PM`,
    /// `2024-12-17T23:02:37Z`; empty where it does not.
    pub date: String,
    /// Reads in the order of their cycles, none of them empty.
    pub reads: Vec<RunRead>,
    /// Lanes and tiles.
    pub layout: FlowcellLayout,
}

/// One read of each cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunRead {
    /// Number of the read, 1-based.
    pub number: u32,
    /// Number of cycles, at least 1.
    pub cycles: usize,
    /// Whether the read is of an index.
    pub is_index: bool,
    /// Whether the instrument reads the reverse complement of what a sample sheet gives; `None`
    /// where the instrument does not say.
    pub is_reverse_complement: Option<bool>,
}

/// How a flow cell is divided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowcellLayout {
    /// Number of lanes.
    pub lanes: u8,
    /// Surfaces of a lane.
    pub surfaces: u32,
    /// Swaths of a surface.
    pub swaths: u32,
    /// Tiles of a swath, in a section where there are sections.
    pub tiles_per_swath: u32,
    /// Sections (cameras) of a lane, of the NextSeq 500/550 and MiniSeq.
    pub sections_per_lane: Option<u32>,
    /// How tiles are numbered, where the file says.
    pub tile_naming: Option<TileNaming>,
    /// Tiles of the run, sorted; empty where the file has no list.
    pub tiles: Vec<TileId>,
}

/// How tiles are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileNaming {
    /// Surface, swath, two digits of tile.
    FourDigit,
    /// Surface, swath, section, two digits of tile.
    FiveDigit,
    /// Plain numbers.
    Absolute,
}

impl RunInfo {
    /// Parses the bytes of a file; `name` is for messages.
    ///
    /// # Errors
    ///
    /// XML that is damaged or has a document type definition, and elements that are missing or do
    /// not say what they must, with the line.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, BclError> {
        parse(bytes).map_err(|kind| BclError::of_file(Path::new(name), kind))
    }

    /// Number of cycles of all reads.
    pub fn cycles(&self) -> usize {
        self.reads.iter().map(|read| read.cycles).sum()
    }

    /// Cycles of a read, 0-based, by its place in [`reads`](Self::reads).
    ///
    /// # Panics
    ///
    /// If there is no such read.
    pub fn read_cycles(&self, read: usize) -> Range<usize> {
        let start = self.reads[..read].iter().map(|read| read.cycles).sum();
        start..start + self.reads[read].cycles
    }
}

impl FlowcellLayout {
    /// All tiles of a lane by the numbers of surfaces, swaths and tiles, where tiles have four
    /// digits; empty for other ways to number them, which these counts do not determine.
    pub(super) fn computed_tiles(&self, lane: u8) -> Vec<TileId> {
        let four_digits = matches!(self.tile_naming, None | Some(TileNaming::FourDigit));
        let fits = self.surfaces <= 9 && self.swaths <= 9 && self.tiles_per_swath <= 99;
        if !four_digits || !fits || self.sections_per_lane.is_some() {
            return Vec::new();
        }
        let mut tiles = Vec::new();
        for surface in 1..=self.surfaces {
            for swath in 1..=self.swaths {
                for tile in 1..=self.tiles_per_swath {
                    let tile = 1000 * surface + 100 * swath + tile;
                    tiles.push(TileId { lane, tile });
                }
            }
        }
        tiles
    }
}

#[derive(Default)]
struct Partial {
    run: Option<(String, u32)>,
    flowcell: Option<String>,
    instrument: Option<String>,
    date: String,
    reads: Vec<RunRead>,
    tile_naming: Option<TileNaming>,
    tiles: Vec<TileId>,
    layout: Option<FlowcellLayout>,
}

fn parse(bytes: &[u8]) -> Result<RunInfo, BclErrorKind> {
    let mut partial = Partial::default();
    for_each_element(bytes, |ancestors, element| partial.take(ancestors, element))?;
    let missing = |what: &str| BclErrorKind::Xml {
        line: 1,
        what: format!("the file has no {what}: is this a RunInfo.xml?"),
    };
    let (run_id, run_number) = partial.run.ok_or_else(|| missing("<Run>"))?;
    if partial.reads.is_empty() {
        return Err(missing("<Read> with cycles"));
    }
    let mut layout = partial.layout.ok_or_else(|| missing("<FlowcellLayout>"))?;
    layout.tile_naming = partial.tile_naming;
    layout.tiles = partial.tiles;
    layout.tiles.sort_unstable();
    layout.tiles.dedup();
    Ok(RunInfo {
        run_id,
        run_number,
        flowcell: partial.flowcell.ok_or_else(|| missing("<Flowcell>"))?,
        instrument: partial.instrument.ok_or_else(|| missing("<Instrument>"))?,
        date: partial.date,
        reads: partial.reads,
        layout,
    })
}

impl Partial {
    fn take(&mut self, ancestors: &[Element], element: &Element) -> Result<(), XmlError> {
        let parent = ancestors.last().map(|parent| parent.name.as_str());
        match (parent, element.name.as_str()) {
            (Some("RunInfo"), "Run") => {
                let number = element.number("Number", u32::MAX)?;
                self.run = Some((element.require("Id")?.to_owned(), number));
            }
            (Some("Run"), "Flowcell") => self.flowcell = Some(required(element)?),
            (Some("Run"), "Instrument") => self.instrument = Some(required(element)?),
            (Some("Run"), "Date") => self.date.clone_from(&element.text),
            (Some("Reads"), "Read") => self.reads.extend(read(element)?),
            (Some("FlowcellLayout"), "TileSet") => {
                self.tile_naming = match element.attribute("TileNamingConvention") {
                    Some("FourDigit") => Some(TileNaming::FourDigit),
                    Some("FiveDigit") => Some(TileNaming::FiveDigit),
                    Some("Absolute") => Some(TileNaming::Absolute),
                    _ => None,
                };
            }
            (Some("Tiles"), "Tile") => self.tiles.push(tile(element)?),
            (Some("Run"), "FlowcellLayout") => self.layout = Some(layout(element)?),
            _ => {}
        }
        Ok(())
    }
}

fn required(element: &Element) -> Result<String, XmlError> {
    if element.text.is_empty() {
        return Err(element.wrong(format!("<{}> is empty", element.name)));
    }
    Ok(element.text.clone())
}

/// A read; `None` for one without cycles, which some instruments list for an index not read.
fn read(element: &Element) -> Result<Option<RunRead>, XmlError> {
    let cycles = element.number("NumCycles", MAX_CYCLES)? as usize;
    let read = RunRead {
        number: element.number("Number", u32::MAX)?,
        cycles,
        is_index: yes_or_no(element, "IsIndexedRead", element.require("IsIndexedRead")?)?,
        is_reverse_complement: match element.attribute("IsReverseComplement") {
            Some(value) => Some(yes_or_no(element, "IsReverseComplement", value)?),
            None => None,
        },
    };
    Ok((cycles > 0).then_some(read))
}

fn yes_or_no(element: &Element, name: &str, value: &str) -> Result<bool, XmlError> {
    match value {
        "Y" => Ok(true),
        "N" => Ok(false),
        _ => Err(element.wrong(format!("{name}=\"{value}\" is neither Y nor N"))),
    }
}

/// `1_1101`: lane and tile.
fn tile(element: &Element) -> Result<TileId, XmlError> {
    let parts = element.text.split_once('_');
    let parsed = parts.and_then(|(lane, tile)| {
        Some(TileId {
            lane: lane.parse().ok().filter(|lane| *lane > 0)?,
            tile: tile.parse().ok()?,
        })
    });
    parsed.ok_or_else(|| {
        let text = &element.text;
        element.wrong(format!(
            "{text:?} is no tile: lane and tile are written as 1_1101"
        ))
    })
}

fn layout(element: &Element) -> Result<FlowcellLayout, XmlError> {
    let lanes = element.number("LaneCount", u32::from(u8::MAX))?;
    if lanes == 0 {
        return Err(element.wrong("LaneCount is 0".into()));
    }
    let optional = |name| match element.attribute(name) {
        Some(_) => element.number(name, u32::MAX).map(Some),
        None => Ok(None),
    };
    Ok(FlowcellLayout {
        lanes: lanes as u8,
        surfaces: element.number("SurfaceCount", u32::MAX)?,
        swaths: element.number("SwathCount", u32::MAX)?,
        tiles_per_swath: element.number("TileCount", u32::MAX)?,
        sections_per_lane: optional("SectionPerLane")?,
        tile_naming: None,
        tiles: Vec::new(),
    })
}
