//! The oracles of `store_history`: `interloper_oracles`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| interloper_oracles::demand("store_history", input));
