//! No secret is in the message of an error about a damaged file.

use interloper_driver::{Failure, Operation, op};
use interloper_engine::record::{Evidence, Severity};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, Principal, Scenario, Sweep, Violation, unit,
};

use super::ids::died;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "exposure::messages",
    sentence: "No secret is in the message of an error about a damaged file, nor in what is printed of it: a reader that quotes what it does not understand puts sessions into logs.",
    fix: "say where the file is wrong, by its line or offset, and not what stands there",
    // Only a damaged file gets that far.
    severity: Severity::Low,
    cwe: &["CWE-209", "CWE-532"],
    owasp: &["ASVS 5.0 14.2.4", "ASVS 5.0 16.2.5"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Name of the part that an update sets.
const PART: &str = "part";

/// What is done to a file: its name in a sentence, and the bytes that become of a whole one.
type Damage = (&'static str, fn(&[u8]) -> Vec<u8>);

const DAMAGES: [Damage; 6] = [
    ("text put before it", |whole| [b"#!text\n", whole].concat()),
    ("text put behind it", |whole| [whole, b"\n}]text"].concat()),
    ("its last byte removed", |whole| whole[..whole.len().saturating_sub(1)].to_vec()),
    ("its last byte changed", |whole| flipped(whole, whole.len().saturating_sub(1))),
    ("its first byte changed", |whole| flipped(whole, 0)),
    // A line with one column, a document with one value: quoted whole by who expects more.
    ("its separators removed", |whole| {
        whole.iter().copied().filter(|byte| !b"\t,;:{}[]".contains(byte)).collect()
    }),
];

fn flipped(whole: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1;
    }
    bytes
}

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.expect_variations("errors of damaged files");
    lab.must_save("alpha", 0, &case.session)?;
    lab.finish_store()?;
    let files = lab.files_with_secrets(0)?;
    if files.is_empty() {
        return Err(Abort::Unsupported("no file shows the secrets of a session".into()));
    }
    let snapshot = lab.snapshot()?;
    for file in &files {
        let whole = lab.read(&file.path)?;
        let path = lab.display_path(&file.path);
        for (what, damage) in DAMAGES {
            lab.restore(&snapshot)?;
            let checkpoint = lab.checkpoint();
            lab.overwrite(&file.path, &damage(&whole))?;
            let what = format!("{path} with {what}");
            lab.record_damage(what.clone());
            if !ask_everything(lab, &what)? {
                lab.rollback(checkpoint);
            }
        }
    }
    Ok(())
}

/// Loads, updates and saves the session of a damaged file, and searches what is answered and printed; whether a secret was found.
fn ask_everything(lab: &mut Lab<'_>, what: &str) -> CaseResult<bool> {
    let told = lab.violation_count();
    let failure = match lab.load("alpha") {
        Ok(Loaded::Failed(failure)) => Some(failure),
        Ok(_) => None,
        Err(stop) => died(lab, stop)?,
    };
    searched(lab, "load(\"alpha\")", what, failure);
    if lab.hello().can_do(Operation::Update)
        && let Some(set) = lab.part(1, PART)
    {
        let failure =
            match lab.ask("alpha", op::Update { id: "alpha".into(), set }, "update".into()) {
                Ok(answer) => answer.err(),
                Err(stop) => died(lab, stop)?,
            };
        searched(lab, "update(\"alpha\")", what, failure);
    }
    let session = lab.session(2, &interloper_engine::Shape::plain());
    let failure = match lab.save_session("alpha", session, "save".into()) {
        Ok(answer) => answer.err(),
        Err(stop) => died(lab, stop)?,
    };
    searched(lab, "save(\"alpha\")", what, failure);
    let output = lab.leave()?;
    if !lab.slots_in(&String::from_utf8_lossy(&output)).is_empty() {
        let fact = format!("{} bytes of output after {what}, a secret among them", output.len());
        let sentence = "a secret of a damaged file was printed";
        lab.report(Violation::new("printed", sentence).evidence(fact));
    }
    Ok(lab.violation_count() > told)
}

fn searched(lab: &mut Lab<'_>, call: &str, after: &str, failure: Option<Failure>) {
    let Some(failure) = failure else { return lab.count_step("no error") };
    lab.count_step("error searched");
    if lab.slots_in(&failure.message).is_empty() {
        return;
    }
    let length = failure.message.len();
    let fact = Evidence::Answer {
        after: after.into(),
        call: call.into(),
        by: None,
        answer: format!("err {} and a secret, in {length} characters", failure.kind),
    };
    let sentence = "the message of an error has a secret of the damaged file in it";
    lab.report(Violation::new("secret-in-error", sentence).evidence(fact));
}
