//! SARIF, held against the schema of the standard.

use std::fs;
use std::path::Path;

use interloper_record::{Allow, Policy, Run, Verdict};
use serde_json::Value;

use crate::fixture::{empty, result, rich, store};
use crate::render::render;
use crate::report::Format;

fn schema() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/sarif-schema-2.1.0.json");
    let text = fs::read_to_string(&path).expect("the schema is in the repository");
    // The file is as it was published, with one pattern that is no regular expression by the rules of JSON Schema.
    let unbalanced = "^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$";
    assert!(text.contains(unbalanced), "a newer schema needs no mending: read it as it is");
    let mended = text.replace(unbalanced, "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$");
    serde_json::from_str(&mended).expect("the schema is JSON")
}

/// What the schema says against the log.
pub(crate) fn faults(log: &Value) -> Vec<String> {
    let validator = jsonschema::draft7::options()
        .should_validate_formats(true)
        .build(&schema())
        .expect("the schema is one");
    let say =
        |fault: jsonschema::ValidationError<'_>| format!("{}: {fault}", fault.instance_path());
    validator.iter_errors(log).map(say).collect()
}

fn log(run: &Run, policy: &Policy) -> Value {
    serde_json::from_str(&render(run, Format::Sarif, policy)).expect("the log is JSON")
}

#[test]
fn the_schema_takes_every_log() {
    for run in [rich(), empty()] {
        assert_eq!(faults(&log(&run, &Policy::default())), [""; 0]);
    }
}

#[test]
fn the_schema_is_able_to_refuse() {
    let mut wrong = log(&rich(), &Policy::default());
    wrong["runs"][0]["results"][0]["level"] = "severe".into();
    wrong["runs"][0]["results"][1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] =
        "two words".into();
    assert_eq!(faults(&wrong).len(), 2, "{:?}", faults(&wrong));
}

#[test]
fn a_rich_run_as_alerts() {
    insta::assert_snapshot!(render(&rich(), Format::Sarif, &Policy::default()));
}

#[test]
fn every_result_has_what_code_scanning_needs() {
    let log = log(&rich(), &Policy::default());
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 6);
    for result in results {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        assert!(!rule["help"]["markdown"].as_str().unwrap().is_empty());
        let physical = &result["locations"][0]["physicalLocation"];
        assert_eq!(physical["artifactLocation"]["uri"], "scenarios/subjects/httpie/driver.py");
        assert_eq!(physical["region"]["startLine"], 1);
        assert_eq!(result["partialFingerprints"]["interloper/v1"].as_str().unwrap().len(), 16);
        // On every result or on none.
        assert!(result["suppressions"].is_array());
    }
    let suppressed = |result: &&Value| result["suppressions"][0]["kind"] == "external";
    assert_eq!(results.iter().filter(suppressed).count(), 1);
    let high = rules.iter().find(|rule| rule["id"] == "exposure::no_window").unwrap();
    assert_eq!(high["properties"]["security-severity"], "8.0");
    let tags = serde_json::json!(["security", "external/cwe/cwe-276", "external/cwe/cwe-362"]);
    assert_eq!(high["properties"]["tags"], tags);
}

#[test]
fn a_store_without_a_source_has_a_place_nevertheless() {
    let mut run = rich();
    for (source, expected) in [
        (None, "interloper/httpie"),
        (Some("./drivers/my store.py"), "drivers/my%20store.py"),
        (Some("/srv/driver.py"), "file:///srv/driver.py"),
    ] {
        run.stores[0].source = source.map(Into::into);
        let log = log(&run, &Policy::default());
        let physical = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(physical["artifactLocation"]["uri"], expected);
        assert_eq!(faults(&log), [""; 0]);
    }
}

#[test]
fn a_log_without_results_does_not_look_like_success() {
    let mut run = empty();
    run.stores = vec![store("a", "1", &["file"])];
    run.results = vec![result("a", "file", "x::y", Verdict::Skip)];
    let invocation = |policy: &Policy| log(&run, policy)["runs"][0]["invocations"][0].clone();
    let strict = invocation(&Policy::default());
    assert_eq!((&strict["executionSuccessful"], &strict["exitCode"]), (&false.into(), &4.into()));
    assert_eq!(strict["toolExecutionNotifications"][0]["level"], "warning");
    // What is allowed are gaps: a log that is nothing but a gap is none of success.
    let tolerant = Policy { allow: vec![Allow::Skip], ..Policy::default() };
    assert_eq!(invocation(&tolerant)["exitCode"], 4);
    run.results.push(result("a", "file", "x::z", Verdict::Pass));
    let told = log(&run, &tolerant)["runs"][0]["invocations"][0].clone();
    assert_eq!((&told["executionSuccessful"], &told["exitCode"]), (&true.into(), &0.into()));
}
