//! Writes `.bcl.bgzf` and its index.

use std::path::{Path, PathBuf};

use super::writer::{append, create};
use crate::Result;
use crate::bgzf::BLOCK;
use crate::gzip;

/// A cycle of a lane, tile after tile.
pub(super) struct Cycle {
    path: PathBuf,
    index: PathBuf,
    /// Bytes that were written.
    offset: u64,
    /// Bytes of the block to be.
    pending: Vec<u8>,
}

impl Cycle {
    /// Starts the files of a lane with this many tiles and clusters.
    pub(super) fn create(
        lane_folder: &Path,
        cycle: usize,
        tiles: u32,
        clusters: u32,
    ) -> Result<Self> {
        let path = lane_folder.join(format!("{:04}.bcl.bgzf", cycle + 1));
        let index = lane_folder.join(format!("{:04}.bcl.bgzf.bci", cycle + 1));
        create(&path, &[])?;
        create(&index, &[0, tiles].map(u32::to_le_bytes).concat())?;
        Ok(Self {
            path,
            index,
            offset: 0,
            pending: clusters.to_le_bytes().to_vec(),
        })
    }

    /// Appends the calls of the next tile; behind the lane's last one ends the file.
    pub(super) fn write(&mut self, calls: &[u8], last: bool) -> Result<()> {
        let start = self.offset << 16 | self.pending.len() as u64;
        append(&self.index, &start.to_le_bytes())?;
        self.pending.extend_from_slice(calls);
        self.flush(BLOCK)?;
        if last {
            self.flush(1)?;
            append(&self.path, &gzip::block(&[]))?;
        }
        Ok(())
    }

    /// Writes blocks while `least` bytes are left.
    fn flush(&mut self, least: usize) -> Result<()> {
        let mut blocks = Vec::new();
        let mut rest = &self.pending[..];
        while rest.len() >= least {
            let (block, after) = rest.split_at(rest.len().min(BLOCK));
            blocks.extend(gzip::block(block));
            rest = after;
        }
        let kept = rest.len();
        append(&self.path, &blocks)?;
        self.offset += blocks.len() as u64;
        self.pending.drain(..self.pending.len() - kept);
        Ok(())
    }
}
