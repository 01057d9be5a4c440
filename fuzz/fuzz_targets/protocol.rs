//! The oracles of `protocol`: `interloper_oracles`.
#![no_main]

interloper_oracles::__target!("protocol");
