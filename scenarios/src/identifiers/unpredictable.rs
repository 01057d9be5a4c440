//! Ids that the store gives, made again from other random bytes.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit,
};

use super::ingredients::{Examination, Id};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "identifiers::unpredictable",
    sentence: "An id that the store gives is another one if the kernel's random bytes are others, with the time and the process's number held; and no seven of these bytes are enough for it.",
    fix: "make ids of 16 bytes from the system's generator (getrandom(2)), not of the time, the process's number, a counter, or a generator that is seeded with them",
    severity: Severity::High,
    cwe: &["CWE-330", "CWE-331", "CWE-335", "CWE-340"],
    owasp: &["ASVS 5.0 7.2.3", "WSTG-SESS-01"],
    needs: &[Need::Op(Operation::Create)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let rotates = lab.hello().can_do(Operation::Rotate);
    let mut make = |lab: &mut Lab<'_>, slot: u16| -> CaseResult<Vec<Id>> {
        let refused =
            |what: &str, failure| Abort::Ineffective(format!("{what} was answered with {failure}"));
        let created = lab.create(None, slot, &case.session)?;
        let created = created.map_err(|failure| refused("create", failure))?;
        let mut ids = vec![Id { by: "create", text: created.clone() }];
        if rotates {
            let rotated = lab.rotate(&created)?.map_err(|failure| refused("rotate", failure))?;
            ids.push(Id { by: "rotate", text: rotated });
        }
        Ok(ids)
    };
    let found = Examination::new(lab, &mut make, true)?.run(lab)?;
    for violation in found {
        lab.report(violation);
    }
    lab.choose_nothing()
}
