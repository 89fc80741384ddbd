//! Opens an index: maps the file and checks every byte of it.

use std::{fs::File, path::Path, sync::Arc};

use fafnir_attest::{FileDigest, InputProof, Sha256Digest, Verified};
use fafnir_io::{Contig, Reference, reference::Storage};
use memmap2::Mmap;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::{
    file::{CHUNK, MAGIC, Manifest, PAGE, Section, VERSION, hex},
    table::{SeedTable, Seeds},
};
use crate::error::IndexError;

/// A mapped index.
#[derive(Clone, Debug)]
pub struct Index {
    reference: Arc<Reference>,
    table: SeedTable,
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
        let name = path.display().to_string();
        let io = |source| IndexError::Io {
            what: format!("open the index {name}"),
            source,
        };
        let file = File::open(path).map_err(io)?;
        #[allow(unsafe_code)]
        // SAFETY: the file is mapped read-only and is never written by this program once it has its
        // name. Should another program shorten it, the worst is a SIGBUS, never a wrong result: all
        // bytes are checked below, and every position that is read from them is bounds-checked.
        let map = unsafe { Mmap::map(&file) }.map_err(io)?;
        let mapped = Mapped::new(map, name)?;
        let file_name = path
            .file_name()
            .unwrap_or(path.as_os_str())
            .to_string_lossy();
        let proof = InputProof {
            name: format!("{file_name}#manifest"),
            role: "index".into(),
            digest: FileDigest {
                sha256: mapped.digest,
                md5: None,
                size: mapped.map.len() as u64,
            },
            claimed: false,
        };
        Verified::check(mapped, proof, |mapped, _| mapped.verify())?.try_map(Mapped::into_index)
    }

    /// The packed reference.
    pub fn reference(&self) -> &Arc<Reference> {
        &self.reference
    }

    pub(crate) fn seeds(&self) -> Seeds<'_> {
        self.table.seeds()
    }
}

/// A file whose manifest is known to be whole; its sections are not yet.
#[derive(Debug)]
struct Mapped {
    path: String,
    map: Arc<Mmap>,
    manifest: Manifest,
    digest: Sha256Digest,
    manifest_end: usize,
    /// Where sections count their starts from.
    base: usize,
}

impl Mapped {
    fn new(map: Mmap, path: String) -> Result<Self, IndexError> {
        if map.len() < PAGE || &map[..8] != MAGIC {
            let reason = "it does not begin with the index's magic bytes".into();
            return Err(IndexError::NotAnIndex { path, reason });
        }
        let found = u32::from_le_bytes([map[8], map[9], map[10], map[11]]);
        if found != VERSION {
            return Err(IndexError::Version {
                path,
                found,
                expected: VERSION,
            });
        }
        let damaged = |section: &str, end| IndexError::Damaged {
            path: path.clone(),
            section: section.to_owned(),
            start: 0,
            end,
        };
        let zeros = map[12..16].iter().chain(&map[64..PAGE]).all(|b| *b == 0);
        let start = word(&map, 16);
        let bytes = start
            .checked_add(word(&map, 24))
            .filter(|_| zeros && start == PAGE as u64)
            .and_then(|end| map.get(PAGE..usize::try_from(end).ok()?))
            .ok_or_else(|| damaged("header", PAGE as u64))?;
        let manifest_end = PAGE + bytes.len();
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        if digest[..] != map[32..64] {
            return Err(damaged("manifest", manifest_end as u64));
        }
        let manifest = serde_json::from_slice(bytes).map_err(|e| IndexError::NotAnIndex {
            path: path.clone(),
            reason: e.to_string(),
        })?;
        Ok(Self {
            digest: Sha256Digest::from(digest),
            path,
            map: Arc::new(map),
            manifest,
            manifest_end,
            base: manifest_end.next_multiple_of(PAGE),
        })
    }

    /// Compares every chunk with its digest, and what lies between the parts with zeros.
    fn verify(&self) -> Result<(), IndexError> {
        let damaged = |section: &str, (start, end)| IndexError::Damaged {
            path: self.path.clone(),
            section: section.to_owned(),
            start,
            end,
        };
        self.check_padding().map_err(|at| damaged("padding", at))?;
        self.manifest
            .sections
            .iter()
            .try_for_each(|s| self.check_section(s).map_err(|at| damaged(&s.name, at)))
    }

