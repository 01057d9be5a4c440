//! The oracles of `set_cookie`: `interloper_oracles`.
#![no_main]

interloper_fuzz::target!(SET_COOKIE);
