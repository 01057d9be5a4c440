//! Reading a record: what was written, and what is refused.

use std::fs;
use std::path::PathBuf;

use interloper_record::json::read_run;
use interloper_record::{Interrupted, RECORD_FORMAT, Run, Trouble, TroubleKind};
use serde_json::{Value, json};

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
    let messages = [
        error("empty.json", b""),
        error("cut.json", &whole.as_bytes()[..400]),
        error("report.xml", b"<testsuites/>"),
        error("binary.json", b"\xff\xfe"),
        error("sarif.json", br#"{"version": "2.1.0", "runs": []}"#),
        error("package.json", br#"{"name": "x"}"#),
        error("array.json", b"[]"),
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

/// A record with this in place of its format; without one if there is none.
fn of_format(format: Option<Value>) -> String {
    let mut record = serde_json::to_value(rich()).expect("a record is JSON");
    let fields = record.as_object_mut().expect("it is an object");
    fields.remove("format");
    fields.extend(format.map(|format| ("format".to_owned(), format)));
    record.to_string()
}

#[test]
fn a_record_of_no_known_version_is_refused_and_never_misread() {
    let newer = u64::from(RECORD_FORMAT) + 1;
    let strange = r#"{"format": 7, "interloper": "3.1.0", "results": "of another type"}"#;
    let messages = [
        error("newer.json", of_format(Some(json!(newer))).as_bytes()),
        error("another-layout.json", strange.as_bytes()),
        error("older.json", of_format(Some(json!(0))).as_bytes()),
        error("missing.json", of_format(None).as_bytes()),
        error("null.json", of_format(Some(json!(null))).as_bytes()),
        error("negative.json", of_format(Some(json!(-1))).as_bytes()),
        error("string.json", of_format(Some(json!(RECORD_FORMAT.to_string()))).as_bytes()),
        error("fraction.json", of_format(Some(json!(1.5))).as_bytes()),
        error("trace.json", br#"{"format": 1, "interloper": "0.1.0", "traces": []}"#),
    ];
    insta::assert_snapshot!(messages.join("\n\n"));
    assert_eq!(
        serde_json::from_str::<Run>(&of_format(Some(json!(RECORD_FORMAT)))).unwrap(),
        rich()
    );
}

/// The path of every object of the record, but for maps whose keys are data.
fn objects(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            // An answer that is its status alone: serde takes anything beside that.
            let alone = at.ends_with("/answer") && fields.len() == 1;
            if !at.ends_with("/settings") && !at.ends_with("/reached") && !alone {
                found.push(at.to_owned());
            }
            fields.iter().for_each(|(key, value)| objects(value, &format!("{at}/{key}"), found));
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(n, value)| objects(value, &format!("{at}/{n}"), found));
        }
        _ => {}
    }
}

#[test]
fn a_field_that_the_format_does_not_have_is_refused_wherever_it_stands() {
    let mut run = rich();
    run.troubles = vec![Trouble {
        kind: TroubleKind::Host,
        store: None,
        what: "it has no /proc".into(),
        details: vec![],
    }];
    run.interrupted = Some(Interrupted { by: "SIGINT".into(), done: 1, of: 2 });
    let whole = serde_json::to_value(&run).unwrap();
    let mut paths = Vec::new();
    objects(&whole, "", &mut paths);
    assert!(paths.len() > 40, "{paths:?}");
    for path in paths {
        let mut changed = whole.clone();
        let object = changed.pointer_mut(&path).and_then(Value::as_object_mut).unwrap();
        object.insert("surprise".into(), json!(1));
        let message = error("unknown.json", changed.to_string().as_bytes());
        assert!(message.contains("unknown field `surprise`"), "{path}: {message}");
    }
}