    /// First byte and end of the first chunk that differs.
    fn check_section(&self, section: &Section) -> Result<(), (u64, u64)> {
        let start = (self.base as u64).saturating_add(section.start);
        let whole = (start, start.saturating_add(section.length));
        let bytes = self
            .map
            .get(whole.0 as usize..whole.1 as usize)
            .ok_or(whole)?;
        if !section.start.is_multiple_of(PAGE as u64)
            || !section.length.is_multiple_of(8)
            || section.chunks.len() != bytes.len().div_ceil(CHUNK)
        {
            return Err(whole);
        }
        let differs = bytes
            .par_chunks(CHUNK)
            .zip(&section.chunks)
            .position_first(|(chunk, digest)| hex(&Sha256::digest(chunk)) != *digest);
        match differs {
            Some(i) => {
                let first = start + (i * CHUNK) as u64;
                Err((first, whole.1.min(first + CHUNK as u64)))
            }
            None => Ok(()),
        }
    }

    fn check_padding(&self) -> Result<(), (u64, u64)> {
        let mut end = self.manifest_end;
        let starts = self.manifest.sections.iter().map(|s| {
            let start = (self.base as u64).saturating_add(s.start) as usize;
            (start, start.saturating_add(s.length as usize))
        });
        let length = self.map.len();
        if !length.is_multiple_of(PAGE) {
            return Err((length as u64, length as u64));
        }
        for (start, next_end) in starts.chain([(length, length)]) {
            let gap = (end as u64, start as u64);
            let bytes = self.map.get(end..start).ok_or(gap)?;
            if bytes.len() >= PAGE || bytes.iter().any(|b| *b != 0) {
                return Err(gap);
            }
            end = next_end;
        }
        Ok(())
    }

    fn into_index(self) -> Result<Index, IndexError> {
        let contigs = self.contigs()?;
        let unknown = self.storage("unknown")?;
        let unknown = unknown.as_u64().chunks_exact(2).map(|run| run[0]..run[1]);
        let reference = Reference::new(contigs, self.storage("bases")?, unknown.collect());
        if reference.contigs().iter().any(|c| {
            c.offset
                .checked_add(u64::from(c.length))
                .is_none_or(|end| end > reference.padded_length())
        }) {
            return Err(self.not_an_index("a contig reaches beyond its bases"));
        }
        let (directory, seeds) = (self.storage("directory")?, self.storage("seeds")?);
        let bits = self.manifest.directory_bits;
        let consistent = bits <= 32
            && directory.as_u32().len() > 1usize << bits
            && directory.as_u32()[1 << bits] as usize == seeds.as_u64().len()
            && directory.as_u32()[..=1 << bits].is_sorted();
        if !consistent {
            return Err(self.not_an_index("its directory does not fit its seeds"));
        }
        Ok(Index {
            reference: Arc::new(reference),
            table: SeedTable::new(directory, seeds, bits),
        })
    }

    fn contigs(&self) -> Result<Vec<Contig>, IndexError> {
        let contigs = self.manifest.contigs.iter().map(|c| {
            Some(Contig {
                name: c.name.clone(),
                length: c.length,
                md5: parse_md5(&c.md5)?,
                offset: c.offset,
            })
        });
        contigs
            .collect::<Option<_>>()
            .ok_or_else(|| self.not_an_index("a contig's md5 is not 32 hexadecimal digits"))
    }

    fn storage(&self, name: &str) -> Result<Storage, IndexError> {
        let section = self.manifest.sections.iter().find(|s| s.name == name);
        let section =
            section.ok_or_else(|| self.not_an_index(&format!("it has no section {name}")))?;
        Ok(Storage::Mapped {
            map: Arc::clone(&self.map),
            offset: self.base + section.start as usize,
            length: section.length as usize,
        })
    }

    fn not_an_index(&self, reason: &str) -> IndexError {
        IndexError::NotAnIndex {
            path: self.path.clone(),
            reason: reason.to_owned(),
        }
    }
}

fn word(map: &Mmap, at: usize) -> u64 {
    map[at..at + 8]
        .iter()
        .rev()
        .fold(0, |word, byte| word << 8 | u64::from(*byte))
}

fn parse_md5(text: &str) -> Option<[u8; 16]> {
    let mut out = [0; 16];
    if text.len() != 32 || !text.is_ascii() {
        return None;
    }
    for (i, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * i..2 * i + 2], 16).ok()?;
    }
    Some(out)
}
