//! A load leaves a damaged file as it found it.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Need, Node, NodeKind, Principal, Scenario, StoryGuards,
    Sweep, Violation, unit,
};

use super::judge::{DamageFixture, damaged};
use crate::support::try_load;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "corruption::load_keeps_evidence",
    sentence: "A load of a damaged session neither removes nor changes what is there: the damage can be looked into, and what a passing error hid is not lost.",
    fix: "answer corrupt and leave the file, or move it aside whole; remove it only when its user deletes the session",
    severity: Severity::Low,
    cwe: &["CWE-755", "CWE-778"],
    owasp: &["ASVS 5.0 16.5.3"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let fixture = DamageFixture::new(lab, &case.session)?;
    if !fixture.is_apart() {
        // A database repairs itself, and the sessions in it are many.
        return Err(Abort::Unsupported(
            "needs a store that keeps each session in a file of its own".into(),
        ));
    }
    for file in &fixture.files {
        let whole = lab.read(&file.path)?;
        let half = whole.get(..whole.len() / 2).unwrap_or_default().to_vec();
        let flipped: Vec<u8> = whole.iter().map(|byte| byte ^ 1).collect();
        let path = lab.display_path(&file.path);
        for (what, bytes) in [
            (format!("{path} cut to its first half"), half),
            (format!("one bit of each byte of {path} flipped"), flipped),
            (format!("text put before {path}"), [b"#!text\n", &whole[..]].concat()),
        ] {
            lab.restore(&fixture.snapshot)?;
            let harm = lab.keep_if(|lab| load(lab, file, &bytes, &what), Option::is_some)?;
            if let Some(harm) = harm {
                let sentence = "a load removed or changed a damaged session file";
                let fact = damaged(&what, harm);
                lab.report(Violation::new("destroyed", sentence).evidence(fact));
            }
        }
    }
    Ok(())
}

/// Loads a session whose file holds damaged bytes; gives what became of them, if they are in no file any more.
fn load(lab: &mut Lab<'_>, file: &Node, bytes: &[u8], damage: &str) -> CaseResult<Option<String>> {
    lab.overwrite(&file.path, bytes)?;
    lab.record_damage(damage);
    // What it is answered is the other scenarios' subject.
    let _ = try_load(lab, "alpha")?;
    lab.finish_store()?;
    lab.count_step("damage left");
    harm(lab, file, bytes)
}

/// Returns what became of the damaged bytes, if they are in no file any more.
fn harm(lab: &Lab<'_>, file: &Node, bytes: &[u8]) -> CaseResult<Option<String>> {
    let tree = lab.tree()?;
    let files = tree.nodes.values().filter(|node| node.kind == NodeKind::File);
    for node in files.filter(|node| node.size == bytes.len() as u64) {
        // Under another name, too: moved aside is not lost.
        if lab.read(&node.path)? == bytes {
            return Ok(None);
        }
    }
    let path = lab.display_path(&file.path);
    Ok(Some(match tree.nodes.contains_key(&file.path) {
        true => format!("after a load, {path} holds other bytes"),
        false => format!("after a load, {path} is gone"),
    }))
}
