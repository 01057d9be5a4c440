//! A session's file is good for its own id only.

use interloper_driver::{Operation, Promise};
use interloper_engine::record::{Evidence, Severity};
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

use crate::written::exchange;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "encryption::not_swappable",
    sentence: "Where the files of two encrypted sessions are exchanged, neither id loads the other's session.",
    fix: "make the id, or the name that is made of it, part of what is authenticated: the associated data of the encryption",
    severity: Severity::High,
    cwe: &["CWE-345", "CWE-354"],
    owasp: &["ASVS 5.0 11.3.3"],
    needs: &[
        Need::Promises(Promise::Encrypted),
        Need::Files,
        Need::ManyIds,
        Need::Op(Operation::Save),
        Need::Op(Operation::Load),
    ],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    for id in exchange(lab, &case.session)? {
        let sentence = "an encrypted session that was put under another id is loaded there";
        let fact = Evidence::answer(format!("load({id:?})"), "the other's session")
            .after("after the exchange");
        lab.report(Violation::new("others-session", sentence).evidence(fact));
    }
    Ok(())
}
