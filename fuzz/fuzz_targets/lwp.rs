//! The oracles of `lwp`: `interloper_oracles`.
#![no_main]

interloper_fuzz::target!(LWP);
