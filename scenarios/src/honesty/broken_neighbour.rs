//! A session that is broken costs nobody but whoever it is of.

use interloper_driver::Operation;
use interloper_engine::record::{Evidence, Severity};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, NodeKind, Principal, Scenario, Sweep,
    Violation, unit,
};

use crate::support::{answered, try_load};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "honesty::broken_neighbour",
    sentence: "With one session damaged or unreadable, every other can still be saved, loaded and deleted, and new ones made.",
    fix: "read no session but the one that is asked for; where all must be read, skip what cannot be",
    severity: Severity::Medium,
    cwe: &["CWE-703", "CWE-754"],
    owasp: &[],
    needs: &[Need::Files, Need::ManyIds, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save("alpha", 0, &case.session)?;
    lab.finish_store()?;
    let before = lab.tree()?;
    lab.must_save("beta", 1, &case.session)?;
    lab.finish_store()?;
    // Where sessions share a file, what damages one damages all: no store can help that.
    let apart: Vec<_> = lab
        .tree()?
        .new_since(&before)
        .filter(|node| node.kind == NodeKind::File)
        .cloned()
        .collect();
    if apart.is_empty() {
        return Err(Abort::Unsupported(
            "needs a store that keeps each session in a file of its own".into(),
        ));
    }
    let start = lab.snapshot()?;
    for what in ["damaged", "unreadable"] {
        lab.restore(&start)?;
        for node in &apart {
            match what {
                "damaged" => lab.overwrite(&node.path, b"\x00\xff{{{[[[ no session \n")?,
                _ => lab.set_mode(&node.path, 0)?,
            }
        }
        lab.record_damage(format!("the file of \"beta\" is {what}"));
        others(lab, case, what)?;
    }
    Ok(())
}

fn others(lab: &mut Lab<'_>, case: &Case<()>, what: &str) -> CaseResult<()> {
    let told = |lab: &mut Lab<'_>, did: &str, failed: Option<String>| {
        lab.count_step(did);
        let Some(answer) = failed else { return };
        let fact = Evidence::answer(did, answer).after(format!("beside a session that is {what}"));
        let sentence = "a session that is broken keeps others from being used";
        lab.report(Violation::new(format!("blocked-{did}"), sentence).evidence(fact));
    };
    let saved = answered(lab, |lab| lab.save("alpha", 2, &case.session))?;
    told(lab, "save", saved);
    let new = answered(lab, |lab| lab.save("gamma", 3, &case.session))?;
    told(lab, "first-save", new);
    let loaded = match try_load(lab, "alpha")? {
        Ok(Loaded::Present(_)) => None,
        Ok(other) => Some(other.word()),
        Err(seen) => Some(seen.clause().to_owned()),
    };
    told(lab, "load", loaded);
    if lab.hello().can_do(Operation::Purge) {
        let purged = answered(lab, |lab| lab.purge())?;
        told(lab, "purge", purged);
    }
    if lab.hello().can_do(Operation::Delete) {
        let deleted = answered(lab, |lab| lab.delete("alpha"))?;
        told(lab, "delete", deleted);
    }
    Ok(())
}
