//! No secret is an argument of a program that the store starts, or in the title of its own process.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Mark, Need, Principal, Resume, Scenario, Sweep, Violation,
    Workload, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "exposure::arguments",
    sentence: "No secret is an argument of a program that the store starts, or in the title of its own process: every user reads those in /proc.",
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
        let mark = lab.mark();
        lab.prepare_workload(workload, &case.session)?;
        let request = lab.workload_request(workload, &case.session);
        let mut titled = None;
        let ending = lab.through(&request, |lab, step| {
            if titled.is_none() && is_titled(lab)? {
                titled = Some(step.number);
            }
            Ok(Resume::Continue)
        })?;
        ending.require_ok(workload.as_str())?;
        if titled.is_none() && is_titled(lab)? {
            titled = Some(0);
        }
        if let Some(step) = titled {
            report_title(lab, workload, step, mark);
        }
        for program in lab.programs_started()? {
            let argv: Vec<_> = program.iter().map(|word| String::from_utf8_lossy(word)).collect();
            if lab.slots_in(&argv.join(" ")).is_empty() {
                continue;
            }
            // Not the arguments: they are the secret.
            let name = argv.first().map(|name| name.chars().take(80).collect::<String>());
            let name = name.unwrap_or_default();
            let sentence = format!("a secret was an argument of {name}, {}", workload.while_it());
            let story = lab.story_since(mark);
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

/// Returns whether the store's own process shows a secret now.
fn is_titled(lab: &mut Lab<'_>) -> CaseResult<bool> {
    let title = lab.process_title()?;
    Ok(!lab.slots_in(&title).is_empty())
}

/// Reports that the store's own process showed a secret, before a step or, where that is 0, after the answer.
fn report_title(lab: &mut Lab<'_>, workload: Workload, step: u32, mark: Mark) {
    let sentence =
        format!("a secret was in the title of the store's process, {}", workload.while_it());
    let when = match step {
        0 => "after the answer".to_owned(),
        step => format!("before step {step}"),
    };
    let story = lab.story_since(mark);
    let who = lab.others().iter().copied();
    lab.report(
        Violation::new(format!("title-during-{}", workload.as_str()), sentence)
            .by(who)
            .evidence(format!(
                "{when}, /proc/PID/cmdline of the store had it, which shows to everybody what a program \
                 writes over its arguments, proc_pid_cmdline(5)"
            ))
            .story(story),
    );
}
