//! What is left of a session when an operation is cut short, or the system fails it.

pub mod crash;
pub mod disk_full;
pub mod errors;
pub mod file_size;
pub(crate) mod outcome;
pub mod power_loss;
pub mod seen_by_others;
pub mod server_killed;
pub mod short_writes;
pub mod unwritable;
