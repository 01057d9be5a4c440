//! Ids are names, not paths; and those that the store makes are nobody's to guess.

pub(crate) mod estimate;
pub mod generated;
pub(crate) mod ingredients;
pub mod look_alikes;
pub(crate) mod many;
pub mod parts;
pub mod requested_not_adopted;
pub mod reserved;
pub mod separators;
pub(crate) mod statistics;
mod strange;
mod time_uuid;
pub mod traversal;
pub mod unpredictable;
pub mod very_long;
