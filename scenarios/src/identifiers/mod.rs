//! Ids are names, not paths.

pub mod separators;
mod strange;
pub mod traversal;
pub mod very_long;
