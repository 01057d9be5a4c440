//! Nobody but the owner gets at a session, whatever the umask.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};

use super::reached::{readers, report_reached};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "permissions::nobody_reaches",
    sentence: "After a save, no other user can read or change a session, under any umask that lets the save succeed.",
    fix: "create the file with mode 0600 in the open call itself (O_CREAT|O_EXCL, 0600), in a directory made with mode 0700",
    severity: Severity::High,
    cwe: &["CWE-276", "CWE-732"],
    owasp: &["ASVS 5.0 14.2.4", "WSTG-CONF-09"],
    needs: &[Need::Files, Need::Op(Operation::Save)],
    sweep: Sweep::Every,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save("alpha", 0, &case.session)?;
    let nodes = lab.made()?;
    let probed = lab.probe(&nodes)?;
    report_reached(lab, &probed, "after it was saved");
    if readers(&probed).is_empty() {
        return Ok(());
    }
    // What alone protects a file is worth knowing: most homes are 0755 on some systems and 0700 on others.
    for mode in [0o750, 0o700] {
        let home = lab.home();
        lab.set_mode(&home, mode)?;
        let still = readers(&lab.probe_quietly(&nodes)?);
        let who = match &still[..] {
            [] => "nobody".to_owned(),
            some => some.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and "),
        };
        lab.add_evidence(
            "read-secret",
            format!(
                "with the home directory {mode:04o} instead of {:04o}: read by {who}",
                case.home
            ),
        );
    }
    Ok(())
}
