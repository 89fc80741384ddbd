//! The program as its users run it. One binary, a file per theme.
#![allow(clippy::unwrap_used, missing_docs)]

mod alignments;
mod bad_input;
mod bam_input;
mod bcl;
mod bcl_reports;
mod calling_options;
mod command_line;
mod determinism;
mod device_faults;
mod devices;
mod drivers;
mod fuzz;
mod genotype;
mod gvcf;
mod kernel_package;
mod limits;
mod metrics;
mod peers;
mod real_data;
mod recalibration;
mod support;
mod trimming;
mod unsafe_register;
mod vcf_tools;
mod verify;
