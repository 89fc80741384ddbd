//! Options that several subcommands share: one concern a file.

mod alignment;
mod call;
mod output;
mod read_group;
mod reads;
mod reference;
mod resources;
mod run_folder;
mod system;
mod targets;
mod trimming;

pub(crate) use self::{
    alignment::AlignmentArgs,
    call::CallArgs,
    output::{OutputArgs, Replay},
    reads::ReadsArgs,
    reference::ReferenceArgs,
    resources::{ResourceArgs, ThreadArgs},
    run_folder::{DemultiplexingArgs, RunFolderArgs},
    system::SystemArgs,
    targets::TargetArgs,
    trimming::TrimmingArgs,
};
