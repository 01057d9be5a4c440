//! FIFOs: opening one waits for the other side, fifo(7).

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

use super::attack::{AttackSpec, Planted, attack};
use super::payload::Payload;
use super::survey::{LOAD, LOAD_MISSING, SAVE};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "planting::fifo",
    sentence: "A FIFO that another user puts where the store is about to make or open a file is neither waited at nor written to.",
    fix: "make files with O_CREAT|O_EXCL, open others with O_NONBLOCK and O_NOFOLLOW, and take anything but a regular file of one's own for damage (fstat)",
    severity: Severity::Medium,
    cwe: &["CWE-400", "CWE-377", "CWE-833"],
    owasp: &["ASVS 5.0 15.4.4"],
    needs: &[Need::Steps, Need::Processes, Need::Files, Need::Op(Operation::Save)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

const SUBJECT: AttackSpec = AttackSpec {
    word: "FIFO",
    payloads: &[Payload::FifoRead, Payload::Fifo],
    quick: &[SAVE, LOAD, LOAD_MISSING],
    judge,
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    attack(lab, &case.session, &SUBJECT)
}

fn judge(lab: &mut Lab<'_>, planted: &Planted<'_>) -> CaseResult<Vec<Violation>> {
    let used = lab.use_kept(planted.attacker)?;
    let seen =
        used.iter().filter(|used| used.opened_for == "fifo").find_map(|used| used.seen.first());
    let Some(seen) = seen else { return Ok(Vec::new()) };
    let fact = format!("{} reads {} from it", planted.attacker, seen.clause());
    let sentence = "the store wrote a secret into a FIFO that {who} planted";
    Ok(vec![planted.violation("wrote-into-fifo", sentence, &fact)])
}
