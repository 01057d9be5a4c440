//! What a hello may say, and how what makes no sense is refused.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use interloper_driver::{At, Enforces, Hello, MadeBy, TypedOp, op};
use serde_json::{Value, json};

/// A hello with these fields beside the ones that every hello has.
fn read(more: &Value) -> Result<Hello, String> {
    let mut hello = json!({"name": "x", "version": "1", "keeps": [], "ops": [], "setups": []});
    for (name, value) in more.as_object().unwrap() {
        hello[name] = value.clone();
    }
    let reader = op::Hello { protocol: 2 }.reader();
    reader(hello).map_err(|error| error.to_string())
}

#[test]
fn a_whole_hello_is_read_and_written_again() {
    let said = json!({
        "name": "x", "version": "1", "runtime": "", "kind": "client", "medium": "server",
        "keeps": ["data"], "enforces": ["expiry", "owner", "integrity"], "ops": ["update"],
        "ids": "store", "id_form": {"alphabet": "0123456789abcdef", "length": 4, "example": "00ff"},
        "id_is_credential": false,
        "setups": [
            {"name": "default", "at": "home"},
            {"name": "file", "at": "file", "one_session": true},
            {"name": "wal", "at": "file", "params": {"journal_mode": "wal"}},
            {"name": "dir", "at": "dir", "made_by": "caller"},
            {"name": "shared", "at": "tmp"},
            {"name": "memory", "at": "none"},
        ],
        "doors": [{"name": "socket", "path": "redis.sock", "ask": ["redis-cli", "-s", "{door}"]}],
        "promises": [], "can": [],
    });
    let hello = read(&said).unwrap();
    assert_eq!(hello.enforces, [Enforces::Expiry, Enforces::Owner, Enforces::Integrity]);
    let wal = hello.setup("wal").unwrap();
    assert_eq!((wal.at, wal.one_session), (At::File, false));
    assert_eq!(hello.setup("dir").unwrap().made_by, MadeBy::Caller);
    assert_eq!(hello.setup("no such"), None);
    assert_eq!(serde_json::to_value(&hello).unwrap(), said);
}

#[test]
fn what_makes_no_sense_is_refused_and_named() {
    let door = |more: Value| {
        let mut door = json!({"name": "s", "path": "s", "ask": ["ls"]});
        for (name, value) in more.as_object().unwrap() {
            door[name] = value.clone();
        }
        door
    };
    let form = |length: u32, alphabet: &str, example: &str| json!({"id_form": {"alphabet": alphabet, "length": length, "example": example}});
    let cases = [
        (json!({"kind": "jar"}), "unknown variant `jar`"),
        (json!({"enforces": ["time"]}), "unknown variant `time`"),
        (json!({"setups": null}), "invalid type: null"),
        (json!({"setups": ["dir"]}), "invalid type: string \"dir\""),
        (json!({"setups": [{"name": "a", "at": "here"}]}), "unknown variant `here`"),
        (json!({"setups": [{"name": "a"}]}), "missing field `at`"),
        (json!({"setups": [{"name": "a/b", "at": "dir"}]}), "\"a/b\" is no name of a setup"),
        (json!({"setups": [{"name": "-", "at": "dir"}]}), "\"-\" is no name of a setup"),
        (
            json!({"setups": [{"name": "a", "at": "dir"}, {"name": "a", "at": "file"}]}),
            "setups: two are called a",
        ),
        (
            json!({"setups": [{"name": "a", "at": "file", "made_by": "caller"}]}),
            "setups: a is made by the caller and is at file",
        ),
        (json!({"doors": [door(json!({"name": ""}))]}), "doors: \"\" has no name"),
        (json!({"doors": [door(json!({"path": ""}))]}), "doors: \"s\" has no path"),
        (json!({"doors": [door(json!({"ask": []}))]}), "doors: \"s\" names no program"),
        (json!({"doors": [door(json!({})), door(json!({}))]}), "has the name of another"),
        (form(1, "aa", "a"), "id_form: alphabet"),
        (form(0, "ab", ""), "id_form: length is 0"),
        (form(2, "ab", "abc"), "id_form: the example \"abc\""),
        (form(2, "ab", "ac"), "id_form: the example \"ac\""),
    ];
    for (more, words) in cases {
        let why = read(&more).unwrap_err();
        assert!(why.starts_with("something that is no hello: "), "{more}: {why}");
        assert!(why.contains(words), "{more}: {why}");
    }
}

#[test]
fn a_hello_of_another_version_is_known() {
    let first = json!({"name": "x", "version": "1", "keeps": [], "ops": [], "places": ["dir"]});
    assert_eq!(Hello::other_version(&first), Some(1));
    assert_eq!(Hello::other_version(&json!({"protocol": 3, "setups": []})), Some(3));
    assert_eq!(Hello::other_version(&json!({"protocol": 2})), None);
    assert_eq!(Hello::other_version(&json!({"setups": []})), None);
    assert_eq!(Hello::other_version(&json!("garbage")), None);
}
