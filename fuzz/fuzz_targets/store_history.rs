//! The oracles of `store_history`: `interloper_oracles`.
#![no_main]

interloper_fuzz::target!("store_history");
