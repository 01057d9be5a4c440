//! The supervisor: one thread, pid 1 of its sandbox, runs what it is told.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};

use nix::sys::stat::{Mode, umask};

use crate::breach;
use crate::error::{Context, Error, Result};
use crate::lab::Abort;
use crate::messages::{Start, WorkerRequest, WorkerResponse, receive, send};
use crate::plan::{Plan, Profile};
use crate::principal::Principal;
use crate::privilege::{hide_from_own_uid, leave_keyring, leave_root};
use crate::record::Changes;
use crate::runner::Runner;
use crate::sandbox::{Boot, Tier, set_up};
use crate::scenario::Scenario;
use crate::token::Token;
use crate::trace::trace;
use crate::worker_state::WorkerState;

/// Runs the supervisor to its end, and returns its exit status.
pub(crate) fn main(catalogue: &[&'static Scenario]) -> i32 {
    match run(catalogue) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("interloper: supervisor: {error}");
            1
        }
    }
}

fn run(catalogue: &[&'static Scenario]) -> Result<()> {
    // The harness that started us may be gone already, which a death signal asked for later does not tell:
    // the control channel does, and every read below ends then.
    die_with_the_harness()?;
    // A session of its own has no terminal; one that leads its group already, as the clone's child does, has it.
    let _ = nix::unistd::setsid();
    hide_from_own_uid().doing("hide from other processes")?;
    leave_keyring().doing("leave the caller's keyring")?;
    // Orphans of a driver come here, in every tier, so that they can be ended.
    nix::sys::prctl::set_child_subreaper(true).doing("become the parent of orphans")?;
    // Drivers get descriptors 3 and 4; nothing of the supervisor's may be there when it forks them.
    let null = || File::options().read(true).write(true).open("/dev/null").on("open", "/dev/null");
    let _occupied = (null()?, null()?, null()?);
    umask(Mode::from_bits_truncate(0o022));
    let stream = control()?;
    let mut from = BufReader::new(stream.try_clone().doing("copy the control channel")?);
    let mut to = BufWriter::new(stream);
    let Some(Start { boot, spec }) = receive(&mut from)? else { return Ok(()) };
    let worker = set_up(&boot)
        .and_then(|()| leave_root_to_the_store(&boot))
        .and_then(|()| WorkerState::new(boot, spec));
    let mut worker = match worker {
        Ok(worker) => worker,
        Err(error) => {
            let response = match &error {
                Error::Refused { .. } | Error::Path { .. } => {
                    WorkerResponse::Refused(error.to_string())
                }
                _ => WorkerResponse::Failed(error.to_string()),
            };
            return send_response(&mut to, &response);
        }
    };
    send_response(&mut to, &WorkerResponse::Ready)?;
    while let Some(request) = receive::<WorkerRequest>(&mut from)? {
        let response =
            catch_unwind(AssertUnwindSafe(|| perform(catalogue, &mut worker, request, &mut to)))
                .unwrap_or_else(|panic| {
                    let why = panic
                        .downcast_ref::<String>()
                        .cloned()
                        .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
                    WorkerResponse::Failed(format!(
                        "the harness panicked: {}",
                        why.unwrap_or_default()
                    ))
                });
        send_response(&mut to, &response)?;
    }
    Ok(())
}

fn die_with_the_harness() -> Result<()> {
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)
        .doing("ask to die with the harness")
}

/// Leaves uid 0 to the store: in a user namespace it is a store's that runs as `service`, and nothing of the supervisor's may be in reach
/// of it.
fn leave_root_to_the_store(boot: &Boot) -> Result<()> {
    if boot.tier != Tier::Namespaces {
        return Ok(());
    }
    leave_root(boot.ids.supervisor).doing("leave uid 0 to the store")?;
    // Both are undone by a change of ids.
    hide_from_own_uid().doing("hide from other processes")?;
    die_with_the_harness()
}

/// Takes the control channel: the standard input, which nothing else uses.
fn control() -> Result<UnixStream> {
    let fd = std::io::stdin().as_fd().try_clone_to_owned().doing("take the control channel")?;
    Ok(UnixStream::from(fd))
}

fn send_response(to: &mut impl Write, response: &WorkerResponse) -> Result<()> {
    send(to, response)?;
    to.flush().doing("talk to the harness")
}

