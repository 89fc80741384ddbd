//! What fuzzing runs: a function for each parser, and files that it takes.
//!
//! The targets of `cargo fuzz` call these, and so does `tests/integration/fuzz.rs` with the seeds and
//! changes of them, so that they cannot rot. None may panic, or take memory that its input only
//! claims to need; what is accepted must hold together.

pub mod alignments;
pub mod bcl;
pub mod devices;
pub mod index;
pub mod proof;
pub mod reads;
mod scratch;
pub mod sheets;
pub mod simulated;
pub mod variants;

/// A parser.
pub struct Target {
    /// That of the program in `fuzz_targets`, and of its corpus.
    pub name: &'static str,
    /// Takes anything.
    pub run: fn(&[u8]),
    /// Files that it should take; each reaches another part of the parser.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

macro_rules! targets {
    ($($module:ident::$name:ident, $seeds:ident;)*) => {
        /// All of them.
        pub const TARGETS: &[Target] = &[$(Target {
            name: stringify!($name),
            run: $module::$name,
            seeds: $module::$seeds,
        }),*];
    };
}

targets! {
    bcl::bcl, bcl_seeds;
    bcl::bcl_gz, bcl_gz_seeds;
    bcl::bcl_bgzf, bcl_bgzf_seeds;
    bcl::bci_cycle, bci_cycle_seeds;
    bcl::bci_lane, bci_lane_seeds;
    bcl::cbcl, cbcl_seeds;
    bcl::filter, filter_seeds;
    bcl::locs, locs_seeds;
    bcl::locs_shared, locs_shared_seeds;
    bcl::clocs, clocs_seeds;
    bcl::run_info, run_info_seeds;
    bcl::run_parameters, run_parameters_seeds;
    sheets::sample_sheet, sample_sheet_seeds;
    sheets::override_cycles, override_cycles_seeds;
    sheets::hard_filters, hard_filters_seeds;
    sheets::fastq_list, fastq_list_seeds;
    reads::fastq, fastq_seeds;
    reads::decode, decode_seeds;
    reads::fasta, fasta_seeds;
    reads::bed, bed_seeds;
    reads::sites, sites_seeds;
    alignments::bam, bam_seeds;
    alignments::bgzf, bgzf_seeds;
    alignments::cram, cram_seeds;
    alignments::sam_header, sam_header_seeds;
    simulated::vcf, vcf_seeds;
    simulated::truth_regions, truth_regions_seeds;
    variants::gvcf, gvcf_seeds;
    variants::pedigree, pedigree_seeds;
    index::index_manifest, index_manifest_seeds;
    devices::frame, frame_seeds;
    devices::extend_batch, extend_batch_seeds;
    devices::pairhmm_batch, pairhmm_batch_seeds;
    devices::extend_answer, extend_answer_seeds;
    devices::pairhmm_answer, pairhmm_answer_seeds;
    devices::kernel_package, kernel_package_seeds;
    devices::xclbin, xclbin_seeds;
    proof::json, json_seeds;
    proof::envelope, envelope_seeds;
    proof::statement, statement_seeds;
    proof::public_key, public_key_seeds;
    proof::signing_key, signing_key_seeds;
}
