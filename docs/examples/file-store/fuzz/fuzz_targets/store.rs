//! The whole store against a map: `cargo +nightly fuzz run store`.
#![no_main]

#[path = "../../tests/adapter/mod.rs"]
mod adapter;

// A JSON file without a checksum cannot notice a changed value, so the store has to survive damage and no more.
interloper::fuzz_store!(adapter::Adapter::default, damage: Survived);
