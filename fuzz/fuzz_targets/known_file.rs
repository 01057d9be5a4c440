//! The oracles of `known_file`: `interloper_oracles`.
#![no_main]

interloper_oracles::__target!("known_file");
