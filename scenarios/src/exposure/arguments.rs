//! No secret is an argument of a program that the store starts.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Principal, Resume, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "exposure::arguments",
    sentence: "No secret is an argument of a program that the store starts: every user reads those in /proc.",
    fix: "hand it over by a pipe or an inherited descriptor",
    severity: Severity::High,
    cwe: &["CWE-214"],
    owasp: &["ASVS 5.0 14.2.4"],
    needs: &[Need::Steps, Need::Op(Operation::Save)],
    sweep: Sweep::Few,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let empty = lab.snapshot()?;
    for workload in lab.workloads() {
        lab.restore(&empty)?;
        let checkpoint = lab.checkpoint();
        lab.prepare_workload(workload, &case.session)?;
        let request = lab.workload_request(workload, &case.session);
        lab.through(&request, |_, _| Ok(Resume::Continue))?.require_ok(workload.as_str())?;
        for program in lab.programs_started()? {
            let argv: Vec<_> = program.iter().map(|word| String::from_utf8_lossy(word)).collect();
            if lab.slots_in(&argv.join(" ")).is_empty() {
                continue;
            }
            // Not the arguments: they are the secret.
            let name = argv.first().map(|name| name.chars().take(80).collect::<String>());
            let name = name.unwrap_or_default();
            let sentence = format!("a secret was an argument of {name}, {}", workload.while_it());
            let story = lab.story_since(checkpoint);
            let who = lab.others().iter().copied();
            lab.report(
                Violation::new(format!("argument-during-{}", workload.as_str()), sentence)
                    .by(who)
                    .evidence(
                        "execve(2) had it in argv; /proc/PID/cmdline shows that to \
                               everybody, proc_pid_cmdline(5)",
                    )
                    .story(story),
            );
        }
    }
    Ok(())
}
