//! Ending all sessions ends each of them.

use interloper_engine::record::Severity;
use interloper_engine::{
    Actor, AppVerb, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit,
};

use super::elsewhere::{self, End};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "lifecycle::revoke_all",
    sentence: "After a user ended all sessions, the cookies of every browser are nobody's.",
    fix: "remove every session of the user, not only the one that asks",
    severity: Severity::Medium,
    cwe: &["CWE-613"],
    owasp: &["ASVS 5.0 7.4.2", "WSTG-SESS-06"],
    needs: &[Need::Application, Need::Request(AppVerb::RevokeAll)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let end = End {
        word: "revocation",
        done: "the user ended all sessions",
        act: |app| app.send(Actor::Victim, AppVerb::RevokeAll).map(drop),
    };
    elsewhere::check(lab, &end)
}
