//! The record as a file.

use std::fs;
use std::path::PathBuf;

use interloper_record::Policy;

use crate::fixture::rich;
use crate::render::render;
use crate::report::{Format, read_run};

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
fn the_record_is_written_as_it_is() {
    // Without the 512 numbers of a matrix, which are the same page after page.
    let mut run = rich();
    for found in run.results.iter_mut().flat_map(|result| &mut result.findings) {
        found.matrix.tested.truncate(3);
        found.matrix.failed.truncate(3);
        found.matrix.reached.values_mut().for_each(|umasks| umasks.truncate(3));
    }
    insta::assert_snapshot!(render(&run, Format::Json, &Policy::default()));
}

#[test]
fn what_was_written_reads_back() {
    let run = rich();
    let path = file("run.json", render(&run, Format::Json, &Policy::default()).as_bytes());
    assert_eq!(read_run(&path).unwrap(), run);
}

#[test]
fn an_error_names_the_file_the_cause_and_the_way_out() {
    let whole = render(&rich(), Format::Json, &Policy::default());
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
