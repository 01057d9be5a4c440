//! The oracles of `store_history`: `interloper_oracles`.
#![no_main]

interloper_fuzz::target!(STORE_HISTORY);
