//! The oracles of `store_history`: `interloper_oracles`.
#![no_main]

interloper_oracles::__target!("store_history");
