//! Ids longer than a file name may be: NAME_MAX is 255 bytes, limits.h(0p).

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};

use super::strange::two_ids;
use crate::vectors::{all, pairs};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "identifiers::very_long",
    sentence: "Ids of up to 100,000 bytes are kept whole or refused: what is saved under one with ok loads, no two long ids are one session, and none ends the store.",
    fix: "name files after a hash of the id, or answer invalid above a length; never cut an id",
    severity: Severity::High,
    cwe: &["CWE-706", "CWE-222", "CWE-755"],
    owasp: &[],
    needs: &[Need::ManyIds, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.send_as_they_are(all("very-long"));
    lab.must_save("alpha", 0, &case.session)?;
    // Around the limits that names, paths, columns and headers have, in bytes.
    for (first, second) in pairs("very-long") {
        two_ids(lab, &first, &second, &case.session)?;
        lab.count_step("length tried");
    }
    Ok(())
}
