//! The `interloper` command, run as people run it.
//!
//! The tests hold for root and for an ordinary user, in whatever tier the host has; what only root can set up says so and is left out.
#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod apps;
mod attacks;
mod book;
mod checks;
mod clients;
mod clock;
mod command;
mod designs;
mod first_use;
mod fuzz;
mod hostile;
mod init;
mod install;
mod interrupt;
mod kit;
mod lines;
mod logins;
mod parsers;
mod project;
mod protocol;
mod replay;
mod runtimes;
mod scan;
mod setups;
mod sixty;
mod trace;
mod troubled;
mod usage;
