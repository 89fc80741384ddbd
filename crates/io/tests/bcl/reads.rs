//! Reads of a tile as text.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

use fafnir_io::bcl::TileCalls;
use fafnir_io::decode::Decoder;

/// Bases and qualities of some cycles of a cluster, as FASTQ has them. No call is N, quality 2;
/// lower qualities than `least` become that.
pub(crate) fn read(calls: &TileCalls, cluster: usize, cycles: Range<usize>, least: u8) -> Text {
    let calls = &calls.cluster(cluster)[cycles];
    let base = |call: &u8| match call {
        0 => 'N',
        call => ['A', 'C', 'G', 'T'][usize::from(call & 3)],
    };
    let quality = |call: &u8| match call {
        0 => '#',
        call => char::from(33 + (call >> 2).max(least)),
    };
    Text {
        bases: calls.iter().map(base).collect(),
        qualities: calls.iter().map(quality).collect(),
    }
}

/// Bases and qualities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    pub(crate) bases: String,
    pub(crate) qualities: String,
}

/// The reads of a FASTQ file, perhaps compressed, by lane, tile, x, y, and whether they failed the
/// filter (Y) or passed it (N): `1:1101:1000:1000 N`.
pub(crate) fn fastq(path: &Path) -> HashMap<String, Text> {
    let mut text = String::new();
    Decoder::new(File::open(path).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    let lines: Vec<_> = text.lines().collect();
    let (records, rest) = lines.as_chunks::<4>();
    assert!(rest.is_empty(), "{}", path.display());
    let record = |record: &[&str; 4]| {
        let (name, comment) = record[0]
            .strip_prefix('@')
            .unwrap()
            .split_once(' ')
            .unwrap();
        let place: Vec<_> = name.rsplitn(5, ':').take(4).collect();
        let [y, x, tile, lane] = place[..] else {
            panic!("{name}");
        };
        let failed = comment.split(':').nth(1).unwrap();
        let [_, bases, _, qualities] = record.map(str::to_owned);
        (
            format!("{lane}:{tile}:{x}:{y} {failed}"),
            Text { bases, qualities },
        )
    };
    records.iter().map(record).collect()
}
