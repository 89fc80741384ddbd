//! Settings of a sheet.
//!
//! Names, values and defaults are those of BCL Convert's page "Sample Sheet"; those of version 1
//! are bcl2fastq2's.

use super::csv::Row;
use super::error::{Located, SheetErrorKind, SheetWarning};
use super::sections::Section;
use super::{Version, value};
use crate::bcl::adapters::AdapterBehavior;

/// Settings of the whole sheet.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What holds for samples that do not say otherwise.
    pub samples: SampleSettings,
    /// `MinimumAdapterOverlap`, 1 to 3. Default 1.
    pub minimum_adapter_overlap: usize,
    /// `MinimumTrimmedReadLength`. Default: 35 or the shortest read's length, whichever is less.
    pub minimum_trimmed_read_length: Option<usize>,
    /// `MaskShortReads`. Default: 22 or `MinimumTrimmedReadLength`, whichever is less.
    pub mask_short_reads: Option<usize>,
    /// `TrimUMI`: whether UMI cycles are left out of reads. Default true.
    pub trim_umi: bool,
    /// `NoLaneSplitting`. Default false.
    pub no_lane_splitting: bool,
    /// `CreateFastqForIndexReads`. Default false.
    pub create_fastq_for_index_reads: bool,
    /// Lanes of `IndependentIndexCollisionCheck`: those where each index by itself must be distinct
    /// enough. Default none.
    pub independent_index_lanes: Vec<u8>,
    /// `RunInfoIndex2ReverseComplement`: instead of what RunInfo.xml says of the second index read.
    pub run_info_index2_reverse_complement: Option<bool>,
    /// `Index2ColumnReverseComplement`: the column is written as the reverse complement. Default
    /// false.
    pub index2_column_reverse_complement: bool,
    /// `ReverseComplement` of version 1: reads are written as their reverse complements. Default
    /// false.
    pub reverse_complement: bool,
}

/// Settings that each sample may have its own of: columns of `[BCLConvert_Data]`.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleSettings {
    /// `OverrideCycles`, and where it stands. Default: all cycles, by the kind of read.
    pub override_cycles: Option<Cell>,
    /// `BarcodeMismatchesIndex1` and `2`, 0 to 2. Default 1.
    pub barcode_mismatches: [u8; 2],
    /// `AdapterRead1` and `2`. Default none.
    pub adapters: [Vec<Vec<u8>>; 2],
    /// `AdapterBehavior`. Default trim.
    pub adapter_behavior: AdapterBehavior,
    /// `AdapterStringency`, 0.5 to 1. Default 0.9.
    pub adapter_stringency: f32,
}

/// A value that is checked later, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The value.
    pub text: String,
    /// Line, 1-based.
    pub line: usize,
    /// Column of the table, 1-based.
    pub column: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            samples: SampleSettings::default(),
            minimum_adapter_overlap: 1,
            minimum_trimmed_read_length: None,
            mask_short_reads: None,
            trim_umi: true,
            no_lane_splitting: false,
            create_fastq_for_index_reads: false,
            independent_index_lanes: Vec::new(),
            run_info_index2_reverse_complement: None,
            index2_column_reverse_complement: false,
            reverse_complement: false,
        }
    }
}

impl Default for SampleSettings {
    fn default() -> Self {
        Self {
            override_cycles: None,
            barcode_mismatches: [1, 1],
            adapters: [Vec::new(), Vec::new()],
            adapter_behavior: AdapterBehavior::Trim,
            adapter_stringency: 0.9,
        }
    }
}

/// Settings that samples may have their own of, in lower case.
pub(super) const OF_SAMPLES: [&str; 7] = [
    "overridecycles",
    "barcodemismatchesindex1",
    "barcodemismatchesindex2",
    "adapterread1",
    "adapterread2",
    "adapterbehavior",
    "adapterstringency",
];

