//! The reader of session files: `cargo +nightly fuzz run record`.
#![no_main]

interloper::fuzz_parser!("record", parse: file_store::parse, print: file_store::print);
