//! Directories of somebody else's.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, NodeKind, Principal, Scenario, Sweep,
    Violation, Workload, unit,
};

use super::attack::{AttackSpec, Planted, attack};
use super::payload::Payload;
use super::survey::{LOAD, SAVE};
use crate::support::try_load;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "planting::directory",
    sentence: "A directory that another user puts where the store is about to make or open something is not used; the store keeps what it answers ok to, or says so, and saves again once it is removed.",
    fix: "look at the owner of a directory through its descriptor (fstat) before anything is put into it; remove nothing that is not one's own",
    severity: Severity::Medium,
    cwe: &["CWE-283", "CWE-379", "CWE-755"],
    owasp: &[],
    needs: &[Need::Steps, Need::Processes, Need::Files, Need::Op(Operation::Save)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

const SUBJECT: AttackSpec =
    AttackSpec { word: "directory", payloads: &[Payload::Directory], quick: &[SAVE, LOAD], judge };

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    attack(lab, &case.session, &SUBJECT)
}

fn judge(lab: &mut Lab<'_>, planted: &Planted<'_>) -> CaseResult<Vec<Violation>> {
    let target = &planted.point.target;
    let (owner, other) = (lab.uid_of(lab.runs()), lab.uid_of(planted.attacker));
    let tree = lab.tree()?;
    let there =
        tree.nodes.get(target).is_some_and(|node| node.kind == NodeKind::Dir && node.uid == other);
    if !there {
        // It was moved away, or the store's own came to be there.
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    if let Some(fact) = lied(lab, planted)? {
        let sentence =
            "a save answered ok and kept nothing because of a directory that {who} planted";
        found.push(planted.violation("lied", sentence, &fact));
    }
    let put = tree
        .nodes
        .values()
        .find(|node| node.path != *target && node.path.starts_with(target) && node.uid == owner);
    if let Some(node) = put {
        let sentence = "the store used a directory that {who} planted";
        let path = lab.display_path(&node.path);
        let fact = format!(
            "it put {path} ({}) into {planted_by}'s directory",
            node.mode_string(),
            planted_by = planted.attacker
        );
        found.push(planted.violation("used-foreign-directory", sentence, &fact));
    }
    lab.restart()?;
    lab.remove(target)?;
    lab.record(format!("rm -r {}", lab.display_path(target)), "");
    let later = match lab.save(Workload::ID, Workload::NEW, planted.shape) {
        Ok(Ok(())) if !lab.hello().can_do(Operation::Load) => None,
        Ok(Ok(())) => match lab.load(Workload::ID) {
            Ok(Loaded::Present(_)) => None,
            Ok(other) => Some(format!("what is saved then loads as {}", other.word())),
            Err(Abort::Driver(seen)) => Some(format!("a load then: {}", seen.clause())),
            Err(stop) => return Err(stop),
        },
        Ok(Err(failure)) => Some(format!("a save then is answered with {failure}")),
        Err(Abort::Driver(seen)) => Some(format!("a save then: {}", seen.clause())),
        Err(stop) => return Err(stop),
    };
    if let Some(fact) = later {
        let sentence = "the store does not get over a directory that {who} planted, and that was removed again,";
        found.push(planted.violation("stuck-after-directory", sentence, &fact));
    }
    Ok(found)
}

/// Returns how a save that was answered ok loads, if that is not what was saved.
fn lied(lab: &mut Lab<'_>, planted: &Planted<'_>) -> CaseResult<Option<String>> {
    let saves = matches!(planted.point.target_op.workload, Workload::Save | Workload::Update);
    // What the attacker moved away was the store's, and nobody can keep a session in a directory that another takes away.
    let moved = planted.before.nodes.contains_key(&planted.point.target);
    if !saves || moved || planted.answer.is_err() || !lab.hello().can_do(Operation::Load) {
        return Ok(None);
    }
    lab.restart()?;
    Ok(match try_load(lab, Workload::ID)? {
        Ok(Loaded::Present(session)) if lab.slots_of(&session).contains(&Workload::NEW) => None,
        Ok(loaded) => Some(format!("load is answered with {}", loaded.word())),
        Err(seen) => Some(format!("load: {}", seen.clause())),
    })
}
