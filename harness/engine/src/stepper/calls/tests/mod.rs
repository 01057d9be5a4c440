//! The table is whole, its lines read well, and no call that a store needs is without its faults.

mod errnos;
mod show;
mod table;
