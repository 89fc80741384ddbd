//! Some tiles of a BAM file, read before the others: by its index, so that the file is not read twice.

use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
};

use fafnir_collate::SortedTile;
use fafnir_io::{Reference, bam::BamIndex, tile::Tile};

use super::alignments::Alignments;
use crate::error::Error;

/// Reads `tiles`, which are in order, of the sorted file `bam`. Without an index beside it all of it is read.
pub(super) fn read_tiles(
    bam: &Path,
    reference: &Reference,
    tiles: Vec<Tile>,
) -> Result<Box<dyn Iterator<Item = Result<SortedTile, Error>> + Send>, Error> {
    let file = File::open(bam).map_err(|e| Error::io(bam, "read", e))?;
    let mut alignments = Alignments::new(&bam.display().to_string(), file, reference)?;
    let Some((path, index)) = index_of(bam)? else {
        return Ok(Box::new(alignments.filter(move |read| {
            let tile = read.as_ref().map(|read| read.tile);
            tile.is_ok_and(|tile| tile.is_some_and(|tile| tiles.binary_search(&tile).is_ok()))
                || read.is_err()
        })));
    };
    let bam = bam.display().to_string();
    Ok(Box::new(tiles.into_iter().map(move |tile| {
        alignments.seek(tile, &index).map_err(|e| {
            let what = format!(
                "{}: does not lead to the reads of {bam} ({e}); index the file again",
                path.display()
            );
            Error::new(e.class(), what)
        })
    })))
}

/// The index beside a BAM file.
fn index_of(bam: &Path) -> Result<Option<(PathBuf, BamIndex)>, Error> {
    for extension in ["bai", "csi"] {
        let appended = PathBuf::from(format!("{}.{extension}", bam.display()));
        for path in [appended, bam.with_extension(extension)] {
            if !path.is_file() {
                continue;
            }
            let file = File::open(&path).map_err(|e| Error::io(&path, "read", e))?;
            let index = BamIndex::read(BufReader::new(file), extension)
                .map_err(|e| Error::io(&path, "read", e))?;
            return Ok(Some((path, index)));
        }
    }
    Ok(None)
}