fn perform(
    catalogue: &[&'static Scenario],
    worker: &mut WorkerState,
    request: WorkerRequest,
    to: &mut impl Write,
) -> WorkerResponse {
    match request {
        WorkerRequest::Hello => match worker.hello(Principal::Owner) {
            Ok(hello) => WorkerResponse::Hello(Box::new(hello.clone())),
            Err(error) => WorkerResponse::failed(&error),
        },
        WorkerRequest::Protocol(asked) => match breach::examine(worker, &asked) {
            Ok(breaches) => WorkerResponse::Breaches(breaches),
            Err(error) => WorkerResponse::failed(&error),
        },
        WorkerRequest::Run { scenario, setup, plan, changes } => {
            worker.set_changes(&changes);
            let Some(scenario) = find(catalogue, &scenario) else {
                return WorkerResponse::Failed(format!("there is no scenario {scenario}"));
            };
            let mut last = std::time::Instant::now();
            let mut progress = |done, total| {
                if last.elapsed().as_millis() >= 100 {
                    last = std::time::Instant::now();
                    // Nobody listening ends the run at the next message, which is soon.
                    let _ = send_response(to, &WorkerResponse::Progress { done, total });
                }
            };
            let runner = Runner::new(worker, scenario, setup, &plan, &mut progress);
            WorkerResponse::Done(Box::new(runner.result()))
        }
        WorkerRequest::Inputs(inputs) => {
            worker.set_inputs(inputs);
            WorkerResponse::Ready
        }
        WorkerRequest::Search { scenario, setup, order } => {
            let Some(scenario) = find(catalogue, &scenario) else {
                return WorkerResponse::Failed(format!("there is no scenario {scenario}"));
            };
            let plan = order.plan();
            let mut silent = |_, _| {};
            let runner = Runner::new(worker, scenario, setup, &plan, &mut silent);
            // Nobody listening ends the search at once.
            let mut news = |news| send_response(to, &WorkerResponse::Searched(Box::new(news)));
            WorkerResponse::Done(Box::new(runner.search(&order, &mut news)))
        }
        WorkerRequest::Replay { token, changes } => {
            match replay(catalogue, worker, &token, &changes) {
                Ok(replayed) => WorkerResponse::Replayed(Box::new(replayed)),
                Err(
                    Abort::Ineffective(why)
                    | Abort::Unsupported(why)
                    | Abort::Skip(why)
                    | Abort::Trouble(why)
                    | Abort::OutOfBudget(why),
                ) => WorkerResponse::Failed(why),
                Err(Abort::Driver(seen)) => WorkerResponse::Failed(seen.clause().to_owned()),
                Err(Abort::Harness(error)) => WorkerResponse::failed(&error),
            }
        }
        WorkerRequest::Trace(order) => match trace(worker, &order) {
            Ok(trace) => WorkerResponse::Traced(Box::new(trace)),
            Err(Abort::Ineffective(why) | Abort::Unsupported(why) | Abort::Skip(why)) => {
                WorkerResponse::Untraced(why)
            }
            Err(Abort::Trouble(why) | Abort::OutOfBudget(why)) => WorkerResponse::Failed(why),
            Err(Abort::Driver(seen)) => WorkerResponse::Failed(seen.clause().to_owned()),
            Err(Abort::Harness(error)) => WorkerResponse::failed(&error),
        },
    }
}

fn find(catalogue: &[&'static Scenario], id: &str) -> Option<&'static Scenario> {
    catalogue.iter().find(|scenario| scenario.id == id).copied()
}

fn replay(
    catalogue: &[&'static Scenario],
    worker: &mut WorkerState,
    token: &str,
    changes: &Changes,
) -> Result<crate::runner::Replayed, Abort> {
    worker.set_changes(changes);
    let token: Token = token.parse()?;
    let scenario = find(catalogue, &token.scenario)
        .ok_or_else(|| Error::Token(format!("there is no scenario {}", token.scenario)))?;
    let plan = Plan { seed: 0, profile: Profile::Quick, umasks: Vec::new(), cases: None };
    let setup = token.target.setup.clone();
    Runner::new(worker, scenario, setup, &plan, &mut |_, _| {}).replay(&token)
}
