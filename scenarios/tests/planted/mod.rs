//! Applications, clients and parsers: the careful ones pass everything, and each flaw is caught.

use interloper_driver::Setup;
use interloper_engine::record::{ReadAs, ScenarioResult, Severity, Verdict, describe};
use interloper_engine::{Need, SavedInput, Scenario, StoreSpec, Tier, Worker};
use interloper_flawed::{PlantedFlaw, app_flaws, client_flaws, parser_flaws};
use interloper_scenarios::CATALOGUE;
use libtest_mimic::{Failed, Trial};

use super::{matches, plan};

/// Returns the trials of all three kinds.
pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("hardened_app_passes_everything", || all_pass("hardened-app").map(drop)),
        Trial::test("hardened_client_passes_everything", || match has_sites()? {
            true => all_pass("hardened-client").map(drop),
            false => Ok(()),
        }),
        Trial::test(
            "a_client_that_takes_cookies_at_the_end_passes_everything",
            || match has_sites()? {
                true => all_pass("late-client").map(drop),
                false => Ok(()),
            },
        ),
        Trial::test("a_client_that_says_something_in_clear_first_passes_everything", || {
            match has_sites()? {
                true => all_pass("knocking-client").map(drop),
                false => Ok(()),
            }
        }),
        Trial::test("a_client_that_takes_no_cookie_for_a_domain_is_not_blamed_for_it", || {
            let why = "its jar takes no cookie for a domain";
            has_verdict("strict-client", "clients::domain", Verdict::Unsupported, why)
        }),
        Trial::test(
            "a_client_whose_clock_does_not_move_is_not_told_that_it_sends_what_expired",
            || {
                let why = "its clock does not move where it looks at the ends of cookies";
                has_verdict("clocked-client", "clients::expired", Verdict::Skip, why)
            },
        ),
        Trial::test("where_a_client_does_not_go_it_is_not_said_to_send_nothing", || {
            let why = "the redirect was not followed";
            has_verdict("staying-client", "clients::secure", Verdict::Skip, why)?;
            let why = "no request arrived at notapp.test";
            has_verdict("listed-client", "clients::given_cookie", Verdict::Skip, why)
        }),
        Trial::test("a_log_of_a_read_only_run_is_a_low_finding", || {
            severity("logs-when-read-only", Severity::Low)?;
            severity("writes-when-read-only", Severity::Medium)
        }),
        Trial::test("the_careful_parsers_pass_everything", || {
            ["splitting-parser", "scanning-parser"].into_iter().try_for_each(parser_passes)
        }),
    ];
    trials.extend(
        app_flaws()
            .map(|flaw| Trial::test(format!("app::{}", flaw.name), || app_flaw_is_caught(flaw))),
    );
    trials.extend(client_flaws().map(|flaw| {
        Trial::test(format!("client::{}", flaw.name), || match has_sites()? {
            true => caught(flaw, |_| true, &[Verdict::Pass, Verdict::Unsupported]),
            false => Ok(()),
        })
    }));
    trials.extend(parser_flaws().map(|flaw| {
        Trial::test(format!("parser::{}", flaw.name), || caught(flaw, |_| true, &[Verdict::Pass]))
    }));
    trials
}

/// Returns every flaw of the three kinds.
pub(crate) fn flaws() -> impl Iterator<Item = &'static PlantedFlaw> {
    app_flaws().chain(client_flaws()).chain(parser_flaws())
}

/// Returns whether this host has what clients need; `the_host_shows_everything` fails where it has not.
fn has_sites() -> Result<bool, Failed> {
    Ok(Worker::start(&StoreSpec::adapter("hardened-client"), None)?.tier() == Tier::Namespaces)
}

/// Returns what the scenario that replays headers gets: one that every parser reads alike, and one that no vector is like.
fn headers() -> Vec<SavedInput> {
    let named = |(n, header): (usize, &str)| SavedInput {
        name: n.to_string(),
        bytes: header.as_bytes().to_vec(),
    };
    ["a=1; b=2", "a=1~b=2; c=3"].into_iter().enumerate().map(named).collect()
}

/// Runs the scenarios about a subject of its kind that are wanted on one.
fn results(
    adapter: &str,
    wanted: impl Fn(&Scenario) -> bool,
) -> Result<Vec<ScenarioResult>, Failed> {
    let mut worker = Worker::start(&StoreSpec::adapter(adapter), None)?;
    let hello = worker.hello()?;
    worker.give_inputs(headers())?;
    let mut results = Vec::new();
    for Setup { name: setup, .. } in &hello.setups {
        let about = CATALOGUE.iter().filter(|scenario| scenario.is_about(&hello));
        for scenario in about.filter(|scenario| wanted(scenario)) {
            results.push(worker.run(scenario.id, setup, &plan(), |_, _| {})?);
        }
    }
    Ok(results)
}

