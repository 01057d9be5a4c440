//! The oracles of `protocol`: `interloper_oracles`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| interloper_oracles::demand("protocol", input));