impl SampleSettings {
    /// Takes one of [`OF_SAMPLES`].
    pub(super) fn set(&mut self, name: &str, cell: Cell) -> Result<(), SheetErrorKind> {
        let value = cell.text.as_str();
        match name.to_ascii_lowercase().as_str() {
            "overridecycles" => self.override_cycles = Some(cell),
            "barcodemismatchesindex1" => {
                self.barcode_mismatches[0] = value::mismatches(name, value)?;
            }
            "barcodemismatchesindex2" => {
                self.barcode_mismatches[1] = value::mismatches(name, value)?;
            }
            "adapterread1" => self.adapters[0] = value::adapters(name, value)?,
            "adapterread2" => self.adapters[1] = value::adapters(name, value)?,
            "adapterbehavior" => self.adapter_behavior = value::behavior(name, value)?,
            "adapterstringency" => self.adapter_stringency = value::stringency(name, value)?,
            _ => return Err(SheetErrorKind::UnknownSetting(name.to_owned())),
        }
        Ok(())
    }
}

/// Reads a section of settings. Unknown ones are errors in version 2 and warnings in version 1 (BCL
/// Convert, "Sample Sheet"). Gives also the lines of the settings that samples may have their own of.
pub(super) fn read(
    section: &Section,
    version: Version,
    warnings: &mut Vec<SheetWarning>,
) -> Result<(Settings, Vec<(String, usize)>), Located> {
    let mut settings = Settings::default();
    let mut seen: Vec<(String, usize)> = Vec::new();
    for row in &section.rows {
        let name = row.field(0);
        let lower = canonical(name);
        let Some((column, _)) = row.field_from(1) else {
            // A setting without a value is as if it were not there.
            continue;
        };
        if column != 2 {
            return Err((
                row.line,
                column,
                SheetErrorKind::ExtraField(row.field(column - 1).to_owned()),
            ));
        }
        if let Some((_, first)) = seen.iter().find(|(other, _)| *other == lower) {
            let setting = name.to_owned();
            return Err((
                row.line,
                1,
                SheetErrorKind::RepeatedSetting {
                    setting,
                    first: *first,
                },
            ));
        }
        match settings.set(row, version) {
            Err(SheetErrorKind::UnknownSetting(name)) if version == Version::V1 => {
                warnings.push(SheetWarning {
                    line: row.line,
                    column: 1,
                    message: format!("setting {name:?} is not known, and passed over"),
                });
            }
            Err(kind @ SheetErrorKind::Value { .. }) => return Err((row.line, 2, kind)),
            Err(kind) => return Err((row.line, 1, kind)),
            Ok(()) => {}
        }
        if let Some((column, extra)) = row.field_from(2) {
            return Err((
                row.line,
                column,
                SheetErrorKind::ExtraField(extra.to_owned()),
            ));
        }
        seen.push((lower, row.line));
    }
    settings.adapters_of_version_1(section)?;
    Ok((settings, seen))
}

/// The name of a setting in lower case, the same for all its names.
fn canonical(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "adapter" | "trimadapter" | "maskadapter" => "adapterread1",
        "trimadapterread2" | "maskadapterread2" => "adapterread2",
        "maskshortadapterreads" => "maskshortreads",
        _ => return lower,
    }
    .to_owned()
}

