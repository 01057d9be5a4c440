//! A socket where the session file was: opening one fails with ENXIO, and never stops doing so, unix(7).

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};

use super::in_place::load_and_save;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "corruption::replaced_by_socket",
    sentence: "A socket in the place of a session file is answered in time, by loads and by saves; a save that answers ok is kept.",
    fix: "take what cannot be opened for damage, and try again only what can come right by itself (EINTR)",
    severity: Severity::Low,
    cwe: &["CWE-754", "CWE-835"],
    owasp: &["ASVS 5.0 16.5.3"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    load_and_save(lab, &case.session, "socket", |lab, path| lab.make_socket(path))
}
