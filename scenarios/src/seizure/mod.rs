//! Bytes that somebody else got, sent back to the application until it says who they are.

pub mod from_disk;
mod tokens;
