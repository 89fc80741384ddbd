#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fafnir_fuzz::variants::gvcf(data));
