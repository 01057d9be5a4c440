//! What was answered ok has happened.

pub mod broken_neighbour;
pub mod capacity;
mod fields;
pub mod histories;
pub mod read_only_writes_nothing;
pub mod replaced;
pub mod saved_loads;
pub mod values;
