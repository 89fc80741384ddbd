//! What the start of an index file says: where its sections lie, and the digests of their chunks.

use std::{fs::File, io, os::unix::fs::FileExt};

use fafnir_attest::Sha256Digest;
use fafnir_io::Contig;
use sha2::{Digest, Sha256};

use super::file::{CHUNK, MAGIC, Manifest, Mask, PAGE, Section, VERSION, hex};
use crate::error::IndexError;

/// A file whose manifest is known to be whole; its sections are not yet.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    path: String,
    manifest: Manifest,
    /// SHA-256 of the manifest.
    pub(super) digest: Sha256Digest,
    /// Bytes of the file.
    pub(super) length: usize,
    manifest_end: usize,
    /// Where sections count their starts from.
    base: usize,
}

/// Bytes of the file that are checked as one: a chunk of a section, or what fills up to a page.
pub(super) struct Piece<'a> {
    section: &'a str,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Hexadecimal SHA-256; what has none is zeros.
    digest: Option<&'a str>,
}

impl Piece<'_> {
    /// Whether `bytes` are these, if they have the digest `digest`.
    pub(super) fn fits(&self, bytes: &[u8], digest: impl FnOnce() -> Sha256) -> bool {
        match self.digest {
            Some(expected) => hex(&digest().finalize()) == expected,
            None => bytes.iter().all(|byte| *byte == 0),
        }
    }
}

impl Layout {
    /// Reads the header and the manifest of `file`, which errors call `path`.
    pub(super) fn read(file: &File, path: String) -> Result<Self, IndexError> {
        let io = |source| IndexError::Io {
            what: format!("open the index {path}"),
            source,
        };
        let length = file.metadata().map_err(io)?.len();
        let mut header = [0; PAGE];
        match file.read_exact_at(&mut header, 0) {
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(io(error)),
            Ok(()) if header.starts_with(MAGIC) => {}
            _ => {
                let reason = "it does not begin with the index's magic bytes".into();
                return Err(IndexError::NotAnIndex { path, reason });
            }
        }
        let found = word(&header, 8) as u32;
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
        let zeros = header[12..16].iter().chain(&header[64..]).all(|b| *b == 0);
        let (start, size) = (word(&header, 16), word(&header, 24));
        let end = start.checked_add(size);
        let end = end.filter(|end| zeros && start == PAGE as u64 && *end <= length);
        let end = end.ok_or_else(|| damaged("header", PAGE as u64))?;
        let mut bytes = vec![0; size as usize];
        file.read_exact_at(&mut bytes, start).map_err(io)?;
        let digest: [u8; 32] = Sha256::digest(&bytes).into();
        if digest[..] != header[32..64] {
            return Err(damaged("manifest", end));
        }
        let manifest = serde_json::from_slice(&bytes).map_err(|e| IndexError::NotAnIndex {
            path: path.clone(),
            reason: e.to_string(),
        })?;
        let layout = Self {
            path,
            manifest,
            digest: Sha256Digest::from(digest),
            length: length as usize,
            manifest_end: end as usize,
            base: (end as usize).next_multiple_of(PAGE),
        };
        layout.check_extents()?;
        Ok(layout)
    }

    /// Whether the sections follow each other, a page or less apart, up to the file's end.
    fn check_extents(&self) -> Result<(), IndexError> {
        let mut end = self.manifest_end;
        for section in &self.manifest.sections {
            let start = (self.base as u64).saturating_add(section.start);
            let section_end = start.saturating_add(section.length);
            let fits = start
                .checked_sub(end as u64)
                .is_some_and(|gap| gap < PAGE as u64)
                && section_end <= self.length as u64
                && section.start.is_multiple_of(PAGE as u64)
                && section.length.is_multiple_of(8)
                && section.chunks.len() as u64 == section.length.div_ceil(CHUNK as u64);
            if !fits {
                return Err(self.damaged(&section.name, (start, section_end)));
            }
            end = section_end as usize;
        }
        if end.next_multiple_of(PAGE) != self.length {
            return Err(self.damaged("padding", (end as u64, self.length as u64)));
        }
        Ok(())
    }

    /// All bytes behind the manifest, in order.
    pub(super) fn pieces(&self) -> Vec<Piece<'_>> {
        let mut pieces = Vec::new();
        let mut end = self.manifest_end;
        let padding = |start, end| Piece {
            section: "padding",
            start,
            end,
            digest: None,
        };
        for section in &self.manifest.sections {
            let (start, section_end) = self.extent(section);
            pieces.push(padding(end, start));
            pieces.extend(
                section
                    .chunks
                    .iter()
                    .enumerate()
                    .map(|(chunk, digest)| Piece {
                        section: &section.name,
                        start: start + chunk * CHUNK,
                        end: section_end.min(start + (chunk + 1) * CHUNK),
                        digest: Some(digest),
                    }),
            );
            end = section_end;
        }
        pieces.push(padding(end, self.length));
        pieces
    }

    /// First byte and end of a section in the file.
    pub(super) fn section(&self, name: &str) -> Result<(usize, usize), IndexError> {
        let section = self.manifest.sections.iter().find(|s| s.name == name);
        let section =
            section.ok_or_else(|| self.not_an_index(&format!("it has no section {name}")))?;
        Ok(self.extent(section))
    }

    fn extent(&self, section: &Section) -> (usize, usize) {
        let start = self.base + section.start as usize;
        (start, start + section.length as usize)
    }

    /// Whether each contig is an ALT one.
    pub(super) fn alternates(&self) -> impl Iterator<Item = bool> + Clone {
        self.manifest.contigs.iter().map(|c| c.alternate)
    }

    /// Where the reference is masked.
    pub(super) fn mask(&self) -> Option<&Mask> {
        self.manifest.mask.as_ref()
    }

    pub(super) fn directory_bits(&self) -> u32 {
        self.manifest.directory_bits
    }

    pub(super) fn contigs(&self) -> Result<Vec<Contig>, IndexError> {
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

    pub(super) fn differs(&self, piece: &Piece<'_>) -> IndexError {
        self.damaged(piece.section, (piece.start as u64, piece.end as u64))
    }

    fn damaged(&self, section: &str, (start, end): (u64, u64)) -> IndexError {
        IndexError::Damaged {
            path: self.path.clone(),
            section: section.to_owned(),
            start,
            end,
        }
    }

    pub(super) fn not_an_index(&self, reason: &str) -> IndexError {
        IndexError::NotAnIndex {
            path: self.path.clone(),
            reason: reason.to_owned(),
        }
    }

    pub(super) fn failed(&self, source: io::Error) -> IndexError {
        IndexError::Io {
            what: format!("read the index {}", self.path),
            source,
        }
    }
}

fn word(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + 8]
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
