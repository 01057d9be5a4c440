//! The oracles of `express`: `interloper_oracles`.
#![no_main]

interloper_oracles::__target!("express");
