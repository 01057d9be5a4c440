//! The stores that are checked with nothing to install.
