//! The oracles of `httpie`: `interloper_oracles`.
#![no_main]

interloper_fuzz::target!(HTTPIE);
