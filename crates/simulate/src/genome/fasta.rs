//! Writes a genome that need not fit into memory.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{CHUNK, Genome};
use crate::bgzf::BgzfWriter;
use crate::output::Output;
use crate::reference::COLUMNS;
use crate::{Error, Result};

/// Chunks that are made at once: a multiple of the columns, so that they fill whole lines.
const GROUP: usize = COLUMNS;

impl Genome {
    /// Writes FASTA to `path`, as BGZF where its name ends in `.gz` or `.bgz`, on all threads of the current pool
    /// and in some megabytes of memory. A file that exists is replaced once the new one is whole.
    ///
    /// # Errors
    /// A path without a file's name, a full disk.
    pub fn write_to(&self, path: &Path) -> Result<PathBuf> {
        let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(Error::Options(format!(
                "{}: is no name of a file",
                path.display()
            )));
        };
        let name = name.to_string_lossy();
        let mut output = Output::create(directory, &name)?;
        let written = if name.ends_with(".gz") || name.ends_with(".bgz") {
            let mut out = BgzfWriter::new(&mut output.out);
            self.write_fasta(&mut out).and_then(|()| out.finish())
        } else {
            self.write_fasta(&mut output.out)
        };
        written.map_err(Error::write(path))?;
        output.finish()
    }

    /// Writes FASTA of 60 columns: the bytes of [`Reference::write_fasta`](crate::Reference::write_fasta).
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_fasta(&self, mut out: impl Write) -> io::Result<()> {
        let mut bases = vec![0; GROUP * CHUNK];
        let mut text = Vec::with_capacity(GROUP * CHUNK / COLUMNS * (COLUMNS + 1));
        for (contig, (name, length)) in self.options.contigs.iter().enumerate() {
            writeln!(out, ">{name}")?;
            let length = *length as usize;
            for start in (0..length).step_by(bases.len()) {
                let end = bases.len().min(length - start);
                let bases = &mut bases[..end];
                self.fill(contig, start / CHUNK, bases);
                text.clear();
                for line in bases.chunks(COLUMNS) {
                    text.extend_from_slice(line);
                    text.push(b'\n');
                }
                out.write_all(&text)?;
            }
        }
        Ok(())
    }
}
