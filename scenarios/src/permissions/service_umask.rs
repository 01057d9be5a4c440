//! A store run as root with a lax umask, as services are.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};

use super::reached::report_reached;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "permissions::service_umask",
    sentence: "Run as root, as a service, the store lets no user read or change a session, under any common umask.",
    fix: "do not rely on the umask: ask for mode 0600 and 0700 whoever runs the store",
    severity: Severity::High,
    cwe: &["CWE-276", "CWE-732"],
    owasp: &["WSTG-CONF-09"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Namespaces],
    sweep: Sweep::Common,
    run_as: Principal::Service,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save("alpha", 0, &case.session)?;
    let nodes = lab.made()?;
    let probed = lab.probe(&nodes)?;
    report_reached(lab, &probed, "of a service run as root");
    Ok(())
}
