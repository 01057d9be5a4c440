//! Holding a store at each system call that reaches its files.

mod answerer;
mod backend;
mod calls;
mod decode;
#[expect(unsafe_code, reason = "the filter is put on by a bare system call")]
pub(crate) mod entrance;
mod filter;
mod ingredients;
#[expect(unsafe_code, reason = "the listener's ioctls")]
mod listener;
mod mender;
mod own;
mod printed;
#[expect(unsafe_code, reason = "ptrace(2), and waiting for what it stops")]
mod ptrace;
mod reap;
mod scope;
#[expect(unsafe_code, reason = "pidfd_getfd, which nix does not wrap")]
mod short_write;
mod sigchld;
mod step;
mod sync;
#[cfg(test)]
mod tests;
mod tracee_memory;
mod tracer;
mod vdso;

pub(crate) use answerer::Answerer;
pub(crate) use backend::{Backend, Release};
pub use calls::Fault;
pub(crate) use calls::{Effect, LEFT_OUT, below_home, shown_name};
pub(crate) use filter::Hold;
pub(crate) use ingredients::Answers;
pub use ingredients::{Draw, Ingredients, Kept, Taken, uptime};
pub(crate) use listener::Listener;
pub(crate) use mender::{Mender, Mending};
pub use printed::Printed;
pub(crate) use reap::{reap, reap_threads};
pub(crate) use scope::Scope;
pub(crate) use step::Stepper;
pub use step::{Step, TurningPoint, turning_points};
pub(crate) use sync::Synced;
pub(crate) use tracer::Tracer;
