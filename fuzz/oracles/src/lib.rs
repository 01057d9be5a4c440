//! What fuzzing holds against parsers and stores, as functions: they return a [`Violation`] or nothing.
//!
//! [`TARGETS`] lists what `fuzz/fuzz_targets` runs; the tests of this package run the same functions over all seeds and regressions.
//! Plug in a store or a parser of your own with [`fuzz_store!`], [`fuzz_parser!`] and [`fuzz_cookies!`], or call what they call.

#[cfg(feature = "counting")]
mod allocator;
mod canonical;
pub mod cookies;
mod cost;
#[cfg(feature = "external")]
pub mod external;
mod history;
mod input;
mod known_file;
mod plug;
mod protocol;
mod reference_parsers;
mod repeat;
mod signatures;
mod stable;
pub mod targets;
mod value_oracles;
mod violation;

pub use canonical::kept;
pub use cost::linear;
pub use history::{Action, Damage, Script, run as run_history};
pub use input::Input;
pub use repeat::repeat;
pub use stable::{Checks, round_trip, stable, well_formed};
pub use targets::{TARGETS, Target, target};
pub use violation::{Violation, assert_ok};
