//! The other side: what a device host does.
//!
//! A host's standard input is a socket to its parent. It is started with the arguments `list`,
//! `serve INDEX` or `compile INDEX`, and answers as [`Kind`] says.

use std::{
    io::{self, Read},
    os::{fd::AsFd, unix::net::UnixStream},
    sync::{Mutex, PoisonError},
};

use rustix::{
    net::sockopt::socket_peercred,
    process::{Signal, getppid, set_parent_process_death_signal},
};

use super::{
    DeviceInfo, Frame, FrameError, Kind, Memory,
    frame::{MAX_TEXT, PROTOCOL},
};

/// A host's connection to its parent, which any number of threads may share.
#[derive(Debug)]
pub struct Connection {
    socket: UnixStream,
    memory: Memory,
    /// Held while a frame is written.
    writing: Mutex<()>,
}

/// Lets the system end this process with the thread that started it, whatever it does then.
///
/// # Errors
///
/// Of the system's calls; also where the parent is not the process that speaks on standard input: it
/// is gone already, or another stands between.
pub fn end_with_parent() -> io::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // It may have ended before that call.
    match socket_peercred(io::stdin()) {
        Ok(parent) if getppid() != Some(parent.pid) => Err(io::Error::other(
            "the process that it serves is gone, or a script that starts it lacks exec",
        )),
        _ => Ok(()),
    }
}

/// Answers `list`: tells the parent on standard input what devices there are, or why it cannot tell.
///
/// # Errors
///
/// [`FrameError::Io`] where standard input is no socket to a parent.
pub fn list(devices: Result<Vec<DeviceInfo>, String>) -> Result<(), FrameError> {
    let frame = match devices {
        Ok(devices) => json(Kind::Devices, &devices)?,
        Err(reason) => refusal(reason),
    };
    frame.write_to(0, &mut parent()?, None)
}

impl Connection {
    /// Takes the program, empty if it is to be built from source, from the parent on standard input.
    ///
    /// # Errors
    ///
    /// [`FrameError::Io`] where standard input is no socket to a parent; those of
    /// [`Frame::read_from`].
    pub fn accept() -> Result<(Self, Vec<u8>), FrameError> {
        let socket = parent()?;
        let mut first = [0; 1];
        let (memory, got) = Memory::receive(&socket, &mut first)?;
        let mut bytes = first[..got].chain(&socket);
        let (_, frame) = Frame::read_from(&mut bytes, Some(&memory))?;
        let what = match frame.kind {
            Kind::Program if frame.contract == PROTOCOL => {
                let connection = Self {
                    socket,
                    memory,
                    writing: Mutex::new(()),
                };
                return Ok((connection, frame.payload));
            }
            Kind::Program => "the parent speaks another version",
            _ => "the first frame is no program",
        };
        Err(FrameError::Payload { what })
    }

    /// Says that the device is open.
    ///
    /// # Errors
    ///
    /// [`FrameError::Io`], and so for all that writes.
    pub fn hello(&self, info: &DeviceInfo) -> Result<(), FrameError> {
        self.write(0, &json(Kind::Hello, info)?)
    }

    /// Answers `compile` with the program that was built.
    ///
    /// # Errors
    ///
    /// [`FrameError::TooLong`], [`FrameError::Io`].
    pub fn binary(&self, program: Vec<u8>) -> Result<(), FrameError> {
        self.write(0, &Frame::message(Kind::Binary, program))
    }

    /// Waits for the next question; returns its number, which has its slot
    /// ([`slot_of`](super::slot_of)), and its batch. None when the parent says goodbye or is gone.
    ///
    /// # Errors
    ///
    /// Those of [`Frame::read_from`]; [`FrameError::Payload`] for what is no batch.
    pub fn next(&self) -> Result<Option<(u32, Frame)>, FrameError> {
        let (number, frame) = match Frame::read_from(&mut &self.socket, Some(&self.memory)) {
            Err(FrameError::Closed) => return Ok(None),
            read => read?,
        };
        match frame.kind {
            Kind::Bye => Ok(None),
            Kind::Extend | Kind::Pairhmm => Ok(Some((number, frame))),
            _ => Err(FrameError::Payload {
                what: "a host is sent batches",
            }),
        }
    }

    /// Answers question `number` with results.
    ///
    /// # Errors
    ///
    /// [`FrameError::TooLong`], [`FrameError::Io`].
    pub fn answer(&self, number: u32, results: &Frame) -> Result<(), FrameError> {
        self.write(number, results)
    }

    /// Tells why question `number` has no results; before [`hello`](Self::hello) and with number 0,
    /// why the device cannot be opened.
    ///
    /// # Errors
    ///
    /// [`FrameError::Io`].
    pub fn refuse(&self, number: u32, reason: String) -> Result<(), FrameError> {
        self.write(number, &refusal(reason))
    }

    fn write(&self, number: u32, frame: &Frame) -> Result<(), FrameError> {
        let _turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        frame.write_to(number, &mut &self.socket, Some(&self.memory))
    }
}

fn parent() -> io::Result<UnixStream> {
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

fn json(kind: Kind, value: &impl serde::Serialize) -> Result<Frame, FrameError> {
    let json = serde_json::to_vec(value).map_err(io::Error::from)?;
    Ok(Frame::message(kind, json))
}

/// Reasons may be what a compiler says, at any length.
fn refusal(mut reason: String) -> Frame {
    reason.truncate(reason.floor_char_boundary(MAX_TEXT));
    Frame::message(Kind::Refused, reason)
}
