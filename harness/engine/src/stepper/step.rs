//! Steps: the held calls that reach the sandbox's writable places.

use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::backend::{Backend, Held, Release};
use super::calls::{CallSpec, Class, Effect, class, every_call};
use super::decode::{Decoded, decode};
use super::reach::Reach;
use crate::error::Result;

/// A call that is held, of those that reach the sandbox's writable places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its number within the operation, from 1.
    pub number: u32,
    /// The call's name: `openat`.
    pub name: String,
    /// The call as a story prints it: `openat("~/alpha.json", O_WRONLY|O_CREAT, 0666)`.
    pub call: String,
    /// The paths it names, or that its descriptor leads to.
    pub paths: Vec<PathBuf>,
    /// Whether the sandbox may be another afterwards.
    pub changes: bool,
    /// The umask in force, where it makes something.
    pub umask: Option<u16>,
    /// The process that makes it, by the order in which they came: 1 is the first.
    pub thread: u32,
    /// What it gave, a negative errno where it failed: known where calls are held at their end too, and then of a step that has happened.
    #[serde(default)]
    pub result: Option<i64>,
    /// What the harness needs to go on with it.
    #[serde(skip)]
    pub(crate) inner: Inner,
}

/// What the harness needs of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inner {
    pub(crate) held: Option<Held>,
    pub(crate) effect: Option<Effect>,
    /// The flags of an open.
    pub(crate) open_flags: Option<u64>,
    /// The inode of the descriptor it acts on.
    pub(crate) inode: Option<u64>,
    /// How many bytes it writes.
    pub(crate) count: Option<u64>,
}

/// A driver whose calls are held.
#[derive(Debug)]
pub(crate) struct Stepper {
    backend: Box<dyn Backend>,
    reach: Reach,
    /// Below which paths are printed as `~/…`.
    home: PathBuf,
    /// The threads of the current operation, by the order in which they came.
    threads: Vec<i32>,
    number: u32,
    /// The steps that were let go and are not known to have ended, by what the backend knows them by.
    going: BTreeMap<u64, Step>,
    /// The programs that were started in the current case, with their arguments.
    pub(crate) started: Vec<Vec<Vec<u8>>>,
    classes: BTreeMap<i32, CallSpec>,
}

impl Stepper {
    pub(crate) fn new(backend: Box<dyn Backend>, reach: Reach, home: PathBuf) -> Stepper {
        let classes = every_call()
            .filter_map(|call| match class(call.name())? {
                Class::Reaches(spec) => Some((call.id(), spec)),
                Class::Quiet(_) | Class::Refused(_) => None,
            })
            .collect();
        Stepper {
            backend,
            reach,
            home,
            threads: Vec::new(),
            number: 0,
            going: BTreeMap::new(),
            started: Vec::new(),
            classes,
        }
    }

    /// Readable when something may be held.
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.backend.descriptor()
    }

    /// The next step is the first of an operation.
    pub(crate) fn begin_operation(&mut self) {
        self.number = 0;
        self.threads.clear();
        self.going.clear();
    }

    /// Lets whatever is held go.
    pub(crate) fn pass(&mut self) -> Result<()> {
        match self.backend.take()? {
            Some(held) => self.backend.release(&held, Release::Pass),
            None => Ok(()),
        }
    }

    /// Whether a step comes a second time, at its end, with its result.
    pub(crate) fn sees_results(&self) -> bool {
        self.backend.sees_results()
    }

    /// Takes what is held; lets it go where it is no step. A step that has a result has happened, and is held at its end.
    pub(crate) fn take(&mut self) -> Result<Option<Step>> {
        let Some(held) = self.backend.take()? else { return Ok(None) };
        if held.result.is_some() {
            let Some(mut step) = self.going.remove(&held.key) else {
                // It was of an operation that is over.
                self.backend.release(&held, Release::Pass)?;
                return Ok(None);
            };
            step.result = held.result;
            step.inner.held = Some(held);
            return Ok(Some(step));
        }
        let Some(spec) = self.classes.get(&held.number).copied() else {
            self.backend.release(&held, Release::Pass)?;
            return Ok(None);
        };
        let decoded = decode(&held, &spec, &self.reach);
        if spec.effect == Effect::Execute {
            self.started.push(decoded.argv.clone());
        }
        // What was read from a thread that was killed meanwhile may be another's.
        // `sync` names nothing and makes everything durable.
        let reaches = self.reach.any(&decoded.paths) || decoded.name == "sync";
        let step = reaches && self.backend.is_held(&held);
        if !step {
            self.backend.release(&held, Release::Pass)?;
            return Ok(None);
        }
        Ok(Some(self.number_step(held, spec, decoded)))
    }

    fn number_step(&mut self, held: Held, spec: CallSpec, decoded: Decoded) -> Step {
        self.number += 1;
        let thread = match self.threads.iter().position(|thread| *thread == held.thread) {
            Some(index) => index,
            None => {
                self.threads.push(held.thread);
                self.threads.len() - 1
            }
        };
        let home = self.home.clone();
        let short = move |path: &Path| match path.strip_prefix(&home) {
            Ok(rest) if rest.as_os_str().is_empty() => "~".into(),
            Ok(rest) => format!("~/{}", rest.display()),
            Err(_) => path.display().to_string(),
        };
        Step {
            number: self.number,
            name: decoded.name.to_owned(),
            call: decoded.show(&short),
            umask: decoded.umask,
            thread: thread as u32 + 1,
            changes: decoded.changes(spec.effect),
            result: None,
            inner: Inner {
                effect: Some(spec.effect),
                open_flags: decoded.open_flags,
                inode: decoded.inode,
                count: decoded.count,
                held: Some(held),
            },
            paths: decoded.paths,
        }
    }

    /// Lets a step go on.
    pub(crate) fn release(&mut self, step: &Step, how: Release) -> Result<()> {
        let Some(held) = &step.inner.held else { return Ok(()) };
        if self.backend.sees_results() && step.result.is_none() && how != Release::Pass {
            self.going.insert(held.key, step.clone());
        }
        self.backend.release(held, how)
    }

    /// How many threads and processes made steps of the current operation.
    pub(crate) fn thread_count(&self) -> usize {
        self.threads.len()
    }
}
