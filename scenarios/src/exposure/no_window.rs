//! At no step of any operation can anybody else read a secret, or keep a descriptor to read or change it later.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Access, Case, CaseResult, Check, Lab, NameNormalizer, Need, OperationTrace, Principal,
    Scenario, Step, Sweep, View, Violation, Workload, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "exposure::no_window",
    sentence: "At no step of any operation can another user read a secret, or get a descriptor to read or change the session with later.",
    fix: "create the file with mode 0600 and O_EXCL in the open call itself, write it under a temporary name, rename it",
    severity: Severity::High,
    cwe: &["CWE-276", "CWE-362", "CWE-377"],
    owasp: &["ASVS 5.0 14.2.4"],
    needs: &[Need::Steps, Need::Files, Need::Op(Operation::Save)],
    sweep: Sweep::Common,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.expect_variations("steps of an operation");
    let empty = lab.snapshot()?;
    for workload in lab.workloads() {
        lab.restore(&empty)?;
        let mark = lab.mark();
        lab.prepare_workload(workload, &case.session)?;
        let request = lab.workload_request(workload, &case.session);
        // A store that looks at what it has made, and takes it back with an error, has shown it meanwhile.
        let start = lab.snapshot()?;
        let rehearsal = match lab.rehearse(&request) {
            Err(Abort::Ineffective(_)) => None,
            rehearsal => Some(rehearsal?),
        };
        lab.restore(&start)?;
        let (watched, ending) = lab.watch(&request)?;
        let answer = ending.require_ok(workload.as_str());
        let names = match &rehearsal {
            Some(rehearsal) => {
                lab.count_steps(rehearsal, rehearsal.steps.len());
                rehearsal.names.reset()
            }
            None => {
                let steps: Vec<Step> = watched.steps.iter().map(|(step, _)| step.clone()).collect();
                NameNormalizer::common(&steps, &steps)
            }
        };
        let mut found: Vec<Violation> = windows(workload, &watched).into_iter().collect();
        found.extend(kept_for_reading(workload, &watched));
        found.extend(kept_for_writing(lab, workload, &watched)?);
        lab.record_trace(&watched, &mut names.reset());
        let story = lab.story_since(mark);
        for violation in found {
            lab.report(violation.story(story.clone()));
        }
        answer?;
    }
    Ok(())
}

/// Returns a violation if a principal could read a secret by its path at a step, and could not before the operation.
fn windows(workload: Workload, watched: &OperationTrace) -> Option<Violation> {
    let had = watched.before.who_has_secret();
    let reads = |view: &View| -> Vec<Principal> {
        let who = view.secrets.iter().map(|(who, _)| *who);
        who.filter(|who| !had.contains(who)).collect()
    };
    let mut open = watched.steps.iter().filter(|(_, view)| !reads(view).is_empty());
    let (first, _) = open.next()?;
    let (last, _) = open.next_back().unwrap_or(&watched.steps[first.number as usize - 1]);
    let who = watched.steps.iter().flat_map(|(_, view)| reads(view));
    let stays = watched.steps.last().is_some_and(|(_, view)| !reads(view).is_empty());
    let (afterwards, until) = match stays {
        true => (", and afterwards", "and stays so".to_owned()),
        false => ("", format!("until step {}", last.number)),
    };
    Some(
        Violation::new(
            format!("readable-during-{}", workload.as_str()),
            format!("{{who}} read the session {}{afterwards}", workload.while_it()),
        )
        .by(who)
        .evidence(format!(
            "{}: a secret can be read after step {} of {}, {until}",
            workload.as_str(),
            first.number,
            watched.steps.len()
        )),
    )
}

/// Returns a violation if a principal reads, through a descriptor got at an earlier step, what its path does not let it read.
fn kept_for_reading(workload: Workload, watched: &OperationTrace) -> Option<Violation> {
    let mut who = Vec::new();
    let mut facts = Vec::new();
    let had = watched.before.who_has_secret();
    for (step, view) in &watched.steps {
        for (reader, used) in &view.used {
            let by_path = view.secrets.iter().any(|(who, _)| who == reader);
            if used.seen.is_empty() || by_path || had.contains(reader) {
                continue;
            }
            who.push(*reader);
            facts.push(format!(
                "{reader} has a descriptor of what was {} and reads a secret through it after \
                 step {}",
                used.opened_for, step.number
            ));
        }
    }
    facts.dedup();
    let sentence = format!(
        "{{who}} read the session {} through a descriptor kept from a moment when it could be opened",
        workload.while_it()
    );
    let violation =
        Violation::new(format!("kept-for-reading-during-{}", workload.as_str()), sentence).by(who);
    let first = facts.into_iter().next()?;
    Some(violation.evidence(first))
}

/// Returns a violation if a principal has at the end a descriptor to write to the session with, and no right to open it.
fn kept_for_writing(
    lab: &mut Lab<'_>,
    workload: Workload,
    watched: &OperationTrace,
) -> CaseResult<Option<Violation>> {
    let Some((_, end)) = watched.steps.last() else { return Ok(None) };
    let tree = lab.tree()?;
    let mut who = Vec::new();
    for (writer, used) in &end.used {
        let had = watched.before.used.iter().any(|(before, other)| {
            before == writer && other.opened_for == "write" && other.path == used.path
        });
        if used.opened_for != "write" || !used.same_inode || had {
            continue;
        }
        let holds_session = match tree.nodes.get(&used.path) {
            Some(node) => !lab.secrets_in(node)?.is_empty(),
            None => false,
        };
        let can_open = end
            .by
            .iter()
            .any(|(other, access, _)| other == writer && access.contains(Access::WRITE));
        if holds_session && !can_open {
            who.push(*writer);
        }
    }
    if who.is_empty() {
        return Ok(None);
    }
    let sentence = format!(
        "{{who}} kept a descriptor to change the session with, got {}",
        workload.while_it()
    );
    let cause = format!("kept-for-writing-during-{}", workload.as_str());
    Ok(Some(Violation::new(cause, sentence).by(who)))
}
