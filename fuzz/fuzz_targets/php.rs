//! The oracles of `php`: `interloper_oracles`.
#![no_main]

interloper_oracles::__target!("php");
