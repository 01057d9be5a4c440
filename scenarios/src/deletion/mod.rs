//! What was deleted is gone, and nothing else is.

pub mod absent_after_delete;
pub mod expired_cookie;
pub mod expired_does_not_load;
pub mod idempotent;
pub mod neighbours_untouched;
pub mod overwritten;
pub mod purge;
pub mod purge_beside_damage;
pub mod recoverable;
pub mod residue;
pub mod rotated_id_is_dead;
pub mod stays_deleted;
pub mod use_extends_nothing;
