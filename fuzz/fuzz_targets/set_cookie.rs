//! The oracles of `set_cookie`: `interloper_oracles`.
#![no_main]

interloper_oracles::__target!("set_cookie");
