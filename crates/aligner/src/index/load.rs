//! The two ways of an index into memory.

use std::{fs::File, io, os::unix::fs::FileExt};

use memmap2::{Advice, Mmap, MmapMut};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::layout::{Layout, Piece};
use crate::error::IndexError;

/// How an index gets into memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IndexLoader {
    /// The file is mapped: at hand at once, shared between processes, and checked while it is used.
    #[default]
    Mapped,
    /// The file is copied, and checked on the way, into memory of the process's own, in huge pages where the system
    /// gives them: look-ups wait less, and nobody else can change what was checked.
    Resident,
}

impl IndexLoader {
    /// Its name on the command line and in statements.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mapped => "mapped",
            Self::Resident => "resident",
        }
    }
}

impl std::str::FromStr for IndexLoader {
    type Err = String;

    /// Reads `mapped` or `resident`.
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "mapped" => Ok(Self::Mapped),
            "resident" => Ok(Self::Resident),
            _ => Err("use mapped or resident".into()),
        }
    }
}

/// Bytes that are digested while they are in the cache.
const STEP: usize = 1 << 18;

pub(super) fn map(file: &File) -> io::Result<Mmap> {
    #[allow(unsafe_code)]
    // SAFETY: the file is mapped read-only and is never written by this program once it has its
    // name. Should another program shorten it, the worst is a SIGBUS, never a wrong result that is signed: all
    // bytes are held against their digests, and no look-up trusts what it reads from them.
    unsafe {
        Mmap::map(file)
    }
}

/// Compares all of a mapped file with its digests, on the current rayon pool. Tells the first piece that differs.
pub(super) fn check(layout: &Layout, map: &Mmap) -> Result<(), IndexError> {
    let pieces = layout.pieces();
    let differs = pieces.par_iter().find_first(|piece| {
        let bytes = &map[piece.start..piece.end];
        !piece.fits(bytes, || Sha256::new_with_prefix(bytes))
    });
    differs.map_or(Ok(()), |piece| Err(layout.differs(piece)))
}

/// Copies the file into memory and checks it, on the current rayon pool.
pub(super) fn copy(layout: &Layout, file: &File) -> Result<Mmap, IndexError> {
    let mut memory = MmapMut::map_anon(layout.length).map_err(|e| layout.failed(e))?;
    // A system without huge pages gives small ones, which do as well, only slower.
    let _ = memory.advise(Advice::HugePage);
    let pieces = layout.pieces();
    let mut rest = &mut memory[pieces[0].start..];
    let places: Vec<_> = pieces
        .iter()
        .map(|piece| {
            let (place, behind) = std::mem::take(&mut rest).split_at_mut(piece.end - piece.start);
            rest = behind;
            (piece, place)
        })
        .collect();
    let failed =
        places
            .into_par_iter()
            .find_map_first(|(piece, place)| match read(file, piece, place) {
                Ok(digest) => (!piece.fits(place, || digest)).then(|| layout.differs(piece)),
                Err(error) => Some(layout.failed(error)),
            });
    match failed {
        Some(error) => Err(error),
        None => memory.make_read_only().map_err(|e| layout.failed(e)),
    }
}

/// Reads a piece and digests it on the way.
fn read(file: &File, piece: &Piece<'_>, place: &mut [u8]) -> io::Result<Sha256> {
    let mut digest = Sha256::new();
    let mut at = piece.start as u64;
    for step in place.chunks_mut(STEP) {
        file.read_exact_at(step, at)?;
        digest.update(&*step);
        at += step.len() as u64;
    }
    Ok(digest)
}
