//! The oracles of `cookie_header`: `interloper_oracles`.
#![no_main]

interloper_oracles::__target!("cookie_header");
