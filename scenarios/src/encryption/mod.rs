//! What a store that promises encryption keeps of that promise.

mod blocks;
pub mod key_apart;
pub mod no_clear_text;
pub mod not_swappable;
pub mod unequal;
