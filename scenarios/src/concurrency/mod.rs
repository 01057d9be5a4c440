//! Two drivers on one store: scheduled step by step, and once running freely.
//!
//! | module | what |
//! |---|---|
//! | `schedule` | in which order two drivers go |
//! | `turns` | goes through one schedule |
//! | `history` | whether the answers can have come one after the other |
//! | `pair` | two operations and the state they begin in; tries the schedules and judges each |
//! | the others | a scenario each |
//!
//! A save beside a rotate is not here: a store that takes the caller's ids may be given the old one anew.

mod anomaly;
pub mod deadlock;
mod history;
mod pair;
pub mod read_write;
pub mod save_delete;
pub mod save_purge;
pub mod save_save;
mod schedule;
pub mod stale_lock;
pub mod stress;
pub mod three_writers;
mod turns;
pub mod update_update;
