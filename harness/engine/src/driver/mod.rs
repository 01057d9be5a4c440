//! The process that hosts a store, seen from the harness.

mod client;
mod clock;
mod hosting;
#[expect(unsafe_code, reason = "the calls between fork and exec")]
mod spawn;
mod status;
mod threads;

pub use client::Observation;
pub use clock::faketime;
pub use hosting::{Hosting, StoreSpec};

pub(crate) use client::{
    Answered, Beside, Driver, Leave, Limits, Next, Served, Server, Stepping, WrongChildEvent,
    end_strays, processor_time, read,
};
pub(crate) use clock::{FAKETIME, unix_seconds};
pub(crate) use spawn::{DriverKey, pidfd_open};
#[cfg(test)]
pub(crate) use spawn::{Spawned, spawn};
pub(crate) use status::{
    Descriptor, flags, open_descriptors, own_children, started, state, status,
};
