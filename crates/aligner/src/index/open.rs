//! Opens an index.

use std::{fs::File, path::Path, sync::Arc};

use fafnir_attest::{FileDigest, InputProof, Verified};
use fafnir_io::{Reference, reference::Storage};
use memmap2::Mmap;
use rayon::prelude::*;

use super::{
    file::Mask,
    layout::Layout,
    load::{self, IndexLoader},
    table::{SeedTable, Seeds},
};
use crate::error::IndexError;

/// An index in memory.
#[derive(Clone, Debug)]
pub struct Index {
    reference: Arc<Reference>,
    table: SeedTable,
    /// Whether each contig is an ALT one; empty where none is.
    alternates: Arc<[bool]>,
    mask: Option<Mask>,
}

impl Index {
    /// Maps `path` and compares every chunk with its digest, on the current rayon pool.
    ///
    /// The proof holds the SHA-256 of the manifest, which holds that of every chunk and so stands
    /// for the whole file; its name says so.
    ///
    /// # Errors
    ///
    /// [`IndexError::NotAnIndex`], [`IndexError::Version`], [`IndexError::Damaged`] with the bytes
    /// that differ, [`IndexError::Io`].
    pub fn open(path: &Path) -> Result<Verified<Self>, IndexError> {
        let (index, check) = Self::load(path, IndexLoader::Mapped)?;
        let proof = check.run()?;
        Verified::check(index, proof, |_, _| Ok(()))
    }

    /// Brings `path` into memory, on the current rayon pool. What it gives may be used before
    /// [`IndexCheck::run`] has said whether it is what was written: look-ups in a damaged index find wrong places, but
    /// do not fail. Nothing that was made with it may be believed, let alone signed, before.
    ///
    /// # Errors
    ///
    /// Those of [`Self::open`]; of damage only what is found on the way.
    pub fn load(path: &Path, loader: IndexLoader) -> Result<(Self, IndexCheck), IndexError> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|source| IndexError::Io {
            what: format!("open the index {name}"),
            source,
        })?;
        let layout = Layout::read(&file, name)?;
        let (map, checked) = match loader {
            IndexLoader::Mapped => (load::map(&file).map_err(|e| layout.failed(e))?, false),
            IndexLoader::Resident => (load::copy(&layout, &file)?, true),
        };
        if map.len() != layout.length {
            return Err(layout.not_an_index("its length changes while it is opened"));
        }
        let file_name = path
            .file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy();
        let proof = InputProof {
            name: format!("{file_name}#manifest"),
            role: "index".into(),
            digest: FileDigest {
                sha256: layout.digest,
                md5: None,
                size: layout.length as u64,
            },
            claimed: false,
        };
        let map = Arc::new(map);
        // Where it contradicts itself, the place of the damage says more.
        let index = Self::new(&layout, &map)
            .map_err(|error| load::check(&layout, &map).err().unwrap_or(error))?;
        let unchecked = (!checked).then_some((layout, map));
        Ok((index, IndexCheck { unchecked, proof }))
    }

    /// The packed reference.
    pub fn reference(&self) -> &Arc<Reference> {
        &self.reference
    }

    /// Whether each contig is an ALT one; empty where none is.
    pub fn alternates(&self) -> &Arc<[bool]> {
        &self.alternates
    }

    /// Whether a concatenated coordinate lies on an ALT contig.
    pub(crate) fn is_alternate_at(&self, concatenated: i64) -> bool {
        let at = u64::try_from(concatenated)
            .ok()
            .filter(|_| !self.alternates.is_empty());
        let contig = at.and_then(|at| self.reference.locate(at));
        contig.is_some_and(|(id, _)| self.alternates[id.0 as usize])
    }

    /// Where the reference is masked.
    pub fn mask(&self) -> Option<&Mask> {
        self.mask.as_ref()
    }

    pub(crate) fn seeds(&self) -> Seeds<'_> {
        self.table.seeds()
    }

    fn new(layout: &Layout, map: &Arc<Mmap>) -> Result<Self, IndexError> {
        let storage = |name| {
            let (start, end) = layout.section(name)?;
            Ok(Storage::Mapped {
                map: Arc::clone(map),
                offset: start,
                length: end - start,
            })
        };
        let unknown = storage("unknown")?;
        let unknown = unknown.as_u64().chunks_exact(2).map(|run| run[0]..run[1]);
        let unknown: Vec<_> = unknown.collect();
        let ordered = unknown.iter().all(|run| run.start < run.end)
            && unknown.is_sorted_by(|one, next| one.end <= next.start);
        let reference = Reference::new(layout.contigs()?, storage("bases")?, unknown);
        if !ordered {
            return Err(layout.not_an_index("its runs of unknown bases are not in order"));
        }
        if reference.contigs().iter().any(|c| {
            c.offset
                .checked_add(u64::from(c.length))
                .is_none_or(|end| end > reference.padded_length())
        }) {
            return Err(layout.not_an_index("a contig reaches beyond its bases"));
        }
        let (directory, seeds) = (storage("directory")?, storage("seeds")?);
        let bits = layout.directory_bits();
        let consistent = bits <= 32
            && directory.as_u32().len() > 1usize << bits
            && directory.as_u32()[1 << bits] as usize == seeds.as_u64().len()
            && is_sorted(&directory.as_u32()[..=1 << bits]);
        if !consistent {
            return Err(layout.not_an_index("its directory does not fit its seeds"));
        }
        let alternates = layout.alternates();
        let some = alternates.clone().any(|alternate| alternate);
        Ok(Self {
            alternates: alternates.filter(|_| some).collect(),
            mask: layout.mask().cloned(),
            reference: Arc::new(reference),
            table: SeedTable::new(directory, seeds, bits),
        })
    }
}

/// The comparison of an index with its digests, which may go on while the index is used.
#[derive(Debug)]
#[must_use]
pub struct IndexCheck {
    /// What was not checked while it was copied.
    unchecked: Option<(Layout, Arc<Mmap>)>,
    proof: InputProof,
}

impl IndexCheck {
    /// Compares every chunk that was not compared yet, on the current rayon pool. Gives what [`Index::open`] does.
    ///
    /// # Errors
    ///
    /// [`IndexError::Damaged`] with the first bytes that differ.
    pub fn run(self) -> Result<InputProof, IndexError> {
        if let Some((layout, map)) = &self.unchecked {
            load::check(layout, map)?;
        }
        Ok(self.proof)
    }
}

/// Whether numbers ascend: of hundreds of millions, on all threads.
fn is_sorted(numbers: &[u32]) -> bool {
    const PART: usize = 1 << 18;
    (0..numbers.len().div_ceil(PART))
        .into_par_iter()
        .all(|part| {
            // With the first of the next part.
            let end = numbers.len().min((part + 1) * PART + 1);
            numbers[part * PART..end].is_sorted()
        })
}
