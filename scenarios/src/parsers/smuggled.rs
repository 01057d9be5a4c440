//! No part of a cookie becomes another cookie.

use interloper_driver::Header;
use interloper_engine::record::{Difference, Severity};
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};

use super::survey::report;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "parsers::smuggled",
    sentence: "A parser reads no cookie that was not sent: no comma, blank, escape, quote or nameless piece makes one.",
    fix: "split at semicolons alone, before anything is decoded or unquoted; leave pieces without a name out",
    severity: Severity::Medium,
    cwe: &["CWE-20", "CWE-565", "CWE-141"],
    owasp: &["ASVS 5.0 1.2.1"],
    needs: &[Need::Parses(Header::Cookie)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let sentence = "part of one cookie is read as another cookie, which nobody sent";
    report(lab, Header::Cookie, Difference::Added, sentence)
}
