//! What is saved twice is not the same bytes twice.

use std::collections::BTreeMap;
use std::path::PathBuf;

use interloper_driver::{Medium, Operation, Promise};
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

use super::blocks::{Blocks, blocks_of, common};
use crate::written::save_and_see;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "encryption::unequal",
    sentence: "A session that is saved twice, under one id or under two, is not the same bytes twice: nobody sees that two sessions, or two parts of them, are equal.",
    fix: "draw a new random nonce for each save, and use a mode that takes one (never ECB, never a constant nonce)",
    severity: Severity::High,
    cwe: &["CWE-323"],
    owasp: &["ASVS 5.0 11.3.1", "ASVS 5.0 11.3.4"],
    needs: &[Need::Promises(Promise::Encrypted), Need::Files, Need::Op(Operation::Save)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

type Files = BTreeMap<PathBuf, Vec<u8>>;

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    if matches!(lab.hello().medium, Medium::Database | Medium::Server) {
        // Its pages, journals and logs keep what was saved before, which is equal to itself.
        return Err(Abort::Unsupported("needs a file for each session".into()));
    }
    // Of other secrets: what these have in common with the others is no secret.
    let control = save_and_see(lab, "alpha", 5, &case.session)?;
    let control_two = save_and_see(lab, "beta", 6, &case.session)?;
    let controls = blocks_of(control.values().chain(control_two.values()));
    let first = save_and_see(lab, "alpha", 0, &case.session)?;
    let again = save_and_see(lab, "alpha", 0, &case.session)?;
    let other = save_and_see(lab, "beta", 0, &case.session)?;
    if first.is_empty() || other.is_empty() {
        return Err(Abort::Ineffective("no file was found that a save wrote".into()));
    }
    if let Some(fact) = equal(lab, &first, &again, &controls) {
        let sentence = "saving a session a second time wrote the same encrypted bytes again";
        lab.report(Violation::new("equal-again", sentence).evidence(fact));
    }
    if let Some(fact) = equal(lab, &again, &other, &controls) {
        let sentence = "one session saved under two ids is the same encrypted bytes in both";
        lab.report(Violation::new("equal-two-ids", sentence).evidence(fact));
    }
    Ok(())
}

/// Returns the bytes that two saves have in common, as a fact.
fn equal(lab: &Lab<'_>, one: &Files, other: &Files, controls: &Blocks) -> Option<String> {
    for (path, bytes) in one {
        for (with, theirs) in other {
            // Where a file grew at its end, what it had before is not what was written now.
            let new = if theirs.len() > bytes.len() && path == with {
                theirs.strip_prefix(bytes.as_slice()).unwrap_or(theirs)
            } else {
                theirs
            };
            if let Some((length, at)) = common(bytes, new, controls) {
                return Some(format!(
                    "{length} bytes from byte {at} of {} are in {} as saved after it",
                    lab.display_path(path),
                    lab.display_path(with)
                ));
            }
        }
    }
    None
}
