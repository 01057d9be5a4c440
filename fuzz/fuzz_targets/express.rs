//! The oracles of `express`: `interloper_oracles`.
#![no_main]

interloper_fuzz::target!(EXPRESS);
