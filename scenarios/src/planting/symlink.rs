//! Symbolic links to somebody's file, and to nothing.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

use super::attack::{AttackSpec, Planted, attack};
use super::payload::Payload;
use super::survey::{DELETE, SAVE, UPDATE};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "planting::symlink",
    sentence: "A symbolic link that another user puts where the store is about to make or open something is not followed: what it leads to stays as it is, and nothing is made there.",
    fix: "open with O_NOFOLLOW, and make with O_CREAT|O_EXCL, relative to the descriptor of a directory that was looked at; do not test a name first and open it then",
    severity: Severity::High,
    cwe: &["CWE-59", "CWE-61", "CWE-367", "CWE-377"],
    owasp: &[],
    needs: &[Need::Steps, Need::Processes, Need::Files, Need::Op(Operation::Save)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

const SUBJECT: AttackSpec = AttackSpec {
    word: "symlink",
    payloads: &[Payload::LinkToVictim, Payload::LinkToOwn, Payload::LinkToNothing],
    quick: &[SAVE, UPDATE, DELETE],
    judge,
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    attack(lab, &case.session, &SUBJECT)
}

pub(super) fn judge(lab: &mut Lab<'_>, planted: &Planted<'_>) -> CaseResult<Vec<Violation>> {
    let facts = planted.point.prepared.baits.disturbed(lab, &planted.before, planted.attacker)?;
    let sentence =
        "the store followed a symbolic link that {who} planted, and changed what it leads to,";
    Ok(facts.iter().map(|one| planted.violation("followed-symlink", sentence, &one.fact)).collect())
}
