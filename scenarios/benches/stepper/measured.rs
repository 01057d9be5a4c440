//! What is measured, as scenarios: only those run in a sandbox.
//!
//! A measured scenario gives its figures as the reason why it is no verdict, so nobody can take it for one.

use std::time::Instant;

use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, Principal, Request, Resume, Scenario, Shape,
    Snapshot, Sweep, unit,
};
use serde::{Deserialize, Serialize};

/// The session's id.
const ID: &str = "alpha";
/// How often one sandbox does the same: the first time is colder than the others.
const ROUNDS: usize = 5;

/// What an operation came to, gone through several times.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// How many steps it has.
    pub(crate) steps: u64,
    /// How many states a store had to recover from, of those that differ.
    pub(crate) recoveries: u64,
    /// How it had recovered: the old session, the new one, anything else.
    pub(crate) became: [u64; 3],
    /// How long each round took, in microseconds.
    pub(crate) micros: Vec<u64>,
}

impl Figures {
    fn give(&self) -> CaseResult<()> {
        Err(Abort::Skip(serde_json::to_string(self).unwrap_or_default()))
    }
}

const fn scenario(id: &'static str, run_as: Principal, property: &'static Check<()>) -> Scenario {
    Scenario {
        id,
        sentence: "It takes as long as it takes.",
        fix: "measure again",
        severity: Severity::Info,
        cwe: &[],
        owasp: &[],
        needs: &[Need::Steps, Need::Files],
        sweep: Sweep::Few,
        run_as,
        property,
    }
}

/// An update, watched by the two principals who are not the owner.
pub(crate) static WATCH: Scenario =
    scenario("bench::watch", Principal::Owner, &Check { input: unit, check: watch::<1> });
/// The same beside nine other sessions.
pub(crate) static WATCH_10: Scenario =
    scenario("bench::watch_10", Principal::Owner, &Check { input: unit, check: watch::<10> });
/// The same beside ninety-nine.
pub(crate) static WATCH_100: Scenario =
    scenario("bench::watch_100", Principal::Owner, &Check { input: unit, check: watch::<100> });
/// An update by the sandbox's root, which three other principals watch.
pub(crate) static WATCH_BY_THREE: Scenario = scenario(
    "bench::watch_by_three",
    Principal::Service,
    &Check { input: unit, check: watch::<1> },
);
/// The same steps, held and let go, with nobody watching.
pub(crate) static PASS: Scenario =
    scenario("bench::pass", Principal::Owner, &Check { input: unit, check: pass });
/// An update cut short at each step, and one recovery for each state that this leaves.
pub(crate) static CRASH: Scenario =
    scenario("bench::crash", Principal::Owner, &Check { input: unit, check: crash });

fn watch<const SESSIONS: u16>(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let shape = Shape::plain();
    for n in 1..SESSIONS {
        lab.must_save(&format!("session-{n}"), n + 1, &shape)?;
    }
    // The store is open then: what is measured is one save, as it is under strace.
    lab.must_save(ID, 0, &shape)?;
    let request = Request::save(lab, ID, 1, &shape);
    let mut figures = Figures::default();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let (watched, ending) = lab.watch(&request)?;
        ending.require_ok("save")?;
        figures.micros.push(began.elapsed().as_micros() as u64);
        figures.steps = watched.steps.len() as u64;
    }
    figures.give()
}

fn pass(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let shape = Shape::plain();
    lab.must_save(ID, 0, &shape)?;
    let request = Request::save(lab, ID, 1, &shape);
    let mut figures = Figures::default();
    for _ in 0..ROUNDS {
        let began = Instant::now();
        figures.steps = 0;
        let ending = lab.through(&request, |_, _| {
            figures.steps += 1;
            Ok(Resume::Continue)
        })?;
        ending.require_ok("save")?;
        figures.micros.push(began.elapsed().as_micros() as u64);
    }
    figures.give()
}

/// Not `faults::crash`: that looks at neighbours, residue and later saves too, and a loop around strace does none of it.
fn crash(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let shape = Shape::plain();
    lab.must_save(ID, 0, &shape)?;
    lab.restart()?;
    let start = lab.snapshot()?;
    let request = Request::save(lab, ID, 1, &shape);
    let old = lab.load(ID)?;
    lab.restore(&start)?;
    lab.must_save(ID, 1, &shape)?;
    lab.restart()?;
    let new = lab.load(ID)?;

    let mut figures = Figures::default();
    let began = Instant::now();
    lab.restore(&start)?;
    let mut states: Vec<Snapshot> = Vec::new();
    let mut changed = true;
    let ending = lab.through(&request, |lab, step| {
        figures.steps += 1;
        if changed {
            let there = lab.snapshot()?;
            if !states.iter().any(|other| other.same_as(&there)) {
                states.push(there);
            }
        }
        changed = step.changes;
        Ok(Resume::Continue)
    })?;
    ending.require_ok("save")?;
    for there in &states {
        lab.restore(there)?;
        let became = match lab.load(ID) {
            Ok(loaded) if same(&loaded, &old) => 0,
            Ok(loaded) if same(&loaded, &new) => 1,
            Ok(_) | Err(Abort::Driver(_)) => 2,
            Err(stop) => return Err(stop),
        };
        figures.became[became] += 1;
        figures.recoveries += 1;
    }
    figures.micros.push(began.elapsed().as_micros() as u64);
    figures.give()
}

fn same(one: &Loaded, other: &Loaded) -> bool {
    matches!((one, other), (Loaded::Present(one), Loaded::Present(other)) if one == other)
}
