//! What others can get while an operation is under way.

pub mod arguments;
pub mod elsewhere;
pub mod ids;
pub mod no_window;
pub mod output;
