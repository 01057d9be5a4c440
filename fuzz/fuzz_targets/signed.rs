//! The oracles of `signed`: `interloper_oracles`.
#![no_main]

interloper_fuzz::target!(SIGNED);
