//! Another login during a visit from the same browser.

use interloper_engine::record::Severity;
use interloper_engine::{
    AppVerb, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit,
};

use super::races::{self, End};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "lifecycle::login_during_visit",
    sentence: "Another login while a request of the same browser is served ends the id that the browser had.",
    fix: "change a session only if it is still there: lock it from reading it to writing it, or write with a condition, as UPDATE … WHERE does",
    severity: Severity::Medium,
    cwe: &["CWE-362", "CWE-613"],
    owasp: &["ASVS 5.0 7.2.4", "WSTG-SESS-03"],
    needs: &[Need::Application, Need::Steps],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    races::check(lab, &End { verb: AppVerb::Login, elsewhere: false, noun: "another login" })
}
