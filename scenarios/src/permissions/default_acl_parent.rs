//! A default ACL on the parent takes the umask out of play: acl(5), "object creation and default ACLs".

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};

use super::setgid_parent::compare_with_plain_parent;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "permissions::default_acl_parent",
    sentence: "Below a directory with a default ACL, where the kernel ignores the umask, no other user gets more than below a plain one.",
    fix: "pass mode 0600 to open and 0700 to mkdir: the inherited list's mask is narrowed by them, the umask is not consulted",
    severity: Severity::Medium,
    cwe: &["CWE-276", "CWE-732"],
    owasp: &["WSTG-CONF-09"],
    needs: &[Need::Files, Need::Op(Operation::Save)],
    sweep: Sweep::Common,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let parent = "a directory with a default ACL";
    compare_with_plain_parent(lab, case, parent, |lab| lab.give_parent_default_acl())
}
