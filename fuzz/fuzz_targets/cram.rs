#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fafnir_fuzz::alignments::cram(data));
