//! Nothing of a session can be read where it is kept.

use interloper_driver::{Operation, Promise};
use interloper_engine::record::{Part, Severity};
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "encryption::no_clear_text",
    sentence: "A store that promises encryption leaves no secret of a session readable in any byte it writes, not even encoded or compressed.",
    fix: "encrypt the whole session before the first byte of it is written, temporary files, backups and names of files included",
    severity: Severity::High,
    cwe: &["CWE-311", "CWE-312"],
    owasp: &[],
    needs: &[Need::Promises(Promise::Encrypted), Need::Files, Need::Op(Operation::Save)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    // A second save, of another session: what was there is as secret as what is.
    for slot in [0, 1] {
        lab.must_save("alpha", slot, &case.session)?;
        lab.finish_store()?;
        for found in lab.residue()? {
            let (cause, sentence) = match found.part {
                Part::Name => ("clear-name", "a secret of the session is in the name of a file"),
                _ => ("clear-text", "a session that is promised to be encrypted can be read"),
            };
            let fact = found.evidence(lab);
            lab.report(Violation::new(cause, sentence).evidence(fact));
        }
    }
    Ok(())
}
