//! No secret is an argument of a program that the store starts.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Act, Case, Check, Flow, Lab, Need, Principal, Scenario, Stage, Sweep, Violation, nothing,
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
    property: &Check { extra: nothing, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> Flow<()> {
    let empty = lab.snapshot()?;
    for stage in Stage::of(&lab.hello().clone()) {
        lab.restore(&empty)?;
        let told = lab.story_len();
        stage.prepare(lab, &case.session)?;
        let request = stage.request(lab, &case.session);
        lab.through(&request, |_, _| Ok(Act::Continue))?.must_be_ok(stage.as_str())?;
        for program in lab.programs_started()? {
            let argv: Vec<_> = program.iter().map(|word| String::from_utf8_lossy(word)).collect();
            if lab.slots_in(&argv.join(" ")).is_empty() {
                continue;
            }
            // Not the arguments: they are the secret.
            let name = argv.first().map(|name| name.chars().take(80).collect::<String>());
            let name = name.unwrap_or_default();
            let sentence = format!("a secret was an argument of {name}, {}", stage.while_it());
            let story = lab.story_since(told);
            let who = lab.others().iter().copied();
            lab.violate(
                Violation::new(format!("argument-during-{}", stage.as_str()), sentence)
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
