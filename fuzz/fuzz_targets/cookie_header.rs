//! The oracles of `cookie_header`: `interloper_oracles`.
#![no_main]

interloper_fuzz::target!(COOKIE_HEADER);
