//! What attackers can do who may write to the directory that the store is put in, and put something there before the store does.

mod attack;
mod bait;
pub mod directory;
pub mod fifo;
pub mod file;
pub mod hard_link;
mod payload;
pub mod service;
mod survey;
pub mod symlink;
