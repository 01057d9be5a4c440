//! The oracles of `netscape`: `interloper_oracles`.
#![no_main]

interloper_fuzz::target!(NETSCAPE);
