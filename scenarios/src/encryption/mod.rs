//! What a store that promises encryption, or to notice older versions, keeps of that promise.

mod blocks;
pub mod key_apart;
pub mod no_clear_text;
pub mod no_rollback;
pub mod not_swappable;
pub mod unequal;
