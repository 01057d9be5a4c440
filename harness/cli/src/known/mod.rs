//! Known failures: a list of findings that do not fail a run, each with the reason why.
//!
//! Reading the file is the crate `interloper-record`; here is what a run makes of it.
//!
//! | file | what |
//! |---|---|
//! | [`apply`] | which findings are listed, which entries no longer hold |
//! | [`mod@write`] | a list of what a run found |

mod apply;
mod write;

pub(crate) use apply::Apply;
pub(crate) use write::write_known;
