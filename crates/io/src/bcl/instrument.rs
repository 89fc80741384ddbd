//! Instruments, and the direction in which they read the second index.
//!
//! MiSeq, HiSeq 2000/2500 and NovaSeq 6000 with v1.0 reagents read i5 forward; the others, and
//! NovaSeq 6000 from v1.5 on, read its reverse complement (Illumina Knowledge 1800, "Guidelines for
//! reverse complementing i5 sequences for demultiplexing"). MiniSeq reads it forward with rapid
//! kits, of which `RunParameters.xml` has no documented sign.

use super::{RunInfo, RunParameters};

/// A line of instruments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Instrument {
    /// MiSeq.
    MiSeq,
    /// MiSeq i100 and i100 Plus.
    MiSeqI100,
    /// MiniSeq.
    MiniSeq,
    /// iSeq 100.
    ISeq,
    /// HiSeq 1000, 1500, 2000 and 2500.
    HiSeq2500,
    /// HiSeq 3000 and 4000.
    HiSeq4000,
    /// HiSeq X.
    HiSeqX,
    /// NextSeq 500 and 550.
    NextSeq500,
    /// NextSeq 1000 and 2000.
    NextSeq2000,
    /// NovaSeq 6000.
    NovaSeq6000,
    /// NovaSeq X and X Plus.
    NovaSeqX,
}

/// What serial numbers start with; longer ones first.
const SERIAL_PREFIXES: &[(&str, Instrument)] = &[
    ("ST-E", Instrument::HiSeqX),
    ("HWI-M", Instrument::MiSeq),
    ("HWI-", Instrument::HiSeq2500),
    ("FS", Instrument::ISeq),
    ("LH", Instrument::NovaSeqX),
    ("MN", Instrument::MiniSeq),
    ("NB", Instrument::NextSeq500),
    ("NS", Instrument::NextSeq500),
    ("SH", Instrument::MiSeqI100),
    ("SN", Instrument::HiSeq2500),
    ("VH", Instrument::NextSeq2000),
    ("VL", Instrument::NextSeq2000),
    ("A", Instrument::NovaSeq6000),
    ("D", Instrument::HiSeq2500),
    ("E", Instrument::HiSeqX),
    ("J", Instrument::HiSeq4000),
    ("K", Instrument::HiSeq4000),
    ("M", Instrument::MiSeq),
];

impl Instrument {
    /// The instrument by what `RunParameters.xml` says, else by its serial number.
    pub fn of_run(info: &RunInfo, parameters: Option<&RunParameters>) -> Option<Self> {
        let serial = Self::of_serial(&info.instrument);
        match parameters.and_then(Self::of_parameters) {
            // One control software runs all of them; the serial number tells them apart.
            Some(Self::HiSeq2500) => serial.filter(|s| s.is_hiseq()).or(Some(Self::HiSeq2500)),
            found => found.or(serial),
        }
    }

    /// The instrument with this serial number; `None` where a laboratory named it its own way.
    pub fn of_serial(serial: &str) -> Option<Self> {
        let (_, instrument) = SERIAL_PREFIXES.iter().find(|(prefix, _)| {
            // The rest is a number, which keeps names that people chose apart.
            serial.strip_prefix(prefix).is_some_and(|rest| {
                !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit() || b == b'R')
            })
        })?;
        Some(*instrument)
    }

    /// Whether the second index is read as its reverse complement.
    pub fn reverse_complements_i5(self, parameters: Option<&RunParameters>) -> bool {
        match self {
            Self::MiSeq | Self::HiSeq2500 => false,
            Self::NovaSeq6000 => parameters.and_then(|p| p.sbs_version) != Some(1),
            _ => true,
        }
    }

    fn of_parameters(parameters: &RunParameters) -> Option<Self> {
        let by_type = parameters
            .instrument_type
            .as_deref()
            .and_then(Self::of_name);
        by_type.or_else(|| parameters.application.as_deref().and_then(Self::of_name))
    }

    /// The instrument that a name of it, or of its control software, speaks of.
    fn of_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase().replace([' ', '-', '_'], "");
        let names = [
            ("novaseqx", Self::NovaSeqX),
            ("novaseq", Self::NovaSeq6000),
            ("nextseq1000", Self::NextSeq2000),
            ("nextseq2000", Self::NextSeq2000),
            ("nextseq", Self::NextSeq500),
            ("miseqi100", Self::MiSeqI100),
            ("miniseq", Self::MiniSeq),
            ("miseq", Self::MiSeq),
            ("hiseqx", Self::HiSeqX),
            ("hiseq3000", Self::HiSeq4000),
            ("hiseq4000", Self::HiSeq4000),
            ("hiseq", Self::HiSeq2500),
            ("iseq", Self::ISeq),
        ];
        let (_, instrument) = names.iter().find(|(part, _)| name.contains(part))?;
        Some(*instrument)
    }

    fn is_hiseq(self) -> bool {
        matches!(self, Self::HiSeq2500 | Self::HiSeq4000 | Self::HiSeqX)
    }
}
