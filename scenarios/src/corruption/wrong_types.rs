//! The right syntax with the wrong types.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::strategy::{Room, Sample};
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};
use serde_json::{Map, Value, json};

use super::document::object;
use super::judge::{Also, DamageFixture};

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
    property: &Check { input: unit, check },
};

/// Number of variants of each file that are tried.
const ROOM: Room = Room { quick: 96, full: 2_048 };

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let fixture = DamageFixture::new(lab, &case.session)?;
    for file in &fixture.files {
        let whole = lab.read(&file.path)?;
        let variants = Variants::of(&whole);
        let known = variants.count();
        let sample = Sample::of(lab.plan(), known, ROOM, |n| n < OTHERS);
        if sample.chosen().len() < known {
            let (chosen, path) = (sample.chosen().len(), lab.display_path(&file.path));
            lab.add_note(format!("{chosen} of {known} values of {path} of another type"));
        }
        for n in sample.chosen() {
            fixture.try_damage(lab, Also::Nothing, |lab| {
                let Some((damaged, what)) = variants.make(*n) else { return Ok(None) };
                lab.overwrite(&file.path, &damaged)?;
                Ok(Some(format!("{}: {what}", lab.display_path(&file.path))))
            })?;
        }
    }
    Ok(())
}

/// Number of values of other types.
const OTHERS: usize = 6;

/// Returns a value of each type.
fn others() -> [Value; OTHERS] {
    [json!(null), json!([]), json!("text"), json!(7), json!(true), json!({})]
}

/// The file with the JSON document in it replaced by others, then with each value of it; where it holds none, those documents alone.
struct Variants<'b> {
    before: &'b [u8],
    values: Map<String, Value>,
    after: &'b [u8],
}

impl<'b> Variants<'b> {
    fn of(whole: &'b [u8]) -> Variants<'b> {
        match object(whole) {
            Some((before, values, after)) => Variants { before, values, after },
            None => Variants { before: &[], values: Map::new(), after: &[] },
        }
    }

    fn count(&self) -> usize {
        OTHERS * (1 + self.values.len())
    }

    /// Returns the n-th, with its words; `None` if it is as it was.
    fn make(&self, n: usize) -> Option<(Vec<u8>, String)> {
        let other = others().into_iter().nth(n % OTHERS)?;
        let Some(key) = (n / OTHERS).checked_sub(1) else {
            return Some((self.put(&other), format!("the document is {other}")));
        };
        let (key, value) = self.values.iter().nth(key)?;
        if *value == other {
            return None;
        }
        let mut changed = self.values.clone();
        let what = format!("{key} is {other}");
        changed.insert(key.clone(), other);
        Some((self.put(&Value::Object(changed)), what))
    }

    fn put(&self, value: &Value) -> Vec<u8> {
        [self.before, value.to_string().as_bytes(), self.after].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_gets_every_type() {
        let variants = Variants::of(b"{\"a\":1,\"b\":[]}");
        let made = (0..variants.count()).filter_map(|n| variants.make(n));
        assert_eq!(made.count(), 6 + 6 + 5);
    }

    #[test]
    fn a_variant_is_made_when_it_is_tried() {
        let keys: Vec<String> = (0..1_000).map(|n| format!("\"key{n}\":{n}")).collect();
        let whole = format!("{{{}}}", keys.join(","));
        let (count, allocated) = crate::allocated::allocated(|| {
            let variants = Variants::of(whole.as_bytes());
            assert!(variants.make(4_000).is_some());
            variants.count()
        });
        assert_eq!(count, 6 * 1_001);
        assert!(allocated.peak < 40 * whole.len(), "{} bytes: {allocated:?}", whole.len());
    }
}
