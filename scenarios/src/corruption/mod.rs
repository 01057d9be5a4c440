//! What the store makes of damaged files.
//!
//! The right answers are `corrupt` and absent: in bounded time, with nothing lost that was not damaged.

pub mod bit_flips;
pub mod code_execution;
mod document;
pub mod empty;
pub mod huge;
mod in_place;
mod judge;
pub mod load_keeps_evidence;
pub mod malformed;
pub mod random_bytes;
pub mod replaced_by_directory;
pub mod replaced_by_fifo;
pub mod replaced_by_link;
pub mod replaced_by_socket;
pub mod save_keeps_others;
pub mod structure;
pub mod swapped;
pub mod truncation;
pub mod unreadable;
pub mod wrong_types;