impl Settings {
    fn set(&mut self, row: &Row, version: Version) -> Result<(), SheetErrorKind> {
        let (name, value) = (row.field(0), row.field(1));
        let lower = name.to_ascii_lowercase();
        let unsupported = |instead| {
            Err(SheetErrorKind::Unsupported {
                setting: name.to_owned(),
                instead,
            })
        };
        match lower.as_str() {
            "minimumadapteroverlap" => self.minimum_adapter_overlap = value::overlap(name, value)?,
            "minimumtrimmedreadlength" => {
                self.minimum_trimmed_read_length = Some(value::length(name, value)?);
            }
            // bcl2fastq2 and sheets for it have both names.
            "maskshortreads" | "maskshortadapterreads" => {
                self.mask_short_reads = Some(value::length(name, value)?);
            }
            "trimumi" => self.trim_umi = value::switch(name, value)?,
            "nolanesplitting" => self.no_lane_splitting = value::switch(name, value)?,
            "createfastqforindexreads" => {
                self.create_fastq_for_index_reads = value::switch(name, value)?;
            }
            "independentindexcollisioncheck" => {
                self.independent_index_lanes = value::lanes(name, value)?;
            }
            "runinfoindex2reversecomplement" => {
                self.run_info_index2_reverse_complement = Some(value::switch(name, value)?);
            }
            "index2columnreversecomplement" => {
                self.index2_column_reverse_complement = value::switch(name, value)?;
            }
            // What made the sheet, and for which software: nothing to do.
            "softwareversion" | "urn" => {}
            "fastqcompressionformat" if value.eq_ignore_ascii_case("gzip") => {}
            "fastqcompressionformat" => return unsupported("set it to gzip"),
            "findadapterswithindels" if !value::switch(name, value)? => {}
            "findadapterswithindels" => {
                return unsupported(
                    "set it to false; adapters are found without insertions and deletions",
                );
            }
            "overridereads" => return unsupported("correct RunInfo.xml, or use OverrideCycles"),
            "read1startfromcycle"
            | "read2startfromcycle"
            | "read1endwithcycle"
            | "read2endwithcycle"
            | "read1umilength"
            | "read2umilength"
            | "read1umistartfromcycle"
            | "read2umistartfromcycle" => {
                return unsupported("write it as OverrideCycles, such as U7N1Y143;I8;I8;Y151");
            }
            _ if lower.starts_with("excludetiles") => {
                return unsupported("give the tiles on the command line");
            }
            _ if lower.starts_with("custom_") => {}
            // bcl2fastq2 has an adapter for both reads unless AdapterRead2 is given, see below.
            "adapter" | "trimadapter" if version == Version::V1 => {
                self.samples.adapters[0] = value::adapters(name, value)?;
            }
            "maskadapter" if version == Version::V1 => {
                self.samples.adapters[0] = value::adapters(name, value)?;
                self.samples.adapter_behavior = AdapterBehavior::Mask;
            }
            "trimadapterread2" if version == Version::V1 => {
                self.samples.adapters[1] = value::adapters(name, value)?;
            }
            "maskadapterread2" if version == Version::V1 => {
                self.samples.adapters[1] = value::adapters(name, value)?;
                self.samples.adapter_behavior = AdapterBehavior::Mask;
            }
            "reversecomplement" if version == Version::V1 => {
                self.reverse_complement = value::switch(name, value)?;
            }
            _ => {
                return self.samples.set(
                    name,
                    Cell {
                        text: value.to_owned(),
                        line: row.line,
                        column: 2,
                    },
                );
            }
        }
        Ok(())
    }

    /// `Adapter` of bcl2fastq2 is also of read 2 where that has none of its own, and each of its
    /// names says whether to trim or mask.
    fn adapters_of_version_1(&mut self, section: &Section) -> Result<(), Located> {
        let row = |names: &[&str]| {
            let named = |row: &&Row| {
                let name = row.field(0).to_ascii_lowercase();
                names.contains(&name.as_str()) && !row.field(1).is_empty()
            };
            section.rows.iter().find(named)
        };
        let trim = row(&["adapter", "trimadapter", "trimadapterread2"]);
        if let (Some(mask), Some(_)) = (row(&["maskadapter", "maskadapterread2"]), trim) {
            let kind = SheetErrorKind::Unsupported {
                setting: mask.field(0).to_owned(),
                instead: "mask or trim the adapters of both reads",
            };
            return Err((mask.line, 1, kind));
        }
        if self.samples.adapters[1].is_empty()
            && row(&["adapter", "trimadapter", "maskadapter"]).is_some()
        {
            self.samples.adapters[1] = self.samples.adapters[0].clone();
        }
        Ok(())
    }
}
