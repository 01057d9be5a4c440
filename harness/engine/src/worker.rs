//! The harness's side of a supervisor: starting one, asking it, and getting rid of it.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child as Process, Command, Stdio};
use std::sync::{OnceLock, mpsc};

use interloper_driver::{Hello, SetupName};

use crate::breach::{Breach, Examination};
use crate::driver::{Hosting, StoreSpec};
use crate::error::{Context, Error, Result};
use crate::messages::{Start, WorkerRequest, WorkerResponse, receive, send};
use crate::plan::Plan;
use crate::principal::Ids;
use crate::record::{Changes, ScenarioResult, Trace};
use crate::role;
use crate::runner::{Replayed, SavedInput, SearchNews, SearchOrder};
use crate::sandbox::{
    Boot, Child, IdRange, Layout, Tier, clone_into_namespaces, is_initial, missing_capabilities,
    parent_of_bases, remove_base,
};
use crate::trace::TraceOrder;
use crate::words;

/// A supervisor with its sandbox. Dropping it ends both, and everything in them.
#[derive(Debug)]
pub struct Worker {
    from: BufReader<UnixStream>,
    to: UnixStream,
    /// Held for its drop.
    _held: Held,
    tier: Tier,
}

/// Handle that keeps a sandbox alive.
#[derive(Debug)]
enum Held {
    /// Pid 1 of the namespaces.
    Namespaces { _child: Child },
    /// The janitor, and the end of the channel whose closing it waits for.
    Janitor {
        lifeline: Option<UnixStream>,
        janitor: Process,
        base: PathBuf,
        /// Held for as long as the ids are in use.
        _ids: Option<IdRange>,
    },
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Held::Janitor { lifeline, janitor, base, .. } = self {
            drop(lifeline.take());
            // A janitor that was killed has left the directory; what was in it died with it.
            if !janitor.wait().is_ok_and(|status| status.success()) {
                let _ = remove_base(base);
            }
        }
    }
}

impl Worker {
    /// Starts a sandbox for a store in the best tier that this host has.
    ///
    /// # Errors
    /// What each tier said; with `only`, what that tier said.
    pub fn start(spec: &StoreSpec, only: Option<Tier>) -> Result<Worker> {
        if let Some(tier) = only {
            return Worker::start_in(spec, tier);
        }
        let mut refusals = Vec::new();
        for tier in [Tier::Namespaces, Tier::Uids, Tier::Predicted] {
            match Worker::start_in(spec, tier) {
                Err(Error::Refused { what, why }) => {
                    refusals.push(format!("tier {tier}: it refuses {what} ({why})"));
                }
                other => return other,
            }
        }
        Err(Error::Refused { what: "every tier", why: refusals.join("; ") })
    }

    /// Starts a sandbox in one tier.
    ///
    /// # Errors
    /// [`Error::Refused`] where the host refuses what the tier needs.
    pub fn start_in(spec: &StoreSpec, tier: Tier) -> Result<Worker> {
        let (own, theirs) = UnixStream::pair().doing("make a control channel")?;
        let root = nix::unistd::geteuid().is_root();
        let (ids, range) = match tier {
            Tier::Namespaces => (Ids::from_base(0), None),
            Tier::Uids if !root => {
                return Err(Error::Refused {
                    what: "playing other users without namespaces to whoever is not root",
                    why: "setresuid(2) needs CAP_SETUID; use tier namespaces, or run as root"
                        .into(),
                });
            }
            Tier::Uids if !missing_capabilities().is_empty() => {
                return Err(Error::Refused {
                    what: "playing other users to a root without capabilities",
                    why: format!(
                        "{} missing; add them (docker run --cap-add), or run as an ordinary user",
                        missing_capabilities().join(", ")
                    ),
                });
            }
            Tier::Uids => {
                let range = IdRange::unused()?;
                (Ids::from_base(range.first_uid), Some(range))
            }
            // The store would run as root of this machine, with nothing between them.
            Tier::Predicted if root && is_initial() => {
                return Err(Error::Refused {
                    what: "tier predicted to root",
                    why: "the store would run as root of this machine; use tier uids, or run as \
                          an ordinary user"
                        .into(),
                });
            }
            Tier::Predicted => {
                let (uid, gid) = (nix::unistd::geteuid().as_raw(), nix::unistd::getegid().as_raw());
                let groups = nix::unistd::getgroups().doing("ask for one's groups")?;
                let groups = groups.into_iter().map(nix::unistd::Gid::as_raw).collect();
                (Ids::imagined(uid, gid, groups), None)
            }
        };
        let mut runtimes = spec.runtimes.clone();
        if let Hosting::Command { argv, .. } = &spec.hosting
            && let Some(program) = argv.first().filter(|program| program.starts_with('/'))
        {
            runtimes.push(program.into());
        }
        let shown = Boot::shown(&runtimes);
        let (layout, held) = match tier {
            Tier::Namespaces => {
                let ids = if root { IdRange::unused()? } else { IdRange::delegated()? };
                let sources: Vec<_> = shown.iter().map(|shown| shown.path.clone()).collect();
                let layout = Layout::new("/").showing(sources.clone());
                let child = spawn_in_namespaces(ids, sources, theirs.into())?;
                (layout, Held::Namespaces { _child: child })
            }
            Tier::Uids | Tier::Predicted => {
                let (base, held) = start_janitor(theirs.into(), range)?;
                (Layout::new(base), held)
            }
        };
        let boot = Boot { tier, layout, ids, shown, files: spec.files.clone() };
        let mut worker = Worker {
            from: BufReader::new(own.try_clone().doing("copy the control channel")?),
            to: own,
            _held: held,
            tier,
        };
        send(&mut worker.to, &Start { boot, spec: spec.clone() })?;
        match worker.recv()? {
            WorkerResponse::Ready => Ok(worker),
            WorkerResponse::Refused(why) => {
                Err(Error::Refused { what: "what a sandbox needs", why })
            }
            other => Err(unexpected(other)),
        }
    }

