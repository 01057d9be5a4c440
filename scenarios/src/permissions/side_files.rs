//! Backups, locks and temporary files are as private as the session.

use interloper_driver::Operation;
use interloper_engine::record::{Action, Severity};
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, NodeKind, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "permissions::side_files",
    sentence: "No file that saving, saving again or deleting leaves beside the session lets another user read a secret.",
    fix: "make backups and temporary files with mode 0600 from the start, and remove them when they are done with",
    severity: Severity::High,
    cwe: &["CWE-530", "CWE-732"],
    owasp: &["WSTG-CONF-04"],
    needs: &[Need::Files, Need::Op(Operation::Save)],
    sweep: Sweep::Common,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save("alpha", 0, &case.session)?;
    let main = lab.made()?;
    lab.must_save("alpha", 1, &case.session)?;
    look(lab, &main)?;
    if lab.hello().can_do(Operation::Delete) {
        lab.delete("alpha")?.ok();
        look(lab, &main)?;
    }
    Ok(())
}

fn look(lab: &mut Lab<'_>, main: &[interloper_engine::Node]) -> CaseResult<()> {
    let beside: Vec<_> = lab
        .made()?
        .into_iter()
        .filter(|node| node.kind == NodeKind::File)
        .filter(|node| !main.iter().any(|other| other.path == node.path))
        .collect();
    for one in lab.probe(&beside)? {
        for (who, sighting) in one.who_saw_secret() {
            let fact = lab.probe_evidence(who, Action::Read, &one.node.path, Some(&sighting));
            let sentence = "{who} read a secret from a file left beside the session";
            lab.report(Violation::new("side-file", sentence).by([who]).evidence(fact));
        }
    }
    Ok(())
}
