//! Probers: the other principals' processes, and what they try.

mod ask;
mod attempt;
#[expect(unsafe_code, reason = "memory and a futex shared by two processes")]
mod channel;
mod kept;
mod plant;
#[expect(unsafe_code, reason = "fork of a process that must not be a thread")]
mod process;
mod team;
#[expect(unsafe_code, reason = "fork of a process that must not be a thread")]
mod warden;

pub use ask::{Ask, Asked, Door};
pub use kept::Used;
pub use plant::{Peers, Plant};

#[cfg(test)]
pub(crate) use attempt::attempt;
pub(crate) use process::kill_all_of;
pub(crate) use team::Team;
pub(crate) use warden::{MEMORY, ended_for_memory, is_warden};
