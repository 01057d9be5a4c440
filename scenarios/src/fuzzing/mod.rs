//! What a search with feedback came upon in a store's reader.
//!
//! | file | what |
//! |---|---|
//! | [`regressions`] | the scenario: `check` replays inputs, `interloper fuzz` searches for them |
//! | [`headers`] | the same for headers of cookies and their parsers |
//! | `input` | the contents of one file, as a case and as a file |
//! | `subject` | a store with a session to damage and one beside it |
//! | `exercise` | one input: load, the sandbox, the neighbour, a save |
//! | `verdict` | the causes, with their sentences and severities |
//! | `behaviour` | what is new about an answer |
//! | `corpus` | the inputs that showed something new, and which comes next |
//! | `mutate` | changes of bytes, of texts, of formats and of what is wrapped |
//! | `scale` | more and more of the same: depth, and cost out of proportion |
//! | `seeds` | where a search begins |
//! | `progress` | how far a search is, and which causes it has found or leaves alone |
//! | `explorer` | the search |

mod behaviour;
mod corpus;
mod exercise;
mod explorer;
pub mod headers;
mod input;
mod minimise;
mod mutate;
mod progress;
pub mod regressions;
mod scale;
mod seeds;
mod subject;
mod verdict;
