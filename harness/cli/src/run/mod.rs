//! Running scenarios on stores: which, on how many workers at once, and what is kept of it.
//!
//! | file | what |
//! |---|---|
//! | [`select`] | the scenarios that words select |
//! | [`subject`] | the stores of a run, with what it takes to start them |
//! | [`mod@tier`] | how other users are played here |
//! | [`mod@greet`] | what each store is, and whether its driver keeps the protocol |
//! | [`pool`] | the workers |
//! | [`queue`], [`mod@weight`] | who gets which unit of work, and which are long |
//! | [`mod@mends`] | changes that are tried to mend what was found |
//! | [`mod@search`], [`corpus`] | searches, and the inputs that they keep |
//! | [`stop`] | what ends a run early |
//! | [`progress`], [`timings`] | what is seen while it runs, and where the time went |
//! | [`mod@save`] | a run and its findings as files |

mod corpus;
mod greet;
mod mends;
mod pool;
mod progress;
mod queue;
mod save;
mod search;
mod select;
mod stop;
mod subject;
mod tier;
mod timings;
mod weight;

pub(crate) use corpus::regressions;
pub(crate) use greet::{explain, own_name};
pub(crate) use mends::mends;
pub(crate) use pool::{Limit, Orders, RunOutcome, default_jobs, run};
pub(crate) use progress::Progress;
pub(crate) use save::{ReplayFileError, check_dir, read_replay, read_saved, save};
pub(crate) use search::{SearchPlan, search};
pub(crate) use select::{Partition, SelectError, scenarios, without};
pub(crate) use stop::{Stop, Timeout};
pub(crate) use subject::{Subject, chosen, documentation, own};
pub(crate) use tier::{tier, touchstone};
pub(crate) use timings::Timings;
