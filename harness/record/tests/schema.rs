//! The committed schemas say what the types say.
#![cfg(feature = "schema")]

use std::path::Path;

use interloper_record::{RECORD_FORMAT, SCAN_FORMAT, TRACE_FORMAT, schema};
use serde_json::Value;

/// Compares a schema with the committed one, which `INTERLOPER_UPDATE` writes anew.
fn is_committed(name: &str, schema: &Value) {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(name);
    let generated = serde_json::to_string_pretty(schema).expect("a schema is JSON") + "\n";
    if std::env::var_os("INTERLOPER_UPDATE").is_some() {
        std::fs::write(&committed, &generated).expect("the repository can be written");
    }
    let text = std::fs::read_to_string(&committed).unwrap_or_default();
    assert!(
        text == generated,
        "{} is not what the types say: run the test again with INTERLOPER_UPDATE=1, and look at the difference: who reads records relies on it",
        committed.display()
    );
}

#[test]
fn the_committed_schema_of_a_run_is_the_generated_one() {
    is_committed(&format!("run-{RECORD_FORMAT}.json"), &schema::run());
}

#[test]
fn the_committed_schema_of_a_trace_is_the_generated_one() {
    is_committed(&format!("trace-{TRACE_FORMAT}.json"), &schema::traces());
}

#[test]
fn the_committed_schema_of_a_scan_is_the_generated_one() {
    is_committed(&format!("scan-{SCAN_FORMAT}.json"), &schema::scan());
}
