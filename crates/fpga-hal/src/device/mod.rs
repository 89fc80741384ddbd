//! OpenCL devices, each in a process of its own.
//!
//! Vendors' libraries end the process that calls them, in more than one way. So the program
//! `fafnir-device-host` loads them, one process a device, and this module speaks to it over a socket
//! ([`Frame`]) and through a shared [`Memory`]. Whatever happens there, a call here returns: with
//! results that were copied, checked for damage and for range, or with an error. Then the batch is
//! still whole, for another backend.

mod client;
mod compile;
mod deadline;
mod error;
mod frame;
mod host;
mod info;
mod link;
mod memory;
mod pci;
mod probe;
mod self_test;
mod telemetry;
mod ticket;

pub mod serve;

pub use self::{
    client::Device,
    compile::compile,
    error::DeviceError,
    frame::{Frame, FrameError, Kind, MAX_PAYLOAD, MAX_PROGRAM, PROTOCOL},
    info::{Contract, DeviceInfo, DeviceKind, Withheld},
    memory::{Memory, SLOTS, slot_of},
    pci::{NoPciAddress, PciAddress},
    probe::{IcdReport, PROBE_LIMIT, discover, icds, probe, vendors},
    telemetry::Telemetry,
    ticket::Ticket,
};

pub(crate) use self::frame::{put_words, words};