    /// Returns a handle that ends the worker from another thread.
    ///
    /// # Errors
    /// When there are no descriptors left.
    pub fn handle(&self) -> Result<WorkerHandle> {
        Ok(WorkerHandle(self.to.try_clone().doing("copy the control channel")?))
    }

    /// Returns the tier in which other users are played.
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// Returns the driver's answer to `hello`.
    ///
    /// # Errors
    /// When the driver cannot be started or does not answer.
    pub fn hello(&mut self) -> Result<Hello> {
        match self.request(&WorkerRequest::Hello)? {
            WorkerResponse::Hello(hello) => Ok(*hello),
            other => Err(unexpected(other)),
        }
    }

    /// Runs a scenario in a setup; `progress` hears how many of how many cases are done.
    ///
    /// # Errors
    /// When the harness broke. A driver that misbehaves is in the result.
    pub fn run(
        &mut self,
        scenario: &str,
        setup: &SetupName,
        plan: &Plan,
        progress: impl FnMut(u64, u64),
    ) -> Result<ScenarioResult> {
        self.run_under(&Changes::default(), scenario, setup, plan, progress)
    }

    /// Runs a scenario in a setup while the store's calls, or its surroundings, are changed.
    ///
    /// # Errors
    /// When the harness broke. A driver that misbehaves is in the result.
    pub fn run_under(
        &mut self,
        changes: &Changes,
        scenario: &str,
        setup: &SetupName,
        plan: &Plan,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<ScenarioResult> {
        let request = WorkerRequest::Run {
            changes: changes.clone(),
            scenario: scenario.into(),
            setup: setup.clone(),
            plan: plan.clone(),
        };
        send(&mut self.to, &request)?;
        loop {
            match self.recv()? {
                WorkerResponse::Progress { done, total } => progress(done, total),
                WorkerResponse::Done(result) => return Ok(*result),
                other => return Err(unexpected(other)),
            }
        }
    }

    /// Gives the scenarios that replay inputs those of this store.
    ///
    /// # Errors
    /// When the harness broke.
    pub fn give_inputs(&mut self, inputs: Vec<SavedInput>) -> Result<()> {
        match self.request(&WorkerRequest::Inputs(inputs))? {
            WorkerResponse::Ready => Ok(()),
            other => Err(unexpected(other)),
        }
    }

    /// Searches for inputs that break a scenario's sentence in a setup; `hear` gets how far that is, and what was found as it is found.
    ///
    /// # Errors
    /// When the harness broke. A driver that misbehaves is in the result.
    pub fn search(
        &mut self,
        scenario: &str,
        setup: &SetupName,
        order: &SearchOrder,
        mut hear: impl FnMut(SearchNews),
    ) -> Result<ScenarioResult> {
        let request = WorkerRequest::Search {
            scenario: scenario.into(),
            setup: setup.clone(),
            order: order.clone(),
        };
        send(&mut self.to, &request)?;
        loop {
            match self.recv()? {
                WorkerResponse::Searched(news) => hear(*news),
                WorkerResponse::Done(result) => return Ok(*result),
                other => return Err(unexpected(other)),
            }
        }
    }

    /// Runs the case of a token again.
    ///
    /// # Errors
    /// When the token is not one, or the case cannot be run here.
    pub fn replay(&mut self, token: &str) -> Result<Replayed> {
        self.replay_under(&Changes::default(), token)
    }

    /// Runs the case of a token again while the store's calls, or its surroundings, are changed.
    ///
    /// # Errors
    /// When the token is not one, or the case cannot be run here.
    pub fn replay_under(&mut self, changes: &Changes, token: &str) -> Result<Replayed> {
        let request = WorkerRequest::Replay { token: token.into(), changes: changes.clone() };
        match self.request(&request)? {
            WorkerResponse::Replayed(replayed) => Ok(*replayed),
            other => Err(unexpected(other)),
        }
    }

    /// Tries the driver itself, and gives what it got wrong.
    ///
    /// # Errors
    /// When the driver cannot be started or does not answer `hello`.
    pub fn protocol(&mut self, asked: &Examination) -> Result<Vec<Breach>> {
        match self.request(&WorkerRequest::Protocol(asked.clone()))? {
            WorkerResponse::Breaches(breaches) => Ok(breaches),
            other => Err(unexpected(other)),
        }
    }

    /// Goes through an operation step by step, with every other principal watching.
    ///
    /// # Errors
    /// [`Error::Untraced`] where the store or the host has nothing to show; else when the harness broke.
    pub fn trace(&mut self, order: &TraceOrder) -> Result<Trace> {
        match self.request(&WorkerRequest::Trace(order.clone()))? {
            WorkerResponse::Traced(trace) => Ok(*trace),
            WorkerResponse::Untraced(why) => Err(Error::Untraced(why)),
            other => Err(unexpected(other)),
        }
    }

    fn request(&mut self, request: &WorkerRequest) -> Result<WorkerResponse> {
        send(&mut self.to, request)?;
        self.recv()
    }

    fn recv(&mut self) -> Result<WorkerResponse> {
        receive(&mut self.from)?.ok_or_else(|| {
            Error::Supervisor("ended unexpectedly; its output on standard error says why".into())
        })
    }
}

/// Ends a worker while another thread waits for it.
#[derive(Debug)]
pub struct WorkerHandle(UnixStream);

impl WorkerHandle {
    /// Closes the control channel: whoever waits for the worker gets an error, and drops it.
    pub fn end(&self) {
        let _ = self.0.shutdown(std::net::Shutdown::Both);
    }
}

fn unexpected(response: WorkerResponse) -> Error {
    match response {
        WorkerResponse::Unusable(why) => Error::Driver(why),
        WorkerResponse::Failed(why) => Error::Job(why),
        other => Error::Supervisor(format!("unexpected response {other:?}")),
    }
}

/// Clones on a thread that lives as long as the process: the kernel's death signal follows the thread, not the process.
fn spawn_in_namespaces(
    ids: IdRange,
    sources: Vec<std::path::PathBuf>,
    control: OwnedFd,
) -> Result<Child> {
    type Order = Box<dyn FnOnce() + Send>;
    static CLONER: OnceLock<mpsc::Sender<Order>> = OnceLock::new();
    let cloner = CLONER.get_or_init(|| {
        let (sender, orders) = mpsc::channel::<Order>();
        std::thread::spawn(move || orders.into_iter().for_each(|order| order()));
        sender
    });
    let words = words::listen()?;
    let (result, wait) = mpsc::channel();
    let order = move || {
        let env = environment(role::SUPERVISOR);
        let (control, words) = (control.as_fd(), words.as_fd());
        let _ = result.send(clone_into_namespaces(ids, &sources, control, words, &env));
    };
    let gone = |_| Error::Supervisor("cannot start: the thread for it is gone".into());
    cloner.send(Box::new(order)).map_err(|_| gone(()))?;
    wait.recv().map_err(|_| gone(()))?
}

/// Returns the environment of a supervisor, which needs nothing of the caller's, and drivers get none of it.
fn environment(role: &str) -> Vec<(&'static str, String)> {
    let mut env = vec![(role::VARIABLE, role.to_owned())];
    for key in [
        "RUST_BACKTRACE",
        "LLVM_PROFILE_FILE",
        crate::worker_state::STEPPER,
        crate::driver::FAKETIME,
        crate::prober::MEMORY,
    ] {
        if let Ok(value) = std::env::var(key) {
            env.push((key, value));
        }
    }
    env
}

/// Starts the janitor, which makes the sandbox's directory itself and reports it: a directory of the harness's would stay behind if the
/// harness were killed before there is a janitor to remove it.
fn start_janitor(control: OwnedFd, ids: Option<IdRange>) -> Result<(PathBuf, Held)> {
    let (lifeline, its_end) = UnixStream::pair().doing("make the janitor's lifeline")?;
    let mut janitor = Command::new("/proc/self/exe");
    janitor.arg(parent_of_bases());
    if let Some(ids) = &ids {
        janitor.args([ids.first_uid.to_string(), ids.count.to_string()]);
    }
    let janitor = janitor
        .env_clear()
        .envs(environment(role::JANITOR))
        .stdin(Stdio::from(OwnedFd::from(its_end)))
        .stdout(Stdio::from(control))
        .stderr(Stdio::from(words::listen()?))
        .spawn()
        .doing("start the sandbox's janitor")?;
    let mut base = Vec::new();
    let heard = BufReader::new(&lifeline).read_until(0, &mut base);
    let named = base.pop() == Some(0);
    let base = PathBuf::from(OsString::from_vec(base));
    let lifeline = Some(lifeline);
    let held = Held::Janitor { lifeline, janitor, base: base.clone(), _ids: ids };
    heard.doing("listen to the sandbox's janitor")?;
    if !named {
        return Err(Error::Supervisor("cannot start: the janitor made no sandbox".into()));
    }
    Ok((base, held))
}
