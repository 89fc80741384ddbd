//! What a device host and its parent say: a header on the socket, and a payload.
//!
//! Little-endian throughout: magic `FDH1`, kind (2 bytes), contract version (2), count of jobs (4),
//! number of the question (4), payload length (4), CRC-32 of all of that and the payload (4). Batches,
//! results and programs lie in the [`Memory`]; the payloads of other kinds follow their header.

use std::io::{self, Read, Write};

use thiserror::Error;

use super::memory::{Memory, SLOTS};

/// The version of everything that is said here.
pub const PROTOCOL: u16 = 1;

/// The longest batch or answer, in bytes: what a slot of the memory holds.
pub const MAX_PAYLOAD: usize = 1 << 26;

/// The longest program, in bytes: what the memory holds.
pub const MAX_PROGRAM: usize = SLOTS * MAX_PAYLOAD;

/// The longest payload that follows its header, in bytes.
pub(super) const MAX_TEXT: usize = 1 << 20;

const MAGIC: [u8; 4] = *b"FDH1";
/// Header bytes that the checksum covers.
const COVERED: usize = 20;
const HEADER: usize = COVERED + 4;

const NO_MEMORY: FrameError = FrameError::Payload {
    what: "it lies in a memory that was not shared",
};

/// What a frame says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// From the host: its devices, as JSON; then it ends.
    Devices,
    /// To the host, the first: the program to run, as binary; empty to build it from source.
    Program,
    /// From the host: the device is open; what it is, as JSON.
    Hello,
    /// From the host: the program that it built, as binary; then it ends.
    Binary,
    /// To the host: a batch of extensions.
    Extend,
    /// To the host: a batch of PairHMM pairs.
    Pairhmm,
    /// From the host: results of a batch, one for each of its jobs.
    Results,
    /// From the host: why it cannot do what it was asked, as text.
    Refused,
    /// To the host: end.
    Bye,
}

const KINDS: [Kind; 9] = [
    Kind::Devices,
    Kind::Program,
    Kind::Hello,
    Kind::Binary,
    Kind::Extend,
    Kind::Pairhmm,
    Kind::Results,
    Kind::Refused,
    Kind::Bye,
];

/// One message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Frame {
    /// What it says.
    pub kind: Kind,
    /// Version of the kernel's contract, or [`PROTOCOL`] where there is no kernel.
    pub contract: u16,
    /// Number of jobs or results.
    pub count: u32,
    /// The rest, as `kind` has it.
    pub payload: Vec<u8>,
}

/// Why bytes are no frame, or a frame's payload not what it must be.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The other side closed the connection between two frames.
    #[error("the connection is closed")]
    Closed,
    /// Reading or writing failed, or the connection was closed inside a frame.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
    /// The first bytes are not the magic number, or the kind is none.
    #[error("received bytes are no frame of a device host")]
    NoFrame,
    /// The length is above what may be sent: [`MAX_PAYLOAD`] for a batch.
    #[error("{length} bytes are too many for one frame: split the batch below {MAX_PAYLOAD} bytes")]
    TooLong {
        /// The payload's length.
        length: usize,
    },
    /// The checksum does not match.
    #[error("a frame was damaged: its checksum does not match")]
    Damaged,
    /// A payload does not follow its layout.
    #[error("a payload is not what it must be: {what}")]
    Payload {
        /// What is wrong.
        what: &'static str,
    },
}

impl Kind {
    /// Returns the longest payload, in bytes.
    fn longest(self) -> usize {
        match self {
            Self::Program | Self::Binary => MAX_PROGRAM,
            Self::Extend | Self::Pairhmm | Self::Results => MAX_PAYLOAD,
            Self::Devices | Self::Hello | Self::Refused | Self::Bye => MAX_TEXT,
        }
    }

    fn lies_in_memory(self) -> bool {
        self.longest() > MAX_TEXT
    }
}

impl Frame {
    /// Makes a frame that speaks of no kernel.
    pub fn message(kind: Kind, payload: impl Into<Vec<u8>>) -> Self {
        Self {
            kind,
            contract: PROTOCOL,
            count: 0,
            payload: payload.into(),
        }
    }

    /// Makes a frame of `count` jobs or results.
    pub(crate) fn batch(
        kind: Kind,
        contract: u16,
        count: usize,
        payload: Vec<u8>,
    ) -> Result<Self, FrameError> {
        let length = payload.len();
        match u32::try_from(count) {
            Ok(count) if length <= MAX_PAYLOAD => Ok(Self {
                kind,
                contract,
                count,
                payload,
            }),
            _ => Err(FrameError::TooLong { length }),
        }
    }

