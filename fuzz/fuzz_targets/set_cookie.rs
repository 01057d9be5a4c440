//! The oracles of `set_cookie`: `interloper_oracles`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| interloper_oracles::demand("set_cookie", input));
