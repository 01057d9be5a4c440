//! Servers that the store opens: what others get by asking.

pub mod nobody_asks;
