//! Fuzzes what reads the answers of services.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz_targets::answer(input));
