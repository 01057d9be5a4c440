//! What others can read once an operation was cut short.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;
use std::rc::Rc;

use interloper_driver::Operation;
use interloper_engine::record::{Interruption, InterruptionKind, Severity};
use interloper_engine::strategy::{Room, Sample, follow};
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Node, NodeKind, Principal, Resume, Scenario, Snapshot,
    StoryGuards, Sweep, Violation, unit,
};

use super::errors::{Injection, injections};
use super::outcome::Baseline;
use crate::support::try_load;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "faults::seen_by_others",
    sentence: "Killed at any step, or failed by the kernel at any call, the store leaves no secret that another user can read, neither at once nor after it has recovered.",
    fix: "make what takes the place of a file that could not be written (a copy, a backup, a log) with mode 0600 and O_EXCL too, and look at what chmod gives back",
    severity: Severity::High,
    cwe: &["CWE-276", "CWE-755", "CWE-460"],
    owasp: &["ASVS 5.0 14.2.4", "ASVS 5.0 16.5.3"],
    needs: &[Need::Steps, Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Few,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Number of errors of each operation that are tried, beside the first of each kind of call.
const ROOM: Room = Room { quick: 16, full: 400 };

/// Principals that read a secret, with the path at which each did first.
type Readers = BTreeMap<Principal, PathBuf>;

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let empty = lab.snapshot()?;
    for workload in lab.workloads() {
        lab.restore(&empty)?;
        let Some(baseline) = Baseline::record(lab, workload, &case.session)? else { continue };
        let rehearsal = lab.rehearse(&baseline.request)?;
        // Whoever reads the sessions without a fault is `permissions::nobody_reaches`'s subject.
        let had = without_fault(lab, &baseline)?;
        kills(lab, &baseline, &had, &mut rehearsal.names.reset())?;
        let all = injections(&rehearsal.steps);
        let mut kinds = BTreeSet::new();
        let first: Vec<bool> =
            all.iter().map(|one| kinds.insert((one.step.name.clone(), one.stays))).collect();
        let sample = Sample::of(lab.plan(), all.len(), ROOM, |n| first[n]);
        follow(sample, |n| fail(lab, &baseline, &had, all[n], &mut rehearsal.names.reset()))?;
        lab.count_steps(&rehearsal, rehearsal.steps.len());
    }
    Ok(())
}

/// Returns who reads a secret before the operation, and after it where nothing went wrong.
fn without_fault(lab: &mut Lab<'_>, baseline: &Baseline) -> CaseResult<Readers> {
    lab.restore(&baseline.start)?;
    let mut had = readers(lab)?;
    baseline.through(lab, |_, _| Ok(Resume::Continue))?;
    had.extend(readers(lab)?);
    Ok(had)
}

/// Lets everybody look after a kill before each step, and after the store has recovered from it.
fn kills(
    lab: &mut Lab<'_>,
    baseline: &Baseline,
    had: &Readers,
    names: &mut interloper_engine::NameNormalizer,
) -> CaseResult<()> {
    lab.restore(&baseline.start)?;
    let mut there: Rc<Snapshot> = Rc::new(baseline.start.clone());
    let (mut moments, mut changed) = (Vec::new(), false);
    lab.aside(|lab| {
        let ending = lab.through(&baseline.request, |lab, step| {
            if std::mem::replace(&mut changed, step.changes) {
                there = Rc::new(lab.snapshot_after(&there)?);
                let when = format!("killed before step {}, {}", step.number, names.call(step));
                moments.push((when, Rc::clone(&there)));
            }
            Ok(Resume::Continue)
        })?;
        ending.require_ok(baseline.request.word()).map(drop)
    })?;
    let mut seen = HashSet::new();
    for (when, there) in moments {
        if seen.insert(there.digest()) {
            lab.restore(&there)?;
            let by = Interruption::new(InterruptionKind::Kill, when);
            look(lab, baseline, had, &by)?;
            lab.count_step("kill looked at");
        }
    }
    Ok(())
}

/// Goes through the operation with an error, and lets everybody look; whether anybody saw something.
fn fail(
    lab: &mut Lab<'_>,
    baseline: &Baseline,
    had: &Readers,
    injection: Injection<'_>,
    names: &mut interloper_engine::NameNormalizer,
) -> CaseResult<bool> {
    let Some((_, by)) = injection.run(lab, baseline, names)? else { return Ok(false) };
    lab.count_step("error looked at");
    look(lab, baseline, had, &by)
}

/// Lets everybody look at once, and after another process has loaded and saved.
fn look(
    lab: &mut Lab<'_>,
    baseline: &Baseline,
    had: &Readers,
    by: &Interruption,
) -> CaseResult<bool> {
    let told = lab.violation_count();
    report(lab, baseline, had, by, "at once")?;
    lab.restart()?;
    lab.aside(|lab| {
        let _ = try_load(lab, interloper_engine::Workload::ID)?;
        report(lab, baseline, had, by, "after another process has loaded")?;
        lab.finish_store()
    })?;
    Ok(lab.violation_count() > told)
}

fn report(
    lab: &mut Lab<'_>,
    baseline: &Baseline,
    had: &Readers,
    by: &Interruption,
    when: &str,
) -> CaseResult<()> {
    let new: Readers =
        readers(lab)?.into_iter().filter(|(who, _)| !had.contains_key(who)).collect();
    let Some(path) = new.values().next() else { return Ok(()) };
    let what = format!("{when}, a secret can be read in {}", lab.display_path(path));
    let sentence = "{who} read a secret that was left after an operation was cut short";
    let story = baseline.story(by, Vec::new());
    lab.report(
        Violation::new("left-readable", sentence)
            .by(new.keys().copied())
            .evidence(baseline.evidence(by, &what))
            .story(story),
    );
    Ok(())
}

/// Returns who reads a secret in any file of the sandbox.
fn readers(lab: &Lab<'_>) -> CaseResult<Readers> {
    let files: Vec<Node> =
        lab.tree()?.nodes.into_values().filter(|node| node.kind == NodeKind::File).collect();
    let mut readers = Readers::new();
    for probed in lab.probe_quietly(&files)? {
        for (who, _) in probed.who_saw_secret() {
            readers.entry(who).or_insert_with(|| probed.node.path.clone());
        }
    }
    Ok(readers)
}
