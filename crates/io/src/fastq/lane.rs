//! One file's reads in chunks, parsed here or by a thread of its own.

use std::io::Read;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::{FastqError, FastqErrorKind, FastqReader};
use crate::reads::Reads;

/// Chunks that may wait for the consumer.
const WAITING: usize = 4;

/// Consecutive templates of one file: `second` is filled from interleaved files only.
#[derive(Default)]
pub(super) struct Chunk {
    pub(super) first: Reads,
    pub(super) second: Reads,
    pub(super) mate: Option<u8>,
}

/// A file with what is known about its reads' order.
pub(super) struct Parser<R> {
    pub(super) reader: FastqReader<R>,
    pub(super) interleaved: bool,
}

impl<R: Read> Parser<R> {
    /// Replaces what is in `chunk` by the next `limit` templates; fewer only at the file's end.
    fn fill(&mut self, chunk: &mut Chunk, limit: usize) -> Result<(), FastqError> {
        chunk.first.clear();
        chunk.second.clear();
        if self.interleaved {
            for _ in 0..limit {
                if !self.reader.read(&mut chunk.first)? {
                    break;
                }
                if !self.reader.read(&mut chunk.second)? {
                    return Err(self.reader.error((FastqErrorKind::OddInterleaved, 0, 0)));
                }
            }
        } else {
            self.reader.read_many(&mut chunk.first, limit)?;
        }
        chunk.mate = self.reader.mate();
        Ok(())
    }
}

/// Where a file's chunks come from.
pub(super) enum Lane<R> {
    Here(Box<Parser<R>>),
    Thread(Thread<R>),
}

pub(super) struct Thread<R> {
    file: String,
    filled: Receiver<Result<Chunk, FastqError>>,
    used: Sender<Chunk>,
    handle: JoinHandle<R>,
    ended: bool,
}

impl<R: Read> Lane<R> {
    /// Replaces what is in `chunk` by the next `limit` templates; fewer only at the file's end.
    /// `limit` is the same in each call.
    pub(super) fn next(&mut self, chunk: &mut Chunk, limit: usize) -> Result<(), FastqError> {
        match self {
            Self::Here(parser) => parser.fill(chunk, limit),
            Self::Thread(thread) => thread.next(chunk, limit),
        }
    }

    pub(super) fn file(&self) -> &str {
        match self {
            Self::Here(parser) => parser.reader.file(),
            Self::Thread(thread) => &thread.file,
        }
    }

    /// The underlying reader; `None` when its thread panicked.
    pub(super) fn into_inner(self) -> Option<R> {
        match self {
            Self::Here(parser) => Some(parser.reader.into_inner()),
            Self::Thread(thread) => {
                // The thread ends when nobody waits for its chunks.
                drop(thread.filled);
                drop(thread.used);
                thread.handle.join().ok()
            }
        }
    }
}

impl<R: Read + Send + 'static> Lane<R> {
    /// Parses on a thread of its own, in chunks of `limit` templates.
    pub(super) fn spawn(mut parser: Parser<R>, limit: usize) -> std::io::Result<Self> {
        let file = parser.reader.file().to_owned();
        let (send, filled) = bounded(WAITING);
        let (used, reuse) = bounded::<Chunk>(WAITING + 2);
        let handle = std::thread::Builder::new()
            .name("fastq".to_owned())
            .spawn(move || {
                loop {
                    let mut chunk = reuse.try_recv().unwrap_or_default();
                    let filled = parser.fill(&mut chunk, limit).map(|()| chunk);
                    let more = matches!(&filled, Ok(chunk) if chunk.first.len() == limit);
                    if send.send(filled).is_err() || !more {
                        return parser.reader.into_inner();
                    }
                }
            })?;
        Ok(Self::Thread(Thread {
            file,
            filled,
            used,
            handle,
            ended: false,
        }))
    }
}

impl<R> Thread<R> {
    fn next(&mut self, chunk: &mut Chunk, limit: usize) -> Result<(), FastqError> {
        if self.ended {
            chunk.first.clear();
            chunk.second.clear();
            return Ok(());
        }
        let next = self.filled.recv().unwrap_or_else(|_| {
            Err(FastqError {
                file: self.file.clone(),
                record: 0,
                line: 0,
                offset: 0,
                kind: FastqErrorKind::Read(std::io::Error::other(
                    "the reading thread has already stopped with an error",
                )),
            })
        })?;
        self.ended = next.first.len() < limit;
        // Full or closed: then the chunk's memory is simply given back.
        let _ = self.used.try_send(std::mem::replace(chunk, next));
        Ok(())
    }
}
