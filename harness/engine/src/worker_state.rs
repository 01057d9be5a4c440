//! What a supervisor works with: its sandbox, its probers and its drivers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use interloper_driver::{Hello, SetupName};

use crate::canary::Mint;
use crate::driver::{
    Driver, DriverKey, Leave, Limits, Server, StoreSpec, end_strays, faketime, state,
};
use crate::error::{Error, Result};
use crate::principal::{Ids, Principal};
use crate::prober::{Team, kill_all_of};
use crate::record::{ChangedCall, Changes};
use crate::residue::Search;
use crate::runner::SavedInput;
use crate::sandbox::{Boot, Layout, ResetOptions, Tier, leave_space, reset};
use crate::stepper::{Answers, Hold, Ingredients, Mending, Taken};
use crate::tree::Tree;

/// The variable that says what drivers' calls are held by: `notify` or `ptrace`. Where it is not set, by what the host has.
pub(crate) const STEPPER: &str = "INTERLOPER_STEPPER";

/// Seconds by which a driver's clock is put ahead to see whether that works.
const HOUR: i64 = 3600;
/// Seconds by which its answer may be late.
const TOLERANCE: i64 = 60;

/// One sandbox with everybody in it.
pub(crate) struct WorkerState {
    boot: Boot,
    spec: StoreSpec,
    team: Team,
    drivers: BTreeMap<DriverKey, Driver>,
    /// The servers of the case, which live on between its processes.
    servers: Vec<Server>,
    limits: Limits,
    /// Way in which drivers' calls are held.
    hold: Hold,
    /// Whether the other way is tried if this one is refused.
    may_change: bool,
    /// The changes under which cases are run.
    changes: Changes,
    mending: Mending,
    /// Answers that drivers get in place of the kernel's, if they are started for that.
    answers: Answers,
    /// The search for the canaries of one mint, and that mint's seed.
    search: Option<(u64, Rc<Search>)>,
    /// The place that has not all its space.
    short: Option<PathBuf>,
    /// Rest of the scenario's budget.
    budget: Duration,
    /// Answer to `hello`, by the principal that the driver runs as: the same every time.
    hellos: BTreeMap<Principal, Hello>,
    /// Whether a save makes files, by setup, where that was looked at.
    makes_files: BTreeMap<SetupName, bool>,
    /// Whether a driver leaves the sandbox clean when it starts; `None` until one was seen to start.
    starts_clean: Option<bool>,
    /// Inputs of this store that are replayed.
    inputs: Vec<SavedInput>,
    /// Whether libfaketime moves the drivers' clocks, or the reason why not; `None` until it was tried.
    faketime: Option<std::result::Result<(), &'static str>>,
}

impl WorkerState {
    /// Starts the probers, and believes them only after a test.
    pub(crate) fn new(boot: Boot, spec: StoreSpec) -> Result<WorkerState> {
        let (hold, may_change) = match std::env::var(STEPPER).as_deref() {
            Ok("ptrace") => (Hold::Trace, false),
            Ok("notify") => (Hold::Notify, false),
            Ok(other) => {
                return Err(Error::Supervisor(format!(
                    "{STEPPER}={other} is neither notify nor ptrace"
                )));
            }
            Err(_) => (Hold::Notify, true),
        };
        let scene = ResetOptions { home_mode: 0o755 };
        reset(boot.tier, &boot.layout, &boot.ids, scene)?;
        let team = Team::start(boot.tier, &boot.layout, &boot.ids)?;
        team.self_test(&boot.layout, &boot.ids)?;
        Ok(WorkerState {
            boot,
            spec,
            team,
            drivers: BTreeMap::new(),
            servers: Vec::new(),
            limits: Limits::default(),
            hold,
            may_change,
            changes: Changes::default(),
            mending: Mending::default(),
            answers: Answers::default(),
            search: None,
            short: None,
            budget: Duration::MAX,
            hellos: BTreeMap::new(),
            makes_files: BTreeMap::new(),
            starts_clean: None,
            inputs: Vec::new(),
            faketime: None,
        })
    }

    /// Returns whether a save makes files in a setup; `None` if nobody has looked.
    pub(crate) fn makes_files(&self, setup: &SetupName) -> Option<bool> {
        self.makes_files.get(setup).copied()
    }

    /// Remembers whether a save makes files in a setup.
    pub(crate) fn set_makes_files(&mut self, setup: SetupName, files: bool) {
        self.makes_files.insert(setup, files);
    }

