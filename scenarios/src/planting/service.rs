//! The same for a store that root runs.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

use super::attack::{AttackSpec, Planted, attack};
use super::payload::Payload;
use super::survey::{LOAD, SAVE};
use super::{file, symlink};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "planting::service",
    sentence: "A store that a service runs as root follows no symbolic link and uses no file that another user puts where it is about to make or open something.",
    fix: "keep a service's sessions in a directory that only it may write to, and open there as anywhere else: O_NOFOLLOW, O_CREAT|O_EXCL, the owner compared (fstat)",
    severity: Severity::High,
    cwe: &["CWE-59", "CWE-61", "CWE-250", "CWE-377"],
    owasp: &[],
    needs: &[
        Need::Steps,
        Need::Namespaces,
        Need::Files,
        Need::Op(Operation::Save),
        Need::Op(Operation::Load),
    ],
    sweep: Sweep::Plain,
    run_as: Principal::Service,
    property: &Check { input: unit, check },
};

const SUBJECT: AttackSpec = AttackSpec {
    word: "service",
    // Where else a link leads is tried for the owner.
    payloads: &[Payload::LinkToVictim, Payload::Older, Payload::OlderWide, Payload::Wide],
    quick: &[SAVE, LOAD],
    judge,
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    attack(lab, &case.session, &SUBJECT)
}

fn judge(lab: &mut Lab<'_>, planted: &Planted<'_>) -> CaseResult<Vec<Violation>> {
    let mut found = symlink::judge(lab, planted)?;
    found.extend(file::judge(lab, planted)?);
    Ok(found)
}
