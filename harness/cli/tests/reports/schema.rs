//! Records, held against the committed schemas.

use std::fs;
use std::path::Path;
use std::process::Command;

use interloper_record::{RECORD_FORMAT, TRACE_FORMAT};
use serde_json::{Value, json};

use crate::fixture::rich;

/// Returns what a committed schema says against a record.
fn faults(schema: &str, record: &Value) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../record/schema").join(schema);
    let text = fs::read_to_string(path).expect("the schema is in the repository");
    let schema = serde_json::from_str(&text).expect("the schema is JSON");
    let validator = jsonschema::draft202012::new(&schema).expect("the schema is one");
    let faults = validator.iter_errors(record);
    faults.map(|fault| format!("{}: {fault}", fault.instance_path())).collect()
}

/// Runs the command; gives what it printed as JSON, whatever its exit code.
fn printed(args: &[&str]) -> Value {
    let command =
        Command::new(env!("CARGO_BIN_EXE_interloper")).args(args).output().expect("it starts");
    let words = String::from_utf8_lossy(&command.stderr);
    serde_json::from_slice(&command.stdout).unwrap_or_else(|error| panic!("{error}: {words}"))
}

fn run_schema() -> String {
    format!("run-{RECORD_FORMAT}.json")
}

#[test]
fn the_schema_takes_what_a_real_run_wrote() {
    // A careful store and a flawed one, so that there are passes and findings.
    let record = printed(&[
        "check",
        "hardened",
        "flawed:umask-default-mode",
        "--scenario",
        "permissions::nobody_reaches",
        "--umask",
        "0022",
        "--format",
        "json",
    ]);
    assert_eq!(faults(&run_schema(), &record), [""; 0]);
    let results = record["results"].as_array().unwrap();
    let has = |verdict: &str| results.iter().any(|result| result["verdict"] == verdict);
    assert!(has("pass") && has("fail"), "{results:?}");
}

#[test]
fn the_schema_takes_what_a_real_trace_wrote() {
    let record = printed(&["trace", "hardened", "save", "--format", "json"]);
    assert_eq!(faults(&format!("trace-{TRACE_FORMAT}.json"), &record), [""; 0]);
    assert!(record["traces"][0]["steps"].as_array().is_some_and(|steps| !steps.is_empty()));
}

#[test]
fn the_schema_takes_a_rich_record_and_is_able_to_refuse() {
    let whole = serde_json::to_value(rich()).unwrap();
    assert_eq!(faults(&run_schema(), &whole), [""; 0]);
    let changes: [(&str, Value); 4] = [
        ("/format", json!(RECORD_FORMAT + 1)),
        ("/results/0/verdict", json!("maybe")),
        ("/results/0/findings/0/matrix/tested/0", json!(-1)),
        ("/host", json!({"tier": "uids", "kernel": "6", "settings": {}, "surprise": 1})),
    ];
    for (at, value) in changes {
        let mut changed = whole.clone();
        *changed.pointer_mut(at).expect(at) = value;
        assert_ne!(faults(&run_schema(), &changed), [""; 0], "{at}");
    }
}
