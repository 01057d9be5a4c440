//! The files of two sessions change places.

use interloper_driver::{Operation, Promise};
use interloper_engine::record::{Evidence, Severity};
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

use crate::written::exchange;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "corruption::swapped",
    sentence: "Where the files of two sessions have changed places, neither is answered for the other.",
    fix: "bind the contents to the id: put the id under the signature, or into the associated data of the encryption",
    severity: Severity::Low,
    cwe: &["CWE-345", "CWE-639"],
    owasp: &["ASVS 5.0 16.5.3"],
    needs: &[Need::Files, Need::ManyIds, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    // Who may write to the files can do so anyway, where nothing was promised.
    let promised = lab.hello().promises.contains(&Promise::Encrypted);
    let severity = if promised { Severity::High } else { Severity::Low };
    for id in exchange(lab, &case.session)? {
        let fact = Evidence::answer(format!("load({id:?})"), "the other session");
        let sentence = "a session was answered with what was saved as another";
        lab.report(Violation::new("others-data", sentence).severity(severity).evidence(fact));
    }
    Ok(())
}
