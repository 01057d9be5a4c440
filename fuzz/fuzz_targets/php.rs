//! The oracles of `php`: `interloper_oracles`.
#![no_main]

interloper_fuzz::target!(PHP);
