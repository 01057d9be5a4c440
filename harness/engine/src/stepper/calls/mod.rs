//! What each system call does to files: which are held, what their arguments are, what they may change, how they can fail.

mod kinds;
mod table;

pub(crate) use kinds::{Arg, CallSpec, Class, Effect, When};
pub(crate) use table::class;
