//! No cookie disappears in the value of another.

use interloper_driver::Header;
use interloper_engine::record::{Difference, Severity};
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};

use super::survey::report;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "parsers::swallowed",
    sentence: "A semicolon ends a value, in quotes too: no cookie becomes part of the value of another.",
    fix: "split at semicolons first: since RFC 6265, quotes hold nothing together",
    severity: Severity::Low,
    cwe: &["CWE-20", "CWE-200"],
    owasp: &["ASVS 5.0 1.2.1"],
    needs: &[Need::Parses(Header::Cookie)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let sentence =
        "a cookie is read as part of the value of another, and is seen wherever that one is";
    report(lab, Header::Cookie, Difference::Swallowed, sentence)
}
