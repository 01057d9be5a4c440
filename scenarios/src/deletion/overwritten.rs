//! Nothing of what a session held before is left once it was saved again.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "deletion::overwritten",
    sentence: "Once a session was saved again, no byte of the secrets that it held before is left: a token that was replaced is as good as deleted.",
    fix: "keep no old versions, and let the store overwrite what it frees (in SQLite, PRAGMA secure_delete=ON)",
    severity: Severity::Low,
    cwe: &["CWE-226", "CWE-459"],
    owasp: &["ASVS 5.0 14.2.7"],
    needs: &[Need::Files, Need::Op(Operation::Save)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save("alpha", 0, &case.session)?;
    lab.restart()?;
    lab.must_save("alpha", 1, &case.session)?;
    // A store that clears up when it closes has had its chance.
    lab.finish_store()?;
    for left in lab.residue()?.into_iter().filter(|left| left.slot() == 0) {
        let fact = left.evidence(lab);
        let sentence = "a secret is still there after its session was saved with another";
        lab.report(Violation::new("residue", sentence).evidence(fact));
    }
    Ok(())
}
