//! A JSON document that is still one, and is not what was saved.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, Check, Flow, Lab, Need, Principal, Profile, Scenario, Stop, Sweep, nothing,
};
use serde_json::{Map, Value, json};

use super::document::document;
use super::judge::{Also, Scene};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "corruption::structure",
    sentence: "A session document with parts dropped, doubled, nested, enlarged or exchanged, or with characters that JSON forbids, is answered with corrupt or absent, in time and without a crash.",
    fix: "check the document against what the store writes: its keys, types, depth and size",
    severity: Severity::Medium,
    cwe: &["CWE-20", "CWE-674", "CWE-1286"],
    owasp: &["ASVS 5.0 16.5.3"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { extra: nothing, check },
};

/// Deeper than any stack: a parser that recurses without a limit ends here.
const DEEP: usize = 1_000_000;
/// How long a value becomes, in characters.
const LONG: usize = 1 << 20;

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> Flow<()> {
    let most = match lab.plan().profile {
        Profile::Quick => 64,
        Profile::Full | Profile::Nightly => usize::MAX,
    };
    let scene = Scene::new(lab, &case.session)?;
    let mut found = false;
    for file in &scene.files {
        let whole = lab.read(&file.path)?;
        let Some((before, value, after)) = document(&whole) else { continue };
        found = true;
        let all = mutations(&value);
        let known = all.len();
        let chosen = lab.plan().some_of(all, most);
        if chosen.len() < known {
            lab.remark(format!("{} of {known} changes of the document", chosen.len()));
        }
        for (text, what) in chosen {
            scene.try_damage(lab, Also::Nothing, |lab| {
                lab.overwrite(&file.path, &[before, &text, after].concat())?;
                Ok(Some(format!("{}: {what}", lab.short(&file.path))))
            })?;
        }
    }
    if found { Ok(()) } else { Err(Stop::Unsupported("needs a store that keeps JSON".into())) }
}

/// Documents that are not what was saved, and what is other.
fn mutations(document: &Value) -> Vec<(Vec<u8>, String)> {
    let mut all = Vec::new();
    let text = document.to_string();
    let mut raw = |bytes: Vec<u8>, what: &str| all.push((bytes, what.to_owned()));
    let deep =
        |open: &str, close: &str| [open.repeat(DEEP), close.repeat(DEEP)].concat().into_bytes();
    raw(deep("[", "]"), "lists in lists, very deep");
    raw(deep("{\"a\":", "}"), "objects in objects, very deep, and no value");
    raw("[".repeat(DEEP).into_bytes(), "lists that never end");
    raw([b"\xef\xbb\xbf", text.as_bytes()].concat(), "a byte order mark before it");
    raw([text.as_bytes(), text.as_bytes()].concat(), "the document twice");
    raw(text.replace(':', ":\0").into_bytes(), "NUL after every colon");
    for pointer in pointers(document, "") {
        let with = |other: Value| {
            let mut changed = document.clone();
            if let Some(place) = changed.pointer_mut(&pointer) {
                *place = other;
            }
            changed.to_string()
        };
        let value = document.pointer(&pointer).cloned().unwrap_or_default();
        let mut put = |text: String, what: &str| {
            all.push((text.into_bytes(), format!("{pointer} {what}")));
        };
        put(with(json!([value])), "in a list");
        put(with(json!({ "a": value })), "in an object");
        put(with(json!("x".repeat(LONG))), "is very long");
        // What no serialiser prints is put where a word stood that is in no document.
        const HERE: &str = "interloper-here";
        let mark = with(json!(HERE));
        let quoted = format!("{HERE:?}");
        put(mark.replace(&quoted, "\"\\ud800\""), "is half a surrogate pair");
        put(
            mark.replace(&quoted, &format!("1{}", "0".repeat(4_000))),
            "is a number of 4001 digits",
        );
        put(mark.replace(&quoted, "1e999999"), "is larger than any number");
        put(mark.replace(&quoted, "NaN"), "is NaN");
        let bytes = mark.replace(HERE, "\u{1}").into_bytes();
        let invalid = bytes.into_iter().map(|byte| if byte == 1 { 0xff } else { byte }).collect();
        all.push((invalid, format!("{pointer} is not UTF-8")));
    }
    for (pointer, map) in objects(document, "") {
        for key in map.keys() {
            let mut less = map.clone();
            less.remove(key);
            let mut changed = document.clone();
            if let Some(place) = changed.pointer_mut(&pointer) {
                *place = Value::Object(less);
            }
            all.push((changed.to_string().into_bytes(), format!("{pointer} without {key}")));
        }
    }
    all
}

/// Where each value is, as RFC 6901 writes it.
fn pointers(value: &Value, at: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut below = |name: &str, value: &Value| {
        let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        all.push(at.clone());
        all.extend(pointers(value, &at));
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| below(key, value)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, value)| below(&n.to_string(), value));
        }
        _ => {}
    }
    all
}

/// The objects, and where each is.
fn objects(value: &Value, at: &str) -> Vec<(String, Map<String, Value>)> {
    let all = std::iter::once(at.to_owned()).chain(pointers(value, at));
    all.filter_map(|at| Some((at.clone(), value.pointer(&at)?.as_object()?.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_changed_and_every_key_dropped() {
        let all = mutations(&json!({"a": 1, "b": [{"c": "d"}]}));
        let told = |what: &str| all.iter().filter(|(_, told)| told.contains(what)).count();
        assert_eq!((told("in a list"), told("without"), told("not UTF-8")), (4, 3, 4));
        assert!(all.iter().all(|(text, _)| text != br#"{"a":1,"b":[{"c":"d"}]}"#));
    }
}
