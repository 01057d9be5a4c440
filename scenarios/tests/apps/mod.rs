//! Applications: the hardened one passes everything, and each flaw is caught.

use interloper_driver::Setup;
use interloper_engine::record::{Verdict, describe};
use interloper_engine::{Need, Scenario, StoreSpec, Worker};
use interloper_flawed::{AppFlaw, app_flaws};
use interloper_scenarios::CATALOGUE;
use libtest_mimic::Failed;

use super::{matches, plan};

/// A scenario, its verdict, and what it found or why not.
pub(crate) type VerdictOf = (&'static str, Verdict, String);

/// Runs the scenarios about a subject of its kind that are wanted on one; gives the verdict of each, with what it found or why not.
pub(crate) fn verdicts_of(
    adapter: &str,
    wanted: impl Fn(&Scenario) -> bool,
) -> Result<Vec<VerdictOf>, Failed> {
    let mut worker = Worker::start(&StoreSpec::adapter(adapter), None)?;
    let hello = worker.hello()?;
    let mut verdicts = Vec::new();
    for Setup { name: setup, .. } in &hello.setups {
        let about = CATALOGUE.iter().filter(|scenario| scenario.is_about(&hello));
        for scenario in about.filter(|scenario| wanted(scenario)) {
            let result = worker.run(scenario.id, setup, &plan(), |_, _| {})?;
            let found = result.findings.iter().map(|found| {
                let facts: Vec<String> = found.evidence.iter().map(describe::evidence).collect();
                format!("{} ({})", found.sentence, facts.join("; "))
            });
            let found: Vec<String> = found.chain(result.reason).collect();
            verdicts.push((scenario.id, result.verdict, found.join("\n    ")));
        }
    }
    Ok(verdicts)
}

pub(crate) fn hardened_app_passes() -> Result<(), Failed> {
    all_pass("hardened-app")
}

/// Runs every scenario about a subject of its kind on it, and checks that each passes.
pub(crate) fn all_pass(adapter: &str) -> Result<(), Failed> {
    let verdicts = verdicts_of(adapter, |_| true)?;
    let other = verdicts.iter().filter(|(_, verdict, _)| *verdict != Verdict::Pass);
    let other: Vec<String> =
        other.map(|(id, verdict, why)| format!("{id}: {verdict}: {why}")).collect();
    match (verdicts.is_empty(), other.is_empty()) {
        (false, true) => Ok(()),
        _ => Err(other.join("\n").into()),
    }
}

pub(crate) fn app_flaw_is_caught(flaw: &AppFlaw) -> Result<(), Failed> {
    // Those that step take as long as all others together; ci/nightly tries them on every flaw.
    let full = std::env::var("INTERLOPER_KILL_TABLE").is_ok_and(|word| word == "full");
    let verdicts = verdicts_of(flaw.name, |scenario| {
        full || flaw.caught_by.contains(&scenario.id) || !scenario.needs.contains(&Need::Steps)
    })?;
    caught(&verdicts, flaw.caught_by, flaw.may_fail)
}

/// Checks that the scenarios that must fail do, and no others but those that may.
pub(crate) fn caught(
    verdicts: &[VerdictOf],
    caught_by: &[&str],
    may_fail: &[&str],
) -> Result<(), Failed> {
    for id in caught_by {
        match verdicts.iter().find(|(other, ..)| other == id) {
            Some((_, Verdict::Fail, _)) => {}
            other => return Err(format!("not caught by {id}: {other:?}").into()),
        }
    }
    let allowed =
        |id: &str| caught_by.contains(&id) || may_fail.iter().any(|pattern| matches(pattern, id));
    let by_accident = verdicts.iter().filter(|(id, verdict, _)| {
        !allowed(id) && !matches!(verdict, Verdict::Pass | Verdict::Unsupported)
    });
    let by_accident: Vec<String> =
        by_accident.map(|(id, verdict, why)| format!("{id}: {verdict}: {why}")).collect();
    match by_accident.is_empty() {
        true => Ok(()),
        false => {
            Err(format!("also, which the flaw does not say:\n{}", by_accident.join("\n")).into())
        }
    }
}

pub(crate) fn app_names_exist() -> Result<(), Failed> {
    for flaw in app_flaws() {
        for id in flaw.caught_by.iter().chain(flaw.may_fail) {
            if !CATALOGUE.iter().any(|scenario| matches(id, scenario.id)) {
                return Err(format!("{} names {id}, which is no scenario", flaw.name).into());
            }
        }
    }
    Ok(())
}
