//! Hard links to somebody's file.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

use super::attack::{AttackSpec, Planted, attack};
use super::payload::Payload;
use super::survey::{SAVE, UPDATE};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "planting::hard_link",
    sentence: "A hard link that another user puts where the store is about to make or open a file is not written through: a file of the owner's stays as it is, and no secret comes to be in a file of the other's.",
    fix: "make files with O_CREAT|O_EXCL under a name that cannot be guessed, and rename them; refuse files of others, and files with more than one name (fstat)",
    severity: Severity::Medium,
    cwe: &["CWE-62", "CWE-377"],
    owasp: &[],
    needs: &[Need::Steps, Need::Processes, Need::Files, Need::Op(Operation::Save)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

const SUBJECT: AttackSpec = AttackSpec {
    word: "hard link",
    payloads: &[Payload::NameOfVictim, Payload::NameOfOwn],
    quick: &[SAVE, UPDATE],
    judge,
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    attack(lab, &case.session, &SUBJECT)
}

fn judge(lab: &mut Lab<'_>, planted: &Planted<'_>) -> CaseResult<Vec<Violation>> {
    let baits = &planted.point.prepared.baits;
    let facts = baits.disturbed(lab, &planted.before, planted.attacker)?;
    let sentence = "the store wrote through a hard link that {who} planted";
    // A file of the attacker's that gets something else than a secret harms nobody.
    let harms = facts.iter().filter(|one| one.path == baits.near_victim || one.secret);
    Ok(harms.map(|one| planted.violation("wrote-through-hard-link", sentence, &one.fact)).collect())
}
