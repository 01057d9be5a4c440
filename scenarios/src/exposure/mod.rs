//! What others can get while an operation is under way.

pub mod no_window;
