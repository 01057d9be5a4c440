//! Of two cookies of one name, the first counts or both do.

use interloper_driver::Header;
use interloper_engine::record::{Difference, Severity};
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};

use super::survey::report;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "parsers::twice",
    sentence: "Of two cookies of one name, a parser gives the first, which has the longer path, or both.",
    fix: "keep the first cookie of a name, or all of them; give a session cookie the prefix `__Host-`, so that no other host can set a second one",
    severity: Severity::Info,
    cwe: &["CWE-694"],
    owasp: &["ASVS 5.0 3.3.3"],
    needs: &[Need::Parses(Header::Cookie)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let sentence = "of several cookies of one name, the last one counts";
    report(lab, Header::Cookie, Difference::LastOfSeveral, sentence)
}
