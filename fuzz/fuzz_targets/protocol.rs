//! The oracles of `protocol`: `interloper_oracles`.
#![no_main]

interloper_fuzz::target!(PROTOCOL);
