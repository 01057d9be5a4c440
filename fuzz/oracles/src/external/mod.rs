//! Readers in other processes, held against the reference: Python's, Node's, PHP's and Perl's own, curl's and wget's.
//!
//! A [`Driver`] is one of the programs in `fuzz/external`, kept running. A [`Batch`] collects inputs, asks it, and compares each answer with
//! what the reference makes of that input. It also asks for what the reference prints, which the program has to read as it reads the input. Differences that are meant are on the [`Program`]'s list, with their reasons.

mod batch;
mod compare;
mod driver;
mod json;
mod known;
mod programs;
mod reading;

pub use batch::{Batch, Disagreement, Trouble};
pub use compare::{Case, KnownDisagreement, Part};
pub use driver::{Answer, Driver, Fault};
pub use programs::{PROGRAMS, Program, program};