    /// Writes the frame that asks question `number`, or answers it: a payload to `memory` or else to
    /// the socket, and then the header, in one piece.
    ///
    /// # Errors
    ///
    /// [`FrameError::TooLong`], [`FrameError::Io`], and [`FrameError::Payload`] where it needs a memory and
    /// there is none.
    pub fn write_to(
        &self,
        number: u32,
        to: &mut impl Write,
        memory: Option<&Memory>,
    ) -> Result<(), FrameError> {
        let mut bytes = self.header(number)?.to_vec();
        if self.kind.lies_in_memory() {
            memory.ok_or(NO_MEMORY)?.write(number, &self.payload)?;
        } else {
            bytes.extend_from_slice(&self.payload);
        }
        to.write_all(&bytes)?;
        to.flush()?;
        Ok(())
    }

    /// Reads a frame and the number of its question. Its payload is a copy, checked after it was taken.
    /// What is read from the socket is bounded by what is received, not by what is announced.
    ///
    /// # Errors
    ///
    /// [`FrameError::Closed`] if there is none, and all others.
    pub fn read_from(
        from: &mut impl Read,
        memory: Option<&Memory>,
    ) -> Result<(u32, Self), FrameError> {
        let mut header = [0; HEADER];
        let mut got = 0;
        while got < HEADER {
            match from.read(&mut header[got..]) {
                Ok(0) if got == 0 => return Err(FrameError::Closed),
                Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                Ok(read) => got += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        let half = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
        let word = |at: usize| u32::from(half(at)) | u32::from(half(at + 2)) << 16;
        let kind = KINDS.get(usize::from(half(4)));
        let (Some(&kind), true) = (kind, header[..4] == MAGIC) else {
            return Err(FrameError::NoFrame);
        };
        let (number, length) = (word(12), word(16) as usize);
        if length > kind.longest() {
            return Err(FrameError::TooLong { length });
        }
        let payload = if kind.lies_in_memory() {
            memory.ok_or(NO_MEMORY)?.read(number, length)?
        } else {
            let mut payload = Vec::new();
            from.take(length as u64).read_to_end(&mut payload)?;
            payload
        };
        if payload.len() < length {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        if checksum(&header, &payload) != word(COVERED) {
            return Err(FrameError::Damaged);
        }
        let frame = Self {
            kind,
            contract: half(6),
            count: word(8),
            payload,
        };
        Ok((number, frame))
    }

    /// Returns the header, with the payload's checksum.
    fn header(&self, number: u32) -> Result<[u8; HEADER], FrameError> {
        self.check_length()?;
        let kind = KINDS.iter().position(|&kind| kind == self.kind);
        let mut header = [0; HEADER];
        header[..4].copy_from_slice(&MAGIC);
        header[4..6].copy_from_slice(&(kind.unwrap_or_default() as u16).to_le_bytes());
        header[6..8].copy_from_slice(&self.contract.to_le_bytes());
        header[8..12].copy_from_slice(&self.count.to_le_bytes());
        header[12..16].copy_from_slice(&number.to_le_bytes());
        header[16..20].copy_from_slice(&(self.payload.len() as u32).to_le_bytes());
        let checksum = checksum(&header, &self.payload);
        header[COVERED..].copy_from_slice(&checksum.to_le_bytes());
        Ok(header)
    }

    /// Checks that the payload has room.
    pub(super) fn check_length(&self) -> Result<(), FrameError> {
        match self.payload.len() {
            length if length > self.kind.longest() => Err(FrameError::TooLong { length }),
            _ => Ok(()),
        }
    }
}

fn checksum(header: &[u8; HEADER], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&header[..COVERED]);
    hasher.update(payload);
    hasher.finalize()
}

/// Appends words in the order of the wire.
pub(crate) fn put_words(payload: &mut Vec<u8>, words: impl Iterator<Item = u32>) {
    payload.extend(words.flat_map(u32::to_le_bytes));
}

/// Returns the words that `bytes`, of a length that is a multiple of 4, hold.
pub(crate) fn words(bytes: &[u8]) -> impl ExactSizeIterator<Item = u32> + Clone {
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|&word| u32::from_le_bytes(word))
}
