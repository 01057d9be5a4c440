//! Parsers: the careful ones pass everything, and each flaw is caught.

use interloper_driver::Setup;
use interloper_engine::record::{ReadAs, ScenarioResult, Verdict, describe};
use interloper_engine::{SavedInput, StoreSpec, Worker};
use interloper_flawed::{ParserFlaw, parser_flaws};
use interloper_scenarios::CATALOGUE;
use libtest_mimic::Failed;

use super::{matches, plan};

/// Runs the scenarios about parsers on one.
fn results(adapter: &str) -> Result<Vec<ScenarioResult>, Failed> {
    let mut worker = Worker::start(&StoreSpec::adapter(adapter), None)?;
    let hello = worker.hello()?;
    worker.give_inputs(inputs())?;
    let mut results = Vec::new();
    for Setup { name: setup, .. } in &hello.setups {
        for scenario in CATALOGUE.iter().filter(|scenario| scenario.is_about(&hello)) {
            results.push(worker.run(scenario.id, setup, &plan(), |_, _| {})?);
        }
    }
    Ok(results)
}

/// Returns what the scenario that replays headers gets: one that every parser reads alike, and one that no vector is like.
fn inputs() -> Vec<SavedInput> {
    let named = |(n, header): (usize, &str)| SavedInput {
        name: n.to_string(),
        bytes: header.as_bytes().to_vec(),
    };
    ["a=1; b=2", "a=1~b=2; c=3"].into_iter().enumerate().map(named).collect()
}

fn told(result: &ScenarioResult) -> String {
    let found = result.findings.iter().map(|found| {
        let facts: Vec<String> = found.evidence.iter().map(describe::evidence).collect();
        format!("{}: {} ({})", found.cause, found.sentence, facts.join("; "))
    });
    let found: Vec<String> = found.chain(result.reason.clone()).collect();
    format!("{}: {}: {}", result.scenario, result.verdict, found.join("\n    "))
}

pub(crate) fn careful_pass() -> Result<(), Failed> {
    for adapter in ["splitting-parser", "scanning-parser"] {
        let results = results(adapter)?;
        let other = results.iter().filter(|result| result.verdict != Verdict::Pass);
        let other: Vec<String> = other.map(told).collect();
        if !other.is_empty() || results.is_empty() {
            return Err(format!("{adapter}:\n{}", other.join("\n")).into());
        }
        // A record without the readings would be a matrix without rows.
        let read: Vec<_> = results.iter().flat_map(|result| &result.readings).collect();
        let as_due = |read: &ReadAs| matches!(read, ReadAs::Reference);
        if read.len() < 100 || read.iter().filter(|reading| as_due(&reading.read)).count() < 100 {
            return Err(format!("{adapter}: {} vectors were read", read.len()).into());
        }
    }
    Ok(())
}

pub(crate) fn is_caught(flaw: &ParserFlaw) -> Result<(), Failed> {
    let results = results(flaw.name)?;
    let of = |id: &str| results.iter().find(|result| result.scenario == id);
    for id in flaw.caught_by {
        match of(id) {
            Some(result) if result.verdict == Verdict::Fail => {}
            other => return Err(format!("not caught by {id}: {:?}", other.map(told)).into()),
        }
    }
    let allowed = |id: &str| {
        flaw.caught_by.contains(&id) || flaw.may_fail.iter().any(|pattern| matches(pattern, id))
    };
    let by_accident = results
        .iter()
        .filter(|result| result.verdict != Verdict::Pass && !allowed(&result.scenario));
    let by_accident: Vec<String> = by_accident.map(told).collect();
    match by_accident.is_empty() {
        true => Ok(()),
        false => {
            Err(format!("also, which the flaw does not say:\n{}", by_accident.join("\n")).into())
        }
    }
}

pub(crate) fn names_exist() -> Result<(), Failed> {
    for flaw in parser_flaws() {
        for id in flaw.caught_by.iter().chain(flaw.may_fail) {
            if !CATALOGUE.iter().any(|scenario| matches(id, scenario.id)) {
                return Err(format!("{} names {id}, which is no scenario", flaw.name).into());
            }
        }
    }
    Ok(())
}