    /// Returns the inputs of this store that are replayed.
    pub(crate) fn inputs(&self) -> &[SavedInput] {
        &self.inputs
    }

    /// Sets the inputs of this store that are replayed.
    pub(crate) fn set_inputs(&mut self, inputs: Vec<SavedInput>) {
        self.inputs = inputs;
    }

    pub(crate) fn tier(&self) -> Tier {
        self.boot.tier
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.boot.layout
    }

    pub(crate) fn ids(&self) -> &Ids {
        &self.boot.ids
    }

    pub(crate) fn team(&self) -> &Team {
        &self.team
    }

    pub(crate) fn spec(&self) -> &StoreSpec {
        &self.spec
    }

    /// Returns the search for the canaries of a mint, made once since it is much work.
    pub(crate) fn search(&mut self, mint_seed: u64) -> Rc<Search> {
        match &self.search {
            Some((seed, search)) if *seed == mint_seed => Rc::clone(search),
            _ => {
                let search = Rc::new(Search::new(&Mint::new(mint_seed)));
                self.search = Some((mint_seed, Rc::clone(&search)));
                search
            }
        }
    }

    /// Returns every writable place.
    pub(crate) fn roots(&self) -> Vec<PathBuf> {
        self.boot.layout.roots().into_iter().map(|root| root.path).collect()
    }

    /// Empties the sandbox and makes the homes anew.
    pub(crate) fn reset(&mut self, home_mode: u32) -> Result<()> {
        self.end_servers(Leave::Kill)?;
        self.team.forget()?;
        if let Some(root) = self.short.clone() {
            self.leave_space(&root, None)?;
        }
        reset(self.boot.tier, &self.boot.layout, &self.boot.ids, ResetOptions { home_mode })
    }

    /// Leaves only so many bytes in a place; `None` gives everything back.
    pub(crate) fn leave_space(&mut self, root: &Path, bytes: Option<u64>) -> Result<()> {
        self.short = bytes.is_some().then(|| root.to_owned());
        leave_space(root, bytes)
    }

    /// Returns the driver of a key, which has said hello; it is started if there is none.
    ///
    /// One that dies before it says hello is started a second time: that may have been the machine's doing.
    pub(crate) fn driver(&mut self, key: DriverKey) -> Result<&mut Driver> {
        if self.drivers.get(&key).is_some_and(Driver::is_dead) {
            self.bury(key);
        }
        let here = self.drivers.get(&key).is_some_and(|driver| driver.hello().is_some());
        if !here {
            self.start(key)?;
        }
        self.drivers
            .get_mut(&key)
            .ok_or_else(|| Error::Supervisor("has no driver where one was started".into()))
    }

    /// Returns the driver of a key that is at work: its death is noticed when it is waited for, and nobody asks before.
    pub(crate) fn driver_at_work(&mut self, key: DriverKey) -> Result<&mut Driver> {
        self.drivers
            .get_mut(&key)
            .ok_or_else(|| Error::Supervisor("has no driver where one was started".into()))
    }

    fn start(&mut self, key: DriverKey) -> Result<()> {
        let mut tries = 0;
        loop {
            // If a start leaves anything in the sandbox, none must come while a case runs.
            let before = match self.starts_clean {
                None => Some(self.tree()?),
                Some(_) => None,
            };
            if !self.drivers.contains_key(&key) {
                let driver = self.launch(key)?;
                self.drivers.insert(key, driver);
            }
            let arrived = match self.drivers.get_mut(&key) {
                Some(driver) => driver.arrive().cloned(),
                None => {
                    return Err(Error::Supervisor("has no driver where one was started".into()));
                }
            };
            match arrived {
                Ok(hello) => {
                    if let Some(before) = before {
                        self.starts_clean = Some(self.tree()? == before);
                    }
                    return self.check_interpreter(&hello);
                }
                Err((error, again)) => {
                    self.discard(key);
                    tries += 1;
                    if !again || tries > 1 {
                        return Err(error);
                    }
                }
            }
        }
    }

    fn tree(&self) -> Result<Tree> {
        Tree::read(self.roots(), self.boot.layout.shown())
    }

    fn launch(&self, key: DriverKey) -> Result<Driver> {
        let Boot { tier, layout, ids, .. } = &self.boot;
        Driver::launch(
            &self.spec,
            *tier,
            layout,
            ids,
            key,
            self.limits,
            (&self.mending, &self.answers),
        )
    }

    /// Ends a driver; the process that takes over from it, where there is one, takes its seat.
    fn bury(&mut self, key: DriverKey) {
        if let Some(next) = self.drivers.remove(&key).and_then(Driver::bury) {
            self.drivers.insert(key, next);
        }
    }

