//! A change of the password ends the other sessions.

use interloper_engine::record::Severity;
use interloper_engine::{
    Actor, AppVerb, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit,
};

use super::elsewhere::{self, End};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "lifecycle::change_password",
    sentence: "After a change of the password, the cookies of the user's other browsers are nobody's.",
    fix: "end all other sessions of a user when the password changes, as whoever stole one must lose it then",
    severity: Severity::Medium,
    cwe: &["CWE-613"],
    owasp: &["ASVS 5.0 7.4.3", "WSTG-SESS-06"],
    needs: &[Need::Application, Need::Request(AppVerb::ChangePassword)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let end = End {
        word: "change",
        done: "the user changed the password",
        act: |app| app.change_password(Actor::Victim).map(drop),
    };
    elsewhere::check(lab, &end)
}
