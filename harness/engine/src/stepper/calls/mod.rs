//! What each system call does to files: which are held, what their arguments are, what they may change, how they can fail.

mod call_class;
mod errnos;
mod names;
mod show;
mod table;
#[cfg(test)]
mod tests;

pub(crate) use call_class::{Arg, CallSpec, Class, Effect, When};
pub use errnos::Fault;
pub(crate) use errnos::errnos;
pub(crate) use show::{LEFT_OUT, Value, below_home, makes, show, shown_name};
pub(crate) use table::{class, every_call};
