//! Ids that the store gives, made again from other random bytes.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Need, Principal, Profile, Scenario, StoryGuards, Sweep,
    unit,
};

use super::ingredients::{Examination, Id};
use super::statistics;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "identifiers::unpredictable",
    sentence: "An id that the store gives is another one if the kernel's random bytes are others, with the session's contents, the time and the process's number held; and no seven of these bytes are enough for it.",
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
    let mut examination = Examination::new(lab, &mut make, true)?;
    // An id that opens nothing without a signature is worth less to whoever makes it.
    let opens_nothing = lab.hello().id_is_credential == Some(false);
    for violation in examination.run(lab)? {
        lab.report(if opens_nothing { violation.severity(Severity::Low) } else { violation });
    }
    examination.end(lab)?;
    add_statistics(lab, case)
}

/// Notes what statistics say of many ids. They accuse nobody: what they do not see, the rest of the scenario may.
fn add_statistics(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let many = if lab.plan().profile == Profile::Quick { 256 } else { 20_000 };
    let deletes = lab.hello().can_do(Operation::Delete);
    let ids = lab.aside(|lab| {
        let mut ids = Vec::with_capacity(many);
        for _ in 0..many {
            // A store that refuses more of them has shown what there is to show.
            let Ok(id) = lab.create(None, 0, &case.session)? else { break };
            if deletes && lab.delete(&id)?.is_err() {
                break;
            }
            ids.push(id);
        }
        Ok(ids)
    })?;
    let note = statistics::of(&ids).map(|said| said.note(ids.len()));
    lab.add_note(note.unwrap_or_else(|| {
        "statistics of ids: too few bits of them vary, or their alphabet is not known".into()
    }));
    Ok(())
}
