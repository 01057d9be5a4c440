//! The oracles of `known_file`: `interloper_oracles`.
#![no_main]

interloper_fuzz::target!(KNOWN_FILE);
