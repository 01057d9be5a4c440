//! Reading a record: what was written, and what is refused.

use std::fs;
use std::path::PathBuf;

use interloper_record::json::read_run;

use crate::fixture::rich;

/// A file below the target directory, so that tests leave nothing elsewhere.
fn file(name: &str, text: &[u8]) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).expect("the target directory can be written");
    path
}

/// The message of a reader's error, without the directory.
fn error(name: &str, text: &[u8]) -> String {
    let path = file(name, text);
    let message = read_run(&path).expect_err("not a record").to_string();
    message.replace(&path.display().to_string(), name)
}

#[test]
fn an_error_names_the_file_the_cause_and_the_way_out() {
    let whole = serde_json::to_string_pretty(&rich()).unwrap();
    let missing = whole.replacen("\"tested\": 16,", "", 1);
    assert_ne!(whole, missing);
    let later = r#"{"format": 7, "interloper": "3.1.0", "anything": []}"#;
    let messages = [
        error("empty.json", b""),
        error("cut.json", &whole.as_bytes()[..400]),
        error("report.xml", b"<testsuites/>"),
        error("binary.json", b"\xff\xfe"),
        error("sarif.json", br#"{"version": "2.1.0", "runs": []}"#),
        error("package.json", br#"{"name": "x"}"#),
        error("array.json", b"[]"),
        error("later.json", later.as_bytes()),
        error("changed.json", missing.as_bytes()),
    ];
    insta::assert_snapshot!(messages.join("\n\n"));
    let absent = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("no-such-file.json");
    let message = read_run(&absent).unwrap_err().to_string();
    assert!(message.contains("no-such-file.json: cannot read the run record: "), "{message}");
    assert!(message.ends_with("save one with `interloper check --format json --output FILE`"));
}

#[test]
fn what_has_no_end_is_not_read_to_its_end() {
    let message = read_run("/dev/zero".as_ref()).expect_err("not a record").to_string();
    assert!(message.contains("/dev/zero") && message.contains("not JSON"), "{message}");
}
