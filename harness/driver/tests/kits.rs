//! The kits that are sources of this crate.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::fs;

use interloper_driver::kits::RUST;

#[test]
fn the_kit_for_rust_is_this_crate_without_the_other_kits_and_the_schema() {
    let sources = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap();
    let mut names: Vec<String> =
        sources.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != "schema.rs");
    names.sort();
    let mut kit: Vec<&str> =
        RUST.iter().filter_map(|(name, _)| name.strip_prefix("src/")).collect();
    kit.sort_unstable();
    assert_eq!(kit, names);
    assert_eq!(RUST.len(), names.len() + 1, "and its manifest");
}
