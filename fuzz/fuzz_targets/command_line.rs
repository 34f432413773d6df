//! Fuzzes what reads command lines.
#![no_main]

libfuzzer_sys::fuzz_target!(
    init: fuzz_targets::load_commands(),
    |input: &[u8]| fuzz_targets::command_line(input)
);
