//! Records built here: merging, known failures, the exit policy.

mod comparing;
mod documented;
mod fixture;
mod known_files;
mod merging;
mod policy;
#[cfg(feature = "json")]
mod reading;
mod root_causes;