    /// Ends a driver, and the process that would take over from it.
    fn discard(&mut self, key: DriverKey) {
        self.drivers.remove(&key);
    }

    /// Runs cases under these changes from now on: drivers are started anew where their calls are changed in another way.
    pub(crate) fn set_changes(&mut self, changes: &Changes) {
        if changes.rules != self.changes.rules {
            self.drivers.clear();
            self.mending = Mending { rules: changes.rules.clone(), ..Mending::default() };
        }
        self.changes = changes.clone();
    }

    /// Chooses what drivers that are started from here on get in place of the kernel's answers.
    pub(crate) fn choose(&mut self, ingredients: Ingredients) {
        self.answers.borrow_mut().choose(ingredients);
    }

    /// Returns what drivers took of that.
    pub(crate) fn taken(&self) -> Taken {
        self.answers.borrow().taken.clone()
    }

    /// Returns the changes under which cases are run.
    pub(crate) fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Returns the calls that were changed, one for each rule.
    pub(crate) fn changed(&self) -> Vec<ChangedCall> {
        self.mending.changed.borrow().values().cloned().collect()
    }

    /// Makes everybody in the sandbox anew: probers and drivers.
    pub(crate) fn renew(&mut self) -> Result<()> {
        self.end_servers(Leave::Kill)?;
        self.drivers.clear();
        self.team = Team::start(self.boot.tier, &self.boot.layout, &self.boot.ids)?;
        Ok(())
    }

    /// Sets the processor time and time asleep that long requests may use from here on.
    pub(crate) fn set_budget(&mut self, budget: Duration) {
        self.budget = budget;
        for driver in self.drivers.values_mut() {
            let _ = driver.take_used();
        }
    }

    /// Takes what was used off the budget; whether any is left.
    pub(crate) fn is_within_budget(&mut self) -> bool {
        let used: Duration = self.drivers.values_mut().map(Driver::take_used).sum();
        self.budget = self.budget.saturating_sub(used);
        !self.budget.is_zero()
    }

