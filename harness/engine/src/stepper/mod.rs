//! Holding a store at each system call that reaches its files.

mod calls;
