//! The oracles of `cookie_header`: `interloper_oracles`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| interloper_oracles::demand("cookie_header", input));
