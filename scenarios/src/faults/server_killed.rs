//! Acknowledged changes survive a kill of the server.

use interloper_driver::{Can, Operation, Promise};
use interloper_engine::record::{Evidence, Interruption, InterruptionKind, Severity, Workload};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Completion, Lab, Loaded, Need, Principal, Request, Resume,
    Scenario, Shape, StopEvent, StoryGuards, Sweep, Violation, unit,
};

use super::outcome::Outcome;
use crate::support::try_load;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "faults::server_killed",
    sentence: "Killed at any moment and started again, the store's server has every session whose save it acknowledged, none whose delete it acknowledged, and goes on.",
    fix: "write each change to a log on the disk, and sync that, before acknowledging it (appendfsync always, synchronous_commit=on); a store that is a cache should say what a crash may lose",
    severity: Severity::Medium,
    cwe: &["CWE-755", "CWE-662"],
    owasp: &[],
    needs: &[Need::Can(Can::Server), Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// The id of a session that nothing is done to.
const NEIGHBOUR: &str = "beta";
/// Its slot.
const NEIGHBOUR_SLOT: u16 = 2;
/// The slot of the session that is saved when all is over.
const LATER: u16 = 3;

/// Moment of the kill, relative to the operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// After what came before it was acknowledged, and before it is sent.
    Before,
    /// After it was sent, and before its answer was read.
    During,
    /// After it was acknowledged.
    After,
}

impl Moment {
    const ALL: [Moment; 3] = [Moment::Before, Moment::During, Moment::After];

    fn clause(self, operation: &str) -> String {
        match self {
            Moment::Before => format!("the server was killed before {operation} was sent"),
            Moment::During => format!("the server was killed while {operation} was under way"),
            Moment::After => format!("the server was killed after {operation} was acknowledged"),
        }
    }
}

/// State in the end: the slot of the session, if there is one.
type Slot = Option<u16>;

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.expect_variations("moments to kill a server at");
    let empty = lab.snapshot()?;
    for workload in [Workload::Save, Workload::Update, Workload::Delete] {
        if !lab.workloads().contains(&workload) {
            continue;
        }
        for moment in Moment::ALL {
            lab.restore(&empty)?;
            lab.if_reported(|lab| kill_at(lab, workload, moment, &case.session))?;
        }
    }
    Ok(())
}

/// Goes through an operation with a kill, has the server started again, and judges what is there then.
fn kill_at(lab: &mut Lab<'_>, workload: Workload, moment: Moment, shape: &Shape) -> CaseResult<()> {
    lab.must_save(NEIGHBOUR, NEIGHBOUR_SLOT, shape)?;
    if let Some(slot) = workload.before() {
        lab.must_save(Workload::ID, slot, shape)?;
    }
    let request = lab.workload_request(workload, shape);
    let acknowledged = match moment {
        Moment::Before => {
            kill(lab)?;
            lab.ask_for(&request)?.is_ok()
        }
        Moment::During => {
            lab.send(&request)?;
            kill(lab)?;
            answer(lab, &request)?.is_ok()
        }
        Moment::After => {
            lab.ask_for(&request)?.require_ok(workload.as_str())?;
            kill(lab)?;
            true
        }
    };
    lab.restart()?;
    let by = Interruption::new(InterruptionKind::Kill, moment.clause(workload.as_str()));
    let known: &[Slot] = match acknowledged {
        true => &[workload.after()],
        false => &[workload.before(), workload.after()],
    };
    let (outcome, what) = judge(lab, Workload::ID, known, acknowledged)?;
    if outcome.is_bad() {
        report(lab, workload, outcome, &by, &what);
        return Ok(());
    }
    let (neighbour, what) = judge(lab, NEIGHBOUR, &[Some(NEIGHBOUR_SLOT)], true)?;
    if neighbour.is_bad() {
        report(lab, workload, neighbour, &by, &format!("another session: {what}"));
        return Ok(());
    }
    if let Some(what) = goes_on(lab, shape)? {
        report(lab, workload, Outcome::Stuck, &by, &what);
        return Ok(());
    }
    lab.count_step(&format!("{} {outcome}", workload.as_str()));
    Ok(())
}

fn kill(lab: &mut Lab<'_>) -> CaseResult<()> {
    match lab.kill_server()? {
        true => Ok(()),
        false => Err(Abort::Ineffective("open named no server that lives".into())),
    }
}

/// Waits for the answer to what was sent.
fn answer(lab: &mut Lab<'_>, request: &Request) -> CaseResult<Completion> {
    match lab.advance(Resume::Continue)? {
        StopEvent::Answered(answer) => Ok(Completion(Ok(answer))),
        StopEvent::Ended(seen) => Ok(Completion(Err(seen))),
        StopEvent::Held(_) | StopEvent::Blocked => {
            Err(Abort::Ineffective(format!("{} was held", request.word())))
        }
    }
}

/// Judges what loads: one of the known states is right.
fn judge(
    lab: &mut Lab<'_>,
    id: &str,
    known: &[Slot],
    acknowledged: bool,
) -> CaseResult<(Outcome, String)> {
    let loaded = match try_load(lab, id)? {
        Ok(loaded) => loaded,
        Err(seen) => return Ok((Outcome::Stuck, format!("load: {}", seen.clause()))),
    };
    let word = format!("load({id:?}) is answered with {}", loaded.word());
    let found = match &loaded {
        Loaded::Absent => Some(None),
        Loaded::Present(session) => match lab.slots_of(session)[..] {
            [slot] => Some(Some(slot)),
            _ => None,
        },
        Loaded::Failed(_) => None,
    };
    let outcome = match found {
        Some(slot) if known.last() == Some(&slot) => Outcome::New,
        Some(slot) if known.contains(&slot) => Outcome::Old,
        _ if acknowledged => Outcome::Lied,
        Some(None) => Outcome::Lost,
        _ => Outcome::Torn,
    };
    Ok((outcome, word))
}

/// Returns what is wrong with a later save.
fn goes_on(lab: &mut Lab<'_>, shape: &Shape) -> CaseResult<Option<String>> {
    match lab.save(Workload::ID, LATER, shape) {
        Ok(Ok(())) => {
            let (outcome, what) = judge(lab, Workload::ID, &[Some(LATER)], true)?;
            Ok(outcome.is_bad().then_some(what))
        }
        Ok(Err(failure)) => Ok(Some(format!("a later save is answered with {failure}"))),
        Err(Abort::Driver(seen)) => Ok(Some(format!("a later save: {}", seen.clause()))),
        Err(stop) => Err(stop),
    }
}

fn report(lab: &mut Lab<'_>, workload: Workload, outcome: Outcome, by: &Interruption, what: &str) {
    lab.count_step(&format!("{} {outcome}", workload.as_str()));
    let sentence = match outcome {
        Outcome::Stuck => "the store did not go on after its server was killed",
        Outcome::Lied => {
            "the server acknowledged a change and does not have it after it was killed"
        }
        _ => "the server was killed, and a session is neither the old nor the new",
    };
    // What a server that promises nothing loses in a crash is documented behaviour, and still worth knowing.
    let severity = lab.where_promised(Promise::Durable, Severity::Medium);
    let evidence = Evidence::Interrupted {
        operation: workload.as_str().to_owned(),
        by: by.clone(),
        outcome: what.to_owned(),
    };
    lab.report(Violation::new(outcome.to_string(), sentence).severity(severity).evidence(evidence));
}
