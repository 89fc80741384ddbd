//! The memory that a device host and its parent share.
//!
//! Neither maps it: both copy with `pread` and `pwrite`, so that what one has read cannot change under
//! it, and nothing that the other does to the memory is worse than wrong bytes.

use std::{
    fs::File,
    io::{self, IoSlice, IoSliceMut},
    mem::MaybeUninit,
    os::{
        fd::{AsFd, OwnedFd},
        unix::fs::FileExt,
    },
};

use rustix::{
    cmsg_space,
    fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create},
    net::{
        RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
        SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
    },
};

use super::frame::{FrameError, MAX_PAYLOAD};

/// How many batches may be under way on a device: while one is computed, another travels.
pub const SLOTS: usize = 2;

/// A region of [`MAX_PAYLOAD`] bytes for each slot: first the question's, then the answer's.
///
/// Pages that nothing was written to take no room.
#[derive(Debug)]
pub struct Memory(File);

/// Returns the slot of a question, and so of its answer.
pub fn slot_of(number: u32) -> usize {
    number as usize % SLOTS
}

impl Memory {
    /// Makes a memory whose size nobody can change.
    ///
    /// # Errors
    ///
    /// Of the system's calls.
    pub fn create() -> io::Result<Self> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let memory = File::from(memfd_create("fafnir-device", flags)?);
        memory.set_len((SLOTS * MAX_PAYLOAD) as u64)?;
        // Reading what was cut off would fail; a seal against writing would stop the parent.
        let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL;
        fcntl_add_seals(&memory, seals)?;
        Ok(Self(memory))
    }

    /// Writes a payload, which may reach beyond its slot only if it is alone.
    pub(super) fn write(&self, number: u32, payload: &[u8]) -> Result<(), FrameError> {
        Ok(self.0.write_all_at(payload, start(number))?)
    }

    /// Copies a payload.
    pub(super) fn read(&self, number: u32, length: usize) -> Result<Vec<u8>, FrameError> {
        if start(number) as usize + length > SLOTS * MAX_PAYLOAD {
            return Err(FrameError::TooLong { length });
        }
        let mut payload = vec![0; length];
        self.0.read_exact_at(&mut payload, start(number))?;
        Ok(payload)
    }

    /// Sends bytes over a socket, and the memory with the first of them.
    pub(super) fn send(&self, socket: impl AsFd, bytes: &[u8]) -> io::Result<usize> {
        let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        let memory = [self.0.as_fd()];
        control.push(SendAncillaryMessage::ScmRights(&memory));
        let bytes = [IoSlice::new(bytes)];
        Ok(sendmsg(socket, &bytes, &mut control, SendFlags::NOSIGNAL)?)
    }

    /// Receives bytes that were sent so, and the memory.
    pub(super) fn receive(socket: impl AsFd, bytes: &mut [u8]) -> io::Result<(Self, usize)> {
        let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut bytes = [IoSliceMut::new(bytes)];
        let got = recvmsg(socket, &mut bytes, &mut control, RecvFlags::CMSG_CLOEXEC)?.bytes;
        let fds = control.drain().filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(fds) => Some(fds),
            _ => None,
        });
        match fds.flatten().collect::<Vec<OwnedFd>>().pop() {
            Some(memory) => Ok((Self(memory.into()), got)),
            None => Err(io::Error::other("no shared memory came with the program")),
        }
    }
}

fn start(number: u32) -> u64 {
    (slot_of(number) * MAX_PAYLOAD) as u64
}
