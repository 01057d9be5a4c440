//! Running a program of one's own under a backend, with no protocol and no sandbox: its home in a temporary directory.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde::{Deserialize, Serialize};

use crate::driver::{DriverKey, Hosting, Spawned, StoreSpec, pidfd_open, spawn};
use crate::principal::{Ids, Principal};
use crate::record::Rule;
use crate::sandbox::{Layout, Tier};
use crate::stepper::{
    Answerer, Answers, Backend, Hold, Listener, Mender, Mending, Release, Scope, Step, Stepper,
    Tracer,
};

/// A program that is held.
pub(super) struct Program {
    pub(super) spawned: Spawned,
    pub(super) process: OwnedFd,
    pub(super) stepper: Stepper,
}

/// What a program did.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct ProgramRun {
    /// What each thread did, in its order.
    pub(super) calls: BTreeMap<u32, Vec<Call>>,
    pub(super) said: String,
    pub(super) status: i32,
}

/// A step, as the table says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Call {
    pub(super) text: String,
    pub(super) umask: Option<interloper_driver::Umask>,
    pub(super) result: Option<i64>,
}

/// A temporary directory with a home in it, as the layout of a sandbox.
pub(super) fn make_home(base: &Path) -> Layout {
    let layout = Layout::new(base);
    fs::create_dir_all(layout.home(Principal::Owner)).unwrap();
    layout
}

impl Program {
    /// Starts a program. The caller is a process of its own, with one thread: what is traced belongs to the thread that attached.
    pub(super) fn start(
        hold: Hold,
        layout: &Layout,
        argv: Vec<String>,
        env: Vec<(String, String)>,
    ) -> Result<Program, String> {
        Program::start_changed(hold, layout, argv, env, &[])
    }

    /// Starts a program whose calls are changed by rules.
    pub(super) fn start_changed(
        hold: Hold,
        layout: &Layout,
        argv: Vec<String>,
        env: Vec<(String, String)>,
        rules: &[Rule],
    ) -> Result<Program, String> {
        Program::begin(hold, layout, (argv, env), rules, Answers::default())
    }

    /// Starts a program that gets these answers in place of the kernel's.
    pub(super) fn start_answered(
        layout: &Layout,
        argv: Vec<String>,
        answers: Answers,
    ) -> Result<Program, String> {
        Program::begin(Hold::Answer, layout, (argv, Vec::new()), &[], answers)
    }

    fn begin(
        hold: Hold,
        layout: &Layout,
        (argv, env): (Vec<String>, Vec<(String, String)>),
        rules: &[Rule],
        answers: Answers,
    ) -> Result<Program, String> {
        let text = |error: crate::error::Error| error.to_string();
        // As the supervisor: what the driver gets there must not overwrite a pipe.
        let null = || File::open("/dev/null").map_err(|error| error.to_string());
        let _occupied = (null()?, null()?, null()?);
        let hosting = Hosting::Command { argv, env };
        let spec = StoreSpec { hosting, ..StoreSpec::adapter("known") };
        let (uid, gid) = (nix::unistd::getuid().as_raw(), nix::unistd::getgid().as_raw());
        let ids = Ids::imagined(uid, gid, Vec::new());
        let key = DriverKey { hold: Some(hold), ..DriverKey::free(Principal::Owner) };
        let mut spawned = spawn(&spec, Tier::Predicted, layout, &ids, key).map_err(text)?;
        let pid = spawned.child.id() as i32;
        let process = pidfd_open(pid).map_err(|error| error.to_string())?;
        let socket = spawned.entrance.take().ok_or("no socket")?;
        let roots: Vec<PathBuf> = layout.roots().into_iter().map(|root| root.path).collect();
        let (scope, home) = (Scope::new(roots, Vec::new()), layout.home(Principal::Owner));
        let backend: Box<dyn Backend> = match hold {
            Hold::Notify => Box::new(Listener::take_over(&socket).map_err(text)?),
            Hold::Answer => {
                let tracer = Tracer::attach(pid, &socket).map_err(text)?;
                Box::new(Answerer::new(tracer, pid, answers))
            }
            Hold::Trace => {
                let tracer = Tracer::attach(pid, &socket).map_err(text)?;
                let mending = Mending { rules: rules.to_vec(), ..Mending::default() };
                match rules {
                    [] => Box::new(tracer),
                    _ => Box::new(Mender::new(tracer, mending, scope.clone(), home.clone())),
                }
            }
        };
        let stepper = Stepper::new(backend, scope, home);
        Ok(Program { spawned, process, stepper })
    }

    /// Waits until something happens; gives a step, and whether the program may go on.
    pub(super) fn next(&mut self) -> Result<(Option<Step>, bool), String> {
        let mut fds = [
            PollFd::new(self.process.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.stepper.descriptor(), PollFlags::POLLIN),
        ];
        let ready = poll(&mut fds, PollTimeout::from(20_000_u16)).map_err(|e| e.to_string())?;
        if ready == 0 {
            return Err("nothing happens any more".into());
        }
        let is = |fd: &PollFd<'_>| fd.revents().is_some_and(|ev| ev.contains(PollFlags::POLLIN));
        let (ended, held) = (is(&fds[0]), is(&fds[1]));
        let step =
            if held { self.stepper.take().map_err(|error| error.to_string())? } else { None };
        let goes_on = !ended || held;
        Ok((step, goes_on))
    }

    /// Goes through the whole program; `how` says how each step goes on.
    pub(super) fn go_through(
        mut self,
        how: impl Fn(&Step) -> Release,
    ) -> Result<ProgramRun, String> {
        let mut ran = ProgramRun::default();
        // Where each step that was let go is in `ran`.
        let mut places: BTreeMap<u32, (u32, usize)> = BTreeMap::new();
        loop {
            let (step, goes_on) = self.next()?;
            if let Some(step) = step {
                match step.result {
                    None => {
                        let calls = ran.calls.entry(step.thread).or_default();
                        places.insert(step.number, (step.thread, calls.len()));
                        let text = step.call.to_string();
                        calls.push(Call { text, umask: step.umask, result: None });
                    }
                    Some(_) => {
                        let place = places.remove(&step.number).ok_or("a call ended twice")?;
                        let calls = ran.calls.entry(place.0).or_default();
                        calls[place.1].result = step.result;
                    }
                }
                let how = if step.result.is_none() { how(&step) } else { Release::Pass };
                self.stepper.release(&step, how).map_err(|error| error.to_string())?;
            }
            if !goes_on {
                break;
            }
        }
        let status = self.spawned.child.wait().map_err(|error| error.to_string())?;
        ran.status = std::os::unix::process::ExitStatusExt::into_raw(status);
        let read = |fd: &OwnedFd| -> Result<String, String> {
            let file = File::from(fd.try_clone().map_err(|error| error.to_string())?);
            std::io::read_to_string(file).map_err(|error| error.to_string())
        };
        ran.said = read(&self.spawned.stdout)?;
        ran.said.push_str(&read(&self.spawned.stderr)?);
        Ok(ran)
    }
}
