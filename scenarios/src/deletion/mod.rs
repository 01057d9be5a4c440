//! What was deleted is gone, and nothing else is.

pub mod absent_after_delete;
pub mod idempotent;
pub mod neighbours_untouched;
pub mod residue;
