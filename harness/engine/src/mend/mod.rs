//! Mends: changes to a store's calls, or to its surroundings, under which its findings are tried again.
//!
//! | file | what |
//! |---|---|
//! | `crew` | several sandboxes that run cases and scenarios under changes |
//! | `search` | which changes are tried, and which are recommended |
//! | `whole` | scenarios as a whole under changes |
//! | `told` | what is said of it |
//!
//! How a call is changed is the stepper's.

mod crew;
mod search;
mod told;
mod whole;

pub use crew::{Crew, Watch};
pub use search::{Candidate, Catalogue, Surrounding, search};
