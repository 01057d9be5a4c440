//! The oracles of `msgpack`: `interloper_oracles`.
#![no_main]

interloper_fuzz::target!(MSGPACK);
