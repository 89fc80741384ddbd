//! Names of reads in demultiplexed FASTQ.
//!
//! `@instrument:run:flowcell:lane:tile:x:y[:UMI] read:filtered:0:index`, as BCL Convert's page
//! "Output Files" gives it.

/// What the names of a lane's reads have in common.
#[derive(Clone, Debug)]
pub struct ReadNames {
    prefix: Vec<u8>,
}

/// What is a read's own in its name.
#[derive(Clone, Copy, Debug)]
pub struct ReadName<'a> {
    /// Number of the tile, such as 1101.
    pub tile: u32,
    /// Position on the tile, as FASTQ has it: 10 times that of the locations file and 1000 more.
    pub x: u32,
    /// Position on the tile, likewise.
    pub y: u32,
    /// The UMI as [`push_umi`] writes it; empty where there is none.
    pub umi: &'a [u8],
    /// Number of the read: 1 or 2.
    pub read: u8,
    /// Whether the cluster passed the filter, which is written as `N`: not filtered.
    pub passed_filter: bool,
    /// Bases of the index reads joined by `+`; in a run without them the sample's number.
    pub index: &'a [u8],
}

impl ReadNames {
    /// Names of one lane's reads.
    pub fn new(instrument: &str, run: u32, flowcell: &str, lane: u8) -> Self {
        Self {
            prefix: format!("@{instrument}:{run}:{flowcell}:{lane}:").into_bytes(),
        }
    }

    /// Appends a name with its `@`, without a line end.
    pub fn push(&self, name: &ReadName<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.prefix);
        push_number(name.tile, b':', out);
        push_number(name.x, b':', out);
        push_number(name.y, b':', out);
        if name.umi.is_empty() {
            out.pop();
        } else {
            out.extend_from_slice(name.umi);
        }
        out.push(b' ');
        push_number(name.read.into(), b':', out);
        out.extend_from_slice(if name.passed_filter { b"N:0:" } else { b"Y:0:" });
        out.extend_from_slice(name.index);
    }
}

fn push_number(number: u32, end: u8, out: &mut Vec<u8>) {
    let mut digits = [0; 10];
    let (mut first, mut rest) = (digits.len(), number);
    loop {
        first -= 1;
        digits[first] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[first..]);
    out.push(end);
}

/// Appends the UMI of one more read to `out`, after a `+` where there is one already.
///
/// A UMI of an index read that the run reads as the reverse complement is turned, and has an `r`
/// before it (Illumina Knowledge 7945).
pub fn push_umi(bases: &[u8], is_reverse_complement: bool, out: &mut Vec<u8>) {
    if !out.is_empty() {
        out.push(b'+');
    }
    if is_reverse_complement {
        out.push(b'r');
        out.extend(bases.iter().rev().map(|&base| complement(base)));
    } else {
        out.extend_from_slice(bases);
    }
}

/// The complement of a base; `N` of whatever is none.
pub(super) fn complement(base: u8) -> u8 {
    match base {
        b'A' => b'T',
        b'C' => b'G',
        b'G' => b'C',
        b'T' => b'A',
        _ => b'N',
    }
}
