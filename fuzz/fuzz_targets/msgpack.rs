//! The oracles of `msgpack`: `interloper_oracles`.
#![no_main]

interloper_oracles::__target!("msgpack");
