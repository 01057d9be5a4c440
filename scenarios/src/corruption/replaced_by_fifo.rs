//! A FIFO where the session file was: opening one waits for the other side, fifo(7).

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};

use super::in_place::load_and_save;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "corruption::replaced_by_fifo",
    sentence: "A FIFO in the place of a session file is answered in time, by loads and by saves; a save that answers ok is kept.",
    fix: "open with O_NONBLOCK and O_NOFOLLOW, and take anything but a regular file for damage (fstat)",
    severity: Severity::Low,
    cwe: &["CWE-400", "CWE-833"],
    owasp: &["ASVS 5.0 15.4.4"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    load_and_save(lab, &case.session, "FIFO", |lab, path| lab.make_fifo(path))
}
