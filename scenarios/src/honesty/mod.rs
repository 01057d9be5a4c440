//! What was answered ok has happened.

pub mod read_only_writes_nothing;
pub mod saved_loads;
