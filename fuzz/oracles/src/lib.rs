//! What fuzzing holds against parsers and stores, as functions: they return a [`Violation`] or nothing.
//!
//! [`TARGETS`] lists what `fuzz/fuzz_targets` runs; the tests of this package run the same functions over all seeds and regressions.
//! Plug in a parser of your own with [`cookies::CookieParser`] and [`cookies::agree_on_cookie`], or with [`stable`] and [`linear`].

pub mod cookies;
mod cost;
mod history;
mod plain;
mod protocol;
mod signatures;
mod stable;
mod targets;
mod values;
mod violation;

pub use cost::linear;
pub use history::{Action, Script, run as run_history};
pub use stable::{stable, well_formed};
pub use targets::{TARGETS, Target, demand, target};
pub use violation::Violation;
