//! A group's shared directory gives the group no more than a plain one.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, NodeAccess, Principal, Scenario, StoryGuards, Sweep,
    Violation, unit,
};

use super::reached::{readers, writers};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "permissions::setgid_parent",
    sentence: "Below a group's shared directory (setgid, mode 2775) no other user gets more than below a plain one.",
    fix: "ask for mode 0600 and 0700; do not take group bits from the parent directory",
    severity: Severity::Medium,
    cwe: &["CWE-281", "CWE-732"],
    owasp: &["WSTG-CONF-09"],
    needs: &[Need::Files, Need::Op(Operation::Save)],
    sweep: Sweep::Common,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    compare_with_plain_parent(lab, case, "a group's shared directory", |lab| {
        lab.share_parent_with_group()
    })
}

/// Saves below a plain parent, then below a special one, and reports who got something only in the second.
pub(super) fn compare_with_plain_parent(
    lab: &mut Lab<'_>,
    case: &Case<()>,
    parent: &str,
    change: impl FnOnce(&mut Lab<'_>) -> CaseResult<()>,
) -> CaseResult<()> {
    let before = lab.snapshot()?;
    let plain = lab.aside(|lab| {
        lab.must_save("alpha", 0, &case.session)?;
        let nodes = lab.made()?;
        lab.probe_quietly(&nodes)
    })?;
    lab.restore(&before)?;
    change(lab)?;
    lab.must_save("alpha", 0, &case.session)?;
    let nodes = lab.made()?;
    let special = lab.probe(&nodes)?;
    type Who = fn(&[NodeAccess]) -> Vec<Principal>;
    let looks: [(&str, &str, Who); 2] = [
        ("read-secret", "read the session", readers),
        ("write", "can change the session", writers),
    ];
    for (cause, verb, who) in looks {
        let usual = who(&plain);
        for principal in who(&special).into_iter().filter(|who| !usual.contains(who)) {
            let sentence = format!("{{who}} {verb} below {parent}, and not below a plain one");
            let fact =
                format!("{principal} is refused below a plain parent and let in below {parent}");
            lab.report(Violation::new(cause, sentence).by([principal]).evidence(fact));
        }
    }
    Ok(())
}
