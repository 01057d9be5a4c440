//! The right syntax with the wrong types.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{Case, Check, Flow, Lab, Need, Principal, Scenario, Sweep, nothing};
use serde_json::{Value, json};

use super::document::object;
use super::judge::{Also, Scene};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "corruption::wrong_types",
    sentence: "A session file that parses but holds values of other types is answered with corrupt or absent.",
    fix: "check the type of every value that is read, and take any other for damage",
    severity: Severity::Medium,
    cwe: &["CWE-843", "CWE-20"],
    owasp: &["ASVS 5.0 16.5.3", "ASVS 5.0 1.5.2"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { extra: nothing, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> Flow<()> {
    let scene = Scene::new(lab, &case.session)?;
    for file in &scene.files {
        let whole = lab.read(&file.path)?;
        for (damaged, what) in variants(&whole) {
            scene.try_damage(lab, Also::Nothing, |lab| {
                lab.overwrite(&file.path, &damaged)?;
                Ok(Some(format!("{}: {what}", lab.short(&file.path))))
            })?;
        }
    }
    Ok(())
}

/// The file with the JSON document in it replaced by others; where it holds none, those documents alone.
fn variants(whole: &[u8]) -> Vec<(Vec<u8>, String)> {
    let others = || [json!(null), json!([]), json!("text"), json!(7), json!(true), json!({})];
    let (before, document, after) = match object(whole) {
        Some(found) => found,
        None => (&b""[..], json!(null), &b""[..]),
    };
    let put = |value: &Value| [before, value.to_string().as_bytes(), after].concat();
    let mut variants: Vec<_> =
        others().iter().map(|other| (put(other), format!("the document is {other}"))).collect();
    if let Value::Object(map) = &document {
        for key in map.keys() {
            for other in others() {
                if map[key] == other {
                    continue;
                }
                let mut changed = map.clone();
                changed.insert(key.clone(), other.clone());
                variants.push((put(&Value::Object(changed)), format!("{key} is {other}")));
            }
        }
    }
    variants
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_gets_every_type() {
        let variants = variants(b"{\"a\":1,\"b\":[]}");
        assert_eq!(variants.len(), 6 + 6 + 5);
    }
}
