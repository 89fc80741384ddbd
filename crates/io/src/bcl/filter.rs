//! `.filter`: which clusters passed the chastity filter.
//!
//! Bytes 0-3 are zero, 4-7 the version (0 or 3), 8-11 the number of clusters, then a byte a
//! cluster, of which bit 0 says whether it passed (Illumina, *bcl2fastq2 Conversion Software v2.20
//! Software Guide*, "Filter Files"). Files of pipelines before the version was introduced start
//! with the number of clusters, which is why the first four bytes are zero since.
//!
//! A file is of one tile, but of a whole lane on the NextSeq 500/550 and MiniSeq.

use std::path::Path;

use super::bytes::{Input, u32_at};
use super::tile_index::Part;
use super::{BclError, BclErrorKind, TileId};

/// Where the clusters start.
struct Header {
    length: u64,
    clusters: u64,
}

/// Replaces `out` by the flags of a tile, or of a part of a lane's file.
pub(super) fn read(
    path: &Path,
    tile: TileId,
    part: Option<Part>,
    bytes: &mut Vec<u8>,
    out: &mut Vec<bool>,
) -> Result<(), BclError> {
    out.clear();
    let mut read = || -> Result<(), BclErrorKind> {
        let mut input = Input::open(path)?;
        let header = Header::read(&mut input)?;
        let (first, count) = Part::range(part, header.clusters)?;
        input.read_at(header.length + first, count, bytes)?;
        out.extend(bytes.iter().map(|flags| flags & 1 != 0));
        Ok(())
    };
    read().map_err(|kind| BclError::of_tile(path, tile, kind))
}

/// Number of clusters in the file.
pub(super) fn count(path: &Path, tile: TileId) -> Result<u64, BclError> {
    let header = Input::open(path).and_then(|mut input| Header::read(&mut input));
    match header {
        Ok(header) => Ok(header.clusters),
        Err(kind) => Err(BclError::of_tile(path, tile, kind)),
    }
}

impl Header {
    fn read(input: &mut Input) -> Result<Self, BclErrorKind> {
        let first = u64::from(u32_at(&input.array::<4>(0)?, 0));
        // A lane without clusters in the oldest form is four zero bytes.
        let header = if first > 0 || input.size == 4 {
            Self {
                length: 4,
                clusters: first,
            }
        } else {
            let rest = input.array::<8>(4)?;
            let version = u32_at(&rest, 0);
            if !matches!(version, 0 | 3) {
                return Err(BclErrorKind::Unknown {
                    offset: 4,
                    what: "the filter's version",
                    found: u64::from(version),
                });
            }
            Self {
                length: 12,
                clusters: u64::from(u32_at(&rest, 4)),
            }
        };
        let expected = header.length + header.clusters;
        if input.size != expected {
            return Err(BclErrorKind::Size {
                expected,
                found: input.size,
            });
        }
        Ok(header)
    }
}
