//! The oracles of `signed`: `interloper_oracles`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| interloper_oracles::demand("signed", input));
