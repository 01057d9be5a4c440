//! What a driver's runtime does must not hide what its store does, nor be taken for it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::kit::{Done, dir, interloper, python};

/// The causes that a scenario found on a driver of these tests.
fn causes(name: &str, arguments: &str, scenario: &str) -> Vec<String> {
    let dir = dir(&format!("{name}-{arguments}"));
    let driver = format!("{} {arguments}", python(&dir, &format!("{name}.py")));
    let bind = dir.to_str().unwrap();
    let args = ["check", "--driver", &driver, "--bind", bind, "--scenario", scenario];
    let done = interloper(&[&args[..], &["--format", "json"]].concat());
    let found = findings(&done);
    found.iter().map(|finding| finding["cause"].as_str().unwrap().to_owned()).collect()
}

fn findings(done: &Done) -> Vec<Value> {
    let run: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"));
    let results = run["results"].as_array().unwrap();
    assert!(results.iter().all(|result| result["verdict"] != "error"), "{done:?}");
    let of = |result: &Value| {
        let scenario = result["scenario"].clone();
        let mut findings = result["findings"].as_array().unwrap().clone();
        findings.iter_mut().for_each(|finding| finding["scenario"] = scenario.clone());
        findings
    };
    results.iter().flat_map(of).collect()
}

#[test]
fn output_that_a_store_does_not_flush_is_seen_with_the_kit() {
    assert_eq!(
        causes("prints", "", "exposure::output"),
        ["printed-during-save", "printed-during-update"]
    );
}

#[test]
fn output_that_a_runtime_holds_back_is_seen_when_the_driver_exits() {
    assert_eq!(causes("prints", "bare", "exposure::output"), ["printed-before-exit"]);
}

/// The trace of a save by a driver of these tests; nothing where this host cannot hold its calls, which is said.
fn save(dir: &Path, name: &str) -> Option<Value> {
    let driver = python(dir, &format!("{name}.py"));
    let bind = dir.to_str().unwrap();
    let done =
        interloper(&["trace", "--driver", &driver, "--bind", bind, "save", "--format", "json"]);
    if done.code == Some(4) && done.err.contains("this host refuses") {
        eprintln!("left out: {}", done.err);
        return None;
    }
    assert_eq!(done.code, Some(0), "{done:?}");
    let traces: Value = serde_json::from_str(&done.out).unwrap();
    Some(traces["traces"][0].clone())
}

#[test]
fn what_a_helper_does_for_the_store_is_not_called_exhaustive() {
    let Some(trace) = save(&dir("helper"), "helper") else { return };
    assert_eq!(trace["answer"]["status"], "ok", "{trace}");
    // The helper lives under the same filter, and is no part of the operation.
    assert!(trace["steps"].as_array().unwrap().is_empty(), "{trace}");
    assert_eq!(trace["exhaustive"], false, "{trace}");
    assert_eq!(trace["unseen"], "~/sessions/alpha.json", "{trace}");
    let dir = dir("helper-check");
    let driver = python(&dir, "helper.py");
    let args = ["check", "--driver", &driver, "--bind", dir.to_str().unwrap(), "--format", "json"];
    let done = interloper(&[&args[..], &["--scenario", "exposure::no_window"]].concat());
    let run: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"));
    let result = run["results"][0].to_string();
    assert_eq!(run["results"][0]["coverage"]["steps"]["exhaustive"], false, "{result}");
    assert!(result.contains("alpha.json changed during save without a step"), "{result}");
}

/// A directory below `/tmp`, which a store may write to, for a driver that it may not.
fn below_tmp() -> (tempfile::TempDir, PathBuf) {
    let above = tempfile::Builder::new().prefix("interloper-").tempdir_in("/tmp").unwrap();
    let dir = above.path().join("driver");
    fs::create_dir(&dir).unwrap();
    for dir in [above.path(), &dir] {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
    }
    (above, dir)
}

#[test]
fn a_driver_below_tmp_has_no_step_for_its_own_code() {
    let (_above, dir) = below_tmp();
    let Some(trace) = save(&dir, "beside") else { return };
    let steps = trace["steps"].as_array().unwrap();
    assert!(!steps.is_empty());
    for step in steps {
        assert!(!step["call"].as_str().unwrap().contains("/tmp"), "{step}");
    }
    assert_eq!((&trace["exhaustive"], &trace["unseen"]), (&Value::Bool(true), &Value::Null));
}

#[test]
fn a_driver_below_tmp_that_keeps_its_own_code_open_leaks_nothing_of_the_store() {
    let (_above, dir) = below_tmp();
    let driver = python(&dir, "beside.py");
    let script = dir.join("beside.py");
    // As PHP does.
    let kept = "import os\nos.set_inheritable(os.open(__file__, os.O_RDONLY), True)\n";
    fs::write(&script, format!("{kept}{}", fs::read_to_string(&script).unwrap())).unwrap();
    let scenario = ["--scenario", "permissions::close_on_exec", "--format", "json"];
    let args = ["check", "--driver", &driver, "--bind", dir.to_str().unwrap()];
    let done = interloper(&[&args[..], &scenario].concat());
    assert_eq!(findings(&done), [] as [Value; 0], "{done:?}");
    assert!(done.out.contains("\"pass\""), "{done:?}");
}

/// What the scenarios that look at every file find on a driver with names of its own kind.
fn evidence(name: &str, arguments: &str, scenarios: &[&str]) -> String {
    let dir = dir(name);
    let driver = format!("{} {arguments}", python(&dir, "names.py"));
    let args = ["check", "--driver", &driver, "--bind", dir.to_str().unwrap(), "--format", "json"];
    let done = interloper(&[&args[..], &["--scenario", &scenarios.join(",")]].concat());
    let found = findings(&done);
    for scenario in &scenarios[..1] {
        assert!(
            found.iter().any(|finding| finding["scenario"] == *scenario),
            "{scenario}: {done:?}"
        );
    }
    Value::Array(found).to_string()
}

#[test]
fn a_file_whose_name_is_no_text_is_evidence_like_any_other() {
    let found = evidence(
        "names-bytes",
        "",
        &[
            "permissions::nobody_reaches",
            "permissions::kept_descriptors",
            "exposure::no_window",
            "deletion::residue",
            "planting::file",
        ],
    );
    assert!(found.contains(r"\\xff\\xfealpha"), "{found}");
}

#[test]
fn a_file_deeper_than_any_path_is_evidence_like_any_other() {
    evidence("names-deep", "deep", &["permissions::nobody_reaches", "deletion::residue"]);
}
