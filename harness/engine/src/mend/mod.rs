//! Mends: changes to a store's calls, or to its surroundings, under which its findings are tried again.
//!
//! | file | what |
//! |---|---|
//! | [`crew`] | several sandboxes that run cases and scenarios under changes |
//! | [`search`] | which changes are tried, and which are recommended |
//!
//! How a call is changed is the stepper's.

mod crew;
mod search;

pub use crew::{Crew, Watch};
pub use search::{Candidate, Catalogue, Surrounding, search};