/// Checks that a scenario has this verdict on a client, for this reason.
fn has_verdict(adapter: &str, scenario: &str, verdict: Verdict, why: &str) -> Result<(), Failed> {
    if !has_sites()? {
        return Ok(());
    }
    match &results(adapter, |one| one.id == scenario)?[..] {
        [result] if result.verdict == verdict && told(result).contains(why) => Ok(()),
        other => Err(format!("{:?}", other.iter().map(told).collect::<Vec<_>>()).into()),
    }
}

/// Checks how bad the one finding about a client that writes in a read-only run is.
fn severity(flaw: &str, expected: Severity) -> Result<(), Failed> {
    if !has_sites()? {
        return Ok(());
    }
    let results = results(flaw, |one| one.id == "clients::read_only")?;
    let found = results.iter().flat_map(|result| &result.findings);
    match found.map(|finding| finding.severity).collect::<Vec<_>>()[..] {
        [severity] if severity == expected => Ok(()),
        ref other => Err(format!("{flaw}: {other:?}").into()),
    }
}

fn told(result: &ScenarioResult) -> String {
    let found = result.findings.iter().map(|found| {
        let facts: Vec<String> = found.evidence.iter().map(describe::evidence).collect();
        format!("{}: {} ({})", found.cause, found.sentence, facts.join("; "))
    });
    let found: Vec<String> = found.chain(result.reason.clone()).collect();
    format!("{}: {}: {}", result.scenario, result.verdict, found.join("\n    "))
}

/// Runs every scenario about a subject of its kind on it, and checks that each passes.
fn all_pass(adapter: &str) -> Result<Vec<ScenarioResult>, Failed> {
    let results = results(adapter, |_| true)?;
    let other = results.iter().filter(|result| result.verdict != Verdict::Pass);
    let other: Vec<String> = other.map(told).collect();
    match (results.is_empty(), other.is_empty()) {
        (false, true) => Ok(results),
        _ => Err(format!("{adapter}:\n{}", other.join("\n")).into()),
    }
}

fn parser_passes(adapter: &str) -> Result<(), Failed> {
    // A record without the readings would be a matrix without rows.
    let results = all_pass(adapter)?;
    let read: Vec<_> = results.iter().flat_map(|result| &result.readings).collect();
    let as_due = |read: &ReadAs| matches!(read, ReadAs::Reference);
    match read.iter().filter(|reading| as_due(&reading.read)).count() {
        100.. => Ok(()),
        count => Err(format!("{adapter}: {count} of {} vectors as due", read.len()).into()),
    }
}

fn app_flaw_is_caught(flaw: &PlantedFlaw) -> Result<(), Failed> {
    // Those that step take as long as all others together; ci/nightly tries them on every flaw.
    let full = std::env::var("INTERLOPER_KILL_TABLE").is_ok_and(|word| word == "full");
    let wanted = |scenario: &Scenario| {
        full || flaw.caught_by.contains(&scenario.id) || !scenario.needs.contains(&Need::Steps)
    };
    caught(flaw, wanted, &[Verdict::Pass, Verdict::Unsupported])
}

/// Checks that the scenarios that must fail do, and that all others but those that may have a verdict that is right.
fn caught(
    flaw: &PlantedFlaw,
    wanted: impl Fn(&Scenario) -> bool,
    right: &[Verdict],
) -> Result<(), Failed> {
    let results = results(flaw.name, wanted)?;
    for id in flaw.caught_by {
        match results.iter().find(|result| result.scenario == *id) {
            Some(result) if result.verdict == Verdict::Fail => {}
            other => return Err(format!("not caught by {id}: {:?}", other.map(told)).into()),
        }
    }
    let allowed = |id: &str| {
        flaw.caught_by.contains(&id) || flaw.may_fail.iter().any(|pattern| matches(pattern, id))
    };
    let by_accident =
        results.iter().filter(|one| !allowed(&one.scenario) && !right.contains(&one.verdict));
    let by_accident: Vec<String> = by_accident.map(told).collect();
    match by_accident.is_empty() {
        true => Ok(()),
        false => {
            Err(format!("also, which the flaw does not say:\n{}", by_accident.join("\n")).into())
        }
    }
}
