//! Files of somebody else's: empty, wide open, or with an older session in them.

use interloper_driver::{LoadAnswer, OkAnswer, Operation};
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, NodeKind, Principal, Scenario, Sweep, Violation, unit,
};

use super::attack::{AttackSpec, Planted, attack};
use super::payload::Payload;
use super::survey::{LOAD, LOAD_MISSING, OLDER, SAVE, UPDATE};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "planting::file",
    sentence: "A file that another user puts where the store is about to make or open one is neither written to nor believed: no secret gets into it, and no load is answered from it.",
    fix: "make files with O_CREAT|O_EXCL under a name that cannot be guessed, and rename them; believe only files that are one's own and that nobody else may write to (fstat)",
    severity: Severity::Medium,
    cwe: &["CWE-377", "CWE-379", "CWE-283", "CWE-345"],
    owasp: &[],
    needs: &[
        Need::Steps,
        Need::Processes,
        Need::Files,
        Need::Op(Operation::Save),
        Need::Op(Operation::Load),
    ],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

const SUBJECT: AttackSpec = AttackSpec {
    word: "file",
    payloads: &[Payload::Older, Payload::OlderWide, Payload::Wide, Payload::Empty],
    quick: &[SAVE, UPDATE, LOAD, LOAD_MISSING],
    judge,
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    attack(lab, &case.session, &SUBJECT)
}

pub(super) fn judge(lab: &mut Lab<'_>, planted: &Planted<'_>) -> CaseResult<Vec<Violation>> {
    let mut found = Vec::new();
    if let Some(fact) = leaked(lab, planted)? {
        let sentence = "the store wrote a secret into a file that {who} planted";
        found.push(planted.violation("wrote-into-foreign-file", sentence, &fact));
    }
    if let Ok(OkAnswer::Load(LoadAnswer::Session(session))) = &planted.answer
        && lab.slots_of(session).contains(&OLDER)
    {
        let sentence = "load was answered with a session that {who} planted";
        let uid = lab.uid_of(planted.attacker);
        let fact = format!(
            "load is answered with what is in it; it is uid {uid}'s, the store runs as uid {}",
            lab.uid_of(lab.runs())
        );
        found.push(planted.violation("trusted-foreign-file", sentence, &fact));
    }
    Ok(found)
}

/// Returns a secret in a file of the attacker's: read through the descriptor that it kept, or found in what belongs to it.
fn leaked(lab: &mut Lab<'_>, planted: &Planted<'_>) -> CaseResult<Option<String>> {
    for used in lab.use_kept(planted.attacker)? {
        if let Some(seen) = used.seen.iter().find(|seen| seen.slot() != OLDER) {
            let who = planted.attacker;
            return Ok(Some(format!(
                "{who} reads {} in it, through the descriptor it kept",
                seen.clause()
            )));
        }
    }
    let uid = lab.uid_of(planted.attacker);
    for node in lab.tree()?.nodes.values() {
        if node.uid != uid || node.kind != NodeKind::File {
            continue;
        }
        if let Some(left) = lab.secrets_in(node)?.iter().find(|left| left.slot() != OLDER) {
            let (path, mode) = (lab.display_path(&node.path), node.mode_string());
            return Ok(Some(format!("{} in {path} ({mode}, uid {uid}'s)", left.sighting.clause())));
        }
    }
    Ok(None)
}
