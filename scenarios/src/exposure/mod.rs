//! What others can get while an operation is under way.

pub mod arguments;
pub mod elsewhere;
pub mod ids;
pub mod messages;
pub mod no_window;
pub mod output;
