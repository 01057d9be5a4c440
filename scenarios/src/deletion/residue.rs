//! Nothing of a deleted session is left in any byte of the sandbox.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "deletion::residue",
    sentence: "After a delete, no byte of a secret that was ever saved under that id is left in files, names, attributes, free pages, journals or backups.",
    fix: "remove backups and journals with the session; in SQLite set PRAGMA secure_delete=ON",
    severity: Severity::Medium,
    cwe: &["CWE-226", "CWE-459", "CWE-212"],
    owasp: &["ASVS 5.0 14.2.7", "ASVS 5.0 7.4.1"],
    needs: &[Need::Op(Operation::Save), Need::Op(Operation::Delete)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save("alpha", 0, &case.session)?;
    lab.must_save("alpha", 1, &case.session)?;
    lab.delete("alpha")?
        .map_err(|failure| Abort::Ineffective(format!("delete was answered with {failure}")))?;
    // A store that clears up when it closes has had its chance.
    lab.finish_store()?;
    let found = lab.residue()?;
    let tree = lab.tree()?;
    let nodes: Vec<_> = found.iter().filter_map(|one| tree.nodes.get(&one.path)).cloned().collect();
    let reached: Vec<Principal> = lab
        .probe(&nodes)?
        .iter()
        .flat_map(|one| one.who_saw_secret())
        .map(|(who, _)| who)
        .collect();
    for residue in found {
        let fact = residue.evidence(lab);
        // What only its owner can read is a lesser evil than what others can.
        let severity = if reached.is_empty() { Severity::Low } else { Severity::High };
        let sentence = "a secret is still there after its session was deleted";
        let violation = Violation::new("residue", sentence).severity(severity);
        lab.report(violation.by(reached.clone()).evidence(fact));
    }
    Ok(())
}
