//! Fuzzes what reads the answers of services.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz_targets::load_operations(),
    |input: &[u8]| fuzz_targets::answer(input)
);
