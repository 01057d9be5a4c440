//! Holding a store at each system call that reaches its files.

mod backend;
mod calls;
mod decode;
#[expect(unsafe_code, reason = "the filter is put on by a bare system call")]
pub(crate) mod entrance;
mod filter;
#[expect(unsafe_code, reason = "the listener's ioctls")]
mod listener;
mod memory;
pub(crate) mod power;
mod reach;
#[expect(unsafe_code, reason = "pidfd_getfd, which nix does not wrap")]
mod short;
mod step;

pub(crate) use backend::Release;
pub(crate) use calls::Effect;
pub use calls::Fault;
pub(crate) use filter::Hold;
pub(crate) use listener::Listener;
pub(crate) use reach::Reach;
pub use step::Step;
pub(crate) use step::Stepper;
