//! A change of the password during a visit from another browser.

use interloper_engine::record::Severity;
use interloper_engine::{
    AppVerb, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit,
};

use super::races::{self, End};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "lifecycle::change_password_during_visit",
    sentence: "A change of the password ends the session that another browser is using at that moment.",
    fix: "change a session only if it is still there: lock it from reading it to writing it, or write with a condition, as UPDATE … WHERE does",
    severity: Severity::Medium,
    cwe: &["CWE-362", "CWE-613"],
    owasp: &["ASVS 5.0 7.4.3", "WSTG-SESS-06"],
    needs: &[Need::Application, Need::Steps, Need::Request(AppVerb::ChangePassword)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    races::check(
        lab,
        &End { verb: AppVerb::ChangePassword, elsewhere: true, noun: "a change of the password" },
    )
}
