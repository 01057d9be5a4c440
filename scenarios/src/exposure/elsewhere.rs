//! At no step is a secret outside the store's place.

use std::path::Path;

use interloper_driver::{Medium, Operation};
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Mark, Need, Principal, Scenario, Sweep, Violation,
    Workload, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "exposure::elsewhere",
    sentence: "At no step of any operation is a secret anywhere but below the directory that the store was given, whoever may read it there.",
    fix: "make temporary files beside the file that they are to become",
    severity: Severity::Low,
    cwe: &["CWE-377", "CWE-379"],
    owasp: &["ASVS 5.0 14.2.4"],
    needs: &[Need::Steps, Need::Op(Operation::Save)],
    sweep: Sweep::Few,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.expect_variations("steps of an operation");
    let mut changes = 0;
    let empty = lab.snapshot()?;
    for workload in lab.workloads() {
        lab.restore(&empty)?;
        let mark = lab.mark();
        lab.prepare_workload(workload, &case.session)?;
        let request = lab.workload_request(workload, &case.session);
        let rehearsal = lab.rehearse(&request)?;
        lab.count_steps(&rehearsal, rehearsal.steps.len());
        let mut names = rehearsal.names.reset();
        let ending = lab.after_each_step(&request, |lab, step| {
            if step.changes {
                changes += 1;
                let call = names.call(step);
                look(lab, workload, &format!("step {}, {call}", step.number), mark)?;
            }
            Ok(())
        })?;
        ending.require_ok(workload.as_str())?;
    }
    match lab.hello().medium {
        // That no step of any operation changed a file is what such a store says of itself.
        Medium::Memory if changes == 0 => lab.count_step("operations that changed no file"),
        Medium::Server | Medium::Cookie if changes == 0 => {
            let why = "needs a store that keeps files; no operation changed one";
            return Err(Abort::Unsupported(why.into()));
        }
        _ => {}
    }
    Ok(())
}

fn look(lab: &mut Lab<'_>, workload: Workload, at: &str, mark: Mark) -> CaseResult<()> {
    // Of a store that keeps its sessions in memory, no file is its own.
    let own = (lab.hello().medium != Medium::Memory).then(|| lab.parent());
    let is_own = |path: &Path| own.as_ref().is_some_and(|own| path.starts_with(own));
    let outside: Vec<_> = lab.made()?.into_iter().filter(|node| !is_own(&node.path)).collect();
    for node in outside {
        let Some(secret) = lab.secrets_in(&node)?.into_iter().next() else { continue };
        let dir = node.path.parent().map(|dir| lab.display_path(dir)).unwrap_or_default();
        let story = lab.story_since(mark);
        lab.report(
            Violation::new(
                format!("elsewhere-during-{}", workload.as_str()),
                format!("a secret was in a file of {dir} {}", workload.while_it()),
            )
            .evidence(format!("after {at}: {} {}", node.mode_string(), secret.sighting.clause()))
            .story(story),
        );
    }
    Ok(())
}
