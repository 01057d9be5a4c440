//! At no step of any operation can anybody else read a secret, or keep a descriptor to read or change it later.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, Check, Flow, Lab, Need, Principal, Scenario, Sweep, Used, Violation, Watched, nothing,
};

use crate::stages::Stage;

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
    property: &Check { extra: nothing, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> Flow<()> {
    let empty = lab.snapshot()?;
    for stage in Stage::of(&lab.hello().clone()) {
        lab.restore(&empty)?;
        stage.prepare(lab, &case.session)?;
        let request = stage.request(lab, &case.session);
        let rehearsal = lab.rehearse(&request)?;
        let before = lab.violation_count();
        let told = lab.story_len();
        let watched = lab.watch(&request)?;
        lab.count_steps(&rehearsal, rehearsal.steps.len());
        report_windows(lab, stage, &watched);
        report_kept(lab, stage, &watched)?;
        if lab.violation_count() == before {
            lab.cut_story(told);
        } else {
            lab.tell_watched(&watched, &mut rehearsal.names.fresh());
        }
    }
    Ok(())
}

/// Somebody could read a secret by its path at a step.
fn report_windows(lab: &mut Lab<'_>, stage: Stage, watched: &Watched) {
    let mut who: Vec<Principal> = Vec::new();
    let mut steps = Vec::new();
    for (step, view) in &watched.steps {
        let at: Vec<Principal> = view.secrets.iter().map(|(who, _)| *who).collect();
        if !at.is_empty() {
            steps.push(step.number);
        }
        who.extend(at);
    }
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return };
    let open = watched.steps.last().is_some_and(|(_, view)| !view.secrets.is_empty());
    let (afterwards, until) = match open {
        true => (", and afterwards", "it stays so".to_owned()),
        false => ("", format!("until step {last}")),
    };
    lab.violate(
        Violation::new(
            format!("readable-during-{}", stage.word()),
            format!("{{who}} read the session {}{afterwards}", stage.while_it()),
        )
        .by(who)
        .evidence(format!(
            "{}: a secret could be read after step {first} of {}; {until}",
            stage.word(),
            watched.steps.len()
        )),
    );
}

/// Somebody kept a descriptor that is good for something when it is all over.
fn report_kept(lab: &mut Lab<'_>, stage: Stage, watched: &Watched) -> Flow<()> {
    let Some((_, end)) = watched.steps.last() else { return Ok(()) };
    let read = |used: &Used| !used.seen.is_empty() && used.opened_for != "write";
    let by_path: Vec<Principal> = end.secrets.iter().map(|(who, _)| *who).collect();
    for (_, view) in &watched.steps {
        // Who reads it by its path has no need of a descriptor, and is told of already.
        let hidden = |who: &Principal| !view.secrets.iter().any(|(reader, _)| reader == who);
        let readers = view.used.iter().filter(|(who, used)| read(used) && hidden(who));
        for (who, used) in readers {
            lab.violate(
                Violation::new(
                    format!("kept-descriptor-during-{}", stage.word()),
                    format!(
                        "{{who}} read the session {} through a descriptor kept from a moment when it could be opened",
                        stage.while_it()
                    ),
                )
                .by([*who]),
            );
            let _ = used;
        }
    }
    let tree = lab.tree()?;
    let mut live = Vec::new();
    for (who, used) in &end.used {
        let writes = used.opened_for == "write" && used.same_inode && !by_path.contains(who);
        if let Some(node) = tree.nodes.get(&used.path).filter(|_| writes)
            && !lab.secrets_in(node)?.is_empty()
        {
            live.push(*who);
        }
    }
    if !live.is_empty() {
        lab.violate(
            Violation::new(
                format!("kept-for-writing-during-{}", stage.word()),
                format!(
                    "{{who}} kept a descriptor to write to the session with, got {}",
                    stage.while_it()
                ),
            )
            .by(live),
        );
    }
    Ok(())
}
