//! Fuzzes what loads an index.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz_targets::index(input));
