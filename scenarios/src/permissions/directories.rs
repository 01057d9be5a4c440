//! Nobody else can make, move or replace anything in the directories that the store makes, the intermediate ones among them.

use interloper_driver::Operation;
use interloper_engine::record::{Action, Severity};
use interloper_engine::{
    Access, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "permissions::directories",
    sentence: "In every directory the store makes, the intermediate ones too, no other user can create, remove or replace anything.",
    fix: "make each missing directory yourself with mode 0700 (mkdir -p and makedirs give the asked mode to the last one only)",
    severity: Severity::Medium,
    cwe: &["CWE-276", "CWE-379", "CWE-732"],
    owasp: &["WSTG-CONF-09"],
    needs: &[Need::Files, Need::Op(Operation::Save)],
    sweep: Sweep::Common,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save("alpha", 0, &case.session)?;
    let nodes = lab.made()?;
    let probed = lab.probe(&nodes)?;
    for one in &probed {
        let path = &one.node.path;
        for who in one.who(Access::CREATE) {
            let fact = lab.probe_evidence(who, Action::Create, path, None);
            let sentence = "{who} can create files in a directory that the store made";
            lab.report(Violation::new("create", sentence).by([who]).evidence(fact));
        }
        for who in one.who(Access::REMOVE | Access::REPLACE) {
            let fact = lab.probe_evidence(who, Action::Replace, path, None);
            let sentence = "{who} can remove or replace what the store made";
            lab.report(Violation::new("replace", sentence).by([who]).evidence(fact));
        }
    }
    Ok(())
}
