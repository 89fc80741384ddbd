//! Run folders, sheets, and reads of results.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{fafnir, gunzip, names};

/// A read as FASTQ has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Read {
    pub(crate) name: String,
    pub(crate) bases: String,
    pub(crate) qualities: String,
}

impl Read {
    /// Lane, tile, x and y.
    pub(crate) fn place(&self) -> String {
        let name = self.name.split(' ').next().unwrap();
        let fields: Vec<_> = name.split(':').collect();
        // Picard's names have no flow cell's name in them, or no run's number.
        let last = match fields.last().unwrap().parse::<u32>() {
            Ok(_) => fields.len(),
            Err(_) => fields.len() - 1,
        };
        fields[last - 4..last].join(":")
    }
}

/// The reads of a FASTQ file, in its order.
pub(crate) fn fastq(path: &Path) -> Vec<Read> {
    let text = String::from_utf8(gunzip(path)).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let (records, rest) = lines.as_chunks::<4>();
    assert!(rest.is_empty(), "{}", path.display());
    let read = |[name, bases, plus, qualities]: &[&str; 4]| {
        assert_eq!(*plus, "+");
        assert_eq!(bases.len(), qualities.len());
        Read {
            name: name.strip_prefix('@').unwrap().to_owned(),
            bases: (*bases).to_owned(),
            qualities: (*qualities).to_owned(),
        }
    };
    records.iter().map(read).collect()
}

/// `fafnir bcl` from a run folder into another folder.
pub(crate) fn bcl(run: &Path, out: &Path) -> Command {
    let mut command = fafnir();
    command.arg("bcl").arg("--bcl-input-directory").arg(run);
    command.arg("--output-directory").arg(out).arg("--quiet");
    command
}

/// The contents of all files but the statement, by name, those of folders too.
pub(crate) fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for name in names(folder) {
        let path = folder.join(&name);
        if path.is_dir() {
            let inner = contents(&path).into_iter();
            all.extend(inner.map(|(file, bytes)| (format!("{name}/{file}"), bytes)));
        } else if !name.ends_with(".dsse.json") {
            all.insert(name, fs::read(path).unwrap());
        }
    }
    all
}

/// Copies a folder, but not its permissions: test data may be write-protected.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for name in names(from) {
        let (from, to) = (from.join(&name), to.join(&name));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::write(to, fs::read(from).unwrap()).unwrap();
        }
    }
}

/// Writes `RunInfo.xml`; reads as Picard writes them, such as `25T8B25T`, and tiles of lanes.
pub(crate) fn write_run_info(run: &Path, structure: &str, tiles: &[(u8, u32)]) {
    let reads = structure.split_inclusive(['T', 'B']).enumerate();
    let reads = reads.map(|(i, read)| {
        let (cycles, kind) = read.split_at(read.len() - 1);
        let (number, index) = (i + 1, if kind == "T" { "N" } else { "Y" });
        format!(r#"<Read Number="{number}" NumCycles="{cycles}" IsIndexedRead="{index}"/>"#)
    });
    let listed = tiles
        .iter()
        .map(|(lane, tile)| format!("<Tile>{lane}_{tile}</Tile>"));
    let lanes = tiles.iter().map(|(lane, _)| lane).max().unwrap();
    let text = format!(
        r#"<?xml version="1.0"?>
<RunInfo Version="2"><Run Id="HiMom" Number="1"><Flowcell>abcdeACXX</Flowcell>
<Instrument>machine1</Instrument><Date>150821</Date><Reads>{}</Reads>
<FlowcellLayout LaneCount="{lanes}" SurfaceCount="2" SwathCount="2" TileCount="2">
<TileSet TileNamingConvention="FourDigit"><Tiles>{}</Tiles></TileSet></FlowcellLayout>
</Run></RunInfo>"#,
        reads.collect::<String>(),
        listed.collect::<String>(),
    );
    fs::write(run.join("RunInfo.xml"), text).unwrap();
}

/// Writes `SampleSheet.csv`, version 2: lines of settings, columns, and lines of samples.
pub(crate) fn write_sheet(run: &Path, settings: &[&str], columns: &str, samples: &[String]) {
    let text = format!(
        "[Header]\nFileFormatVersion,2\n\n[BCLConvert_Settings]\n{}\n\n\
         [BCLConvert_Data]\n{columns}\n{}\n",
        settings.join("\n"),
        samples.join("\n")
    );
    fs::write(run.join("SampleSheet.csv"), text).unwrap();
}
