//! The oracles of `netscape`: `interloper_oracles`.
#![no_main]

interloper_oracles::__target!("netscape");
