//! The report writers, on records built here.
//!
//! A command has no library to link, so its modules are compiled into this test by their path. What only `main.rs`
//! calls is unused here.
#![allow(dead_code, unused_imports, reason = "main.rs calls what these tests do not")]

#[path = "../../src/report/mod.rs"]
mod report;

mod documented;
#[path = "../../../record/tests/whole/fixture.rs"]
mod fixture;
mod hostile;
mod html;
mod human;
mod json;
mod junit;
mod layers;
mod render;
mod sarif;
mod schema;
mod trace;
mod troubles;