    /// Checks that the runtime is the one provisioned, since another would be another store: seen with interpreters that look their library
    /// up.
    fn check_interpreter(&self, hello: &Hello) -> Result<()> {
        match &self.spec.interpreter {
            Some(wanted) if !hello.runtime.contains(&*wanted.to_string_lossy()) => {
                Err(Error::Untrustworthy(format!(
                    "the driver of {} runs on {:?} instead of {}",
                    self.spec.name,
                    hello.runtime,
                    wanted.display()
                )))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn hello(&mut self, run_as: Principal) -> Result<&Hello> {
        if !self.hellos.contains_key(&run_as) {
            let hello = self.driver(DriverKey::free(run_as))?.hello().cloned();
            let hello = hello.ok_or_else(|| Error::Driver("did not answer hello".into()))?;
            self.hellos.insert(run_as, hello);
        }
        self.hellos
            .get(&run_as)
            .ok_or_else(|| Error::Supervisor("has no answer to hello where one was given".into()))
    }

    /// Whether the driver's calls can be held here; the driver that this starts is used by the cases.
    pub(crate) fn can_step(&mut self, principal: Principal) -> Result<()> {
        let key = |hold| DriverKey { hold: Some(hold), ..DriverKey::free(principal) };
        match self.driver(key(self.hold)).map(drop) {
            // A filter above this process has a listener already, and there is only one: tracing needs none.
            Err(Error::Refused { .. }) if self.may_change && self.hold == Hold::Notify => {
                self.driver(key(Hold::Trace))?;
                self.hold = Hold::Trace;
                Ok(())
            }
            other => other,
        }
    }

    /// Returns whether libfaketime moves the drivers' clocks, or the reason why not.
    pub(crate) fn faketime(
        &mut self,
        principal: Principal,
    ) -> std::result::Result<(), &'static str> {
        if let Some(known) = self.faketime {
            return known;
        }
        let tried = match self.tier() {
            Tier::Namespaces => faketime().and_then(|_| self.try_faketime(principal)),
            // A process under it that is killed leaves two files in /dev/shm.
            Tier::Uids | Tier::Predicted => Err("libfaketime is for tier namespaces"),
        };
        *self.faketime.insert(tried)
    }

    fn try_faketime(&mut self, principal: Principal) -> std::result::Result<(), &'static str> {
        let key = DriverKey { ahead: HOUR, ..DriverKey::free(principal) };
        let ahead = self.driver(key).map(|driver| driver.ahead());
        self.discard(key);
        match ahead {
            Ok(Some(ahead)) if (ahead - HOUR).abs() <= TOLERANCE => Ok(()),
            Ok(Some(_)) => Err("libfaketime does not reach its driver"),
            Ok(None) => Err("its driver does not say what time it is"),
            Err(_) => Err("its driver does not start under libfaketime"),
        }
    }

    /// Returns the way in which drivers' calls are held.
    pub(crate) fn hold(&self) -> Hold {
        self.hold
    }

    /// Begins a case in a fresh process; the inner error is trouble of the driver's.
    pub(crate) fn begin(&mut self, key: DriverKey) -> Result<std::result::Result<(), String>> {
        let clean = self.starts_clean == Some(true);
        let driver = self.driver(key)?;
        // Another time needs another process: what is ahead of the clock is so by the moment of its start.
        // Neither do the same answers for the next one: it would get those that were chosen before.
        let is_usual = key.ahead == 0 && key.hold != Some(Hold::Answer);
        let wants = driver.serves_once() && !driver.has_successor() && clean && is_usual;
        if wants {
            let next = self.launch(key)?;
            self.driver(key)?.succeeded_by(next);
        }
        Ok(self.driver(key)?.begin())
    }

    /// Returns the children of the supervisor that stay when a driver ends: probers, other drivers and servers.
    fn kept(&self, ends: Option<DriverKey>) -> Vec<i32> {
        let others = self.drivers.iter().filter(|(other, _)| Some(**other) != ends);
        let mut keep = self.team.pids();
        keep.extend(others.flat_map(|(_, driver)| driver.host_pids()));
        keep.extend(self.servers.iter().map(Server::pid));
        keep
    }

    /// Takes a process that a driver named as its server; whether it can be one.
    pub(crate) fn adopt(&mut self, key: DriverKey, pid: i32) -> Result<bool> {
        if self.servers.iter().any(|server| server.pid() == pid && server.is_alive()) {
            return Ok(true);
        }
        let serving = self.driver_at_work(key)?.pid();
        let own = [self.kept(None), vec![serving]].concat();
        let uid = self.boot.ids.of(key.principal).uid;
        let server = Server::claimed(pid, uid, &own);
        let taken = server.is_some();
        self.servers.extend(server);
        Ok(taken)
    }

    /// Returns whether a server of the store's runs.
    pub(crate) fn has_server(&self) -> bool {
        self.servers.iter().any(Server::is_alive)
    }

    /// Ends the servers and what they started; gives a note for each that had to be killed although it was asked to end.
    pub(crate) fn end_servers(&mut self, how: Leave) -> Result<Vec<String>> {
        let servers = std::mem::take(&mut self.servers);
        if servers.is_empty() {
            return Ok(Vec::new());
        }
        let mut notes = Vec::new();
        for server in &servers {
            match how {
                Leave::Kill => server.kill(),
                Leave::Close if server.stop() => {}
                Leave::Close => {
                    notes.push("its server did not end at SIGTERM, and was killed".into())
                }
            }
        }
        // Drivers that serve have no children here: an orphan of theirs is a helper that goes with their own end.
        while !end_strays(&self.kept(None)) {
            if self.boot.tier == Tier::Predicted {
                return Err(Error::Supervisor("cannot end what a server started".into()));
            }
            let users: BTreeSet<Principal> = self.drivers.keys().map(|key| key.principal).collect();
            users.into_iter().try_for_each(|user| kill_all_of(self.boot.ids.of(user)))?;
        }
        Ok(notes)
    }

    /// Ends a case: what served it, and what that started, is gone. Gives what was printed in it.
    pub(crate) fn end(&mut self, key: DriverKey, leave: Leave) -> Result<Vec<u8>> {
        let mut output = Vec::new();
        let keep = self.kept(Some(key));
        if let Some(driver) = self.drivers.get_mut(&key) {
            driver.end(leave, &keep)?;
            output.clone_from(&driver.output);
            // Another case has another time, and other answers.
            if driver.is_dead() || key.ahead != 0 || key.hold == Some(Hold::Answer) {
                self.bury(key);
            }
        }
        // No store reaches a prober, but the host may have: when memory runs out, the kernel ends whom it likes.
        if self.team.pids().iter().any(|pid| matches!(state(*pid), None | Some('Z'))) {
            self.team = Team::start(self.boot.tier, &self.boot.layout, &self.boot.ids)?;
        }
        Ok(output)
    }
}
