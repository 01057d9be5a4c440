//! Steps: the held calls that reach the sandbox's writable places.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use interloper_driver::Umask;
use serde::{Deserialize, Serialize};

use super::backend::{Backend, Held, Release};
use super::calls::{CallSpec, Class, Effect, Fault, class, errnos, every_call};
use super::decode::{Decoded, decode};
use super::own::Own;
use super::printed::Printed;
use super::scope::Scope;
use super::short_write::write_part;
use super::sync::Synced;
use crate::driver::flags;
use crate::error::Result;

/// A call that is held, of those that reach the sandbox's writable places.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its number within the operation, from 1.
    pub number: u32,
    /// The call's name: `openat`.
    pub name: String,
    /// The call as a story prints it: `openat("~/alpha.json", O_WRONLY|O_CREAT, 0666)`.
    pub call: Printed,
    /// The paths it names, or that its descriptor leads to.
    pub paths: Vec<PathBuf>,
    /// Whether the sandbox may have changed afterwards.
    pub changes: bool,
    /// Whether a file of the sandbox is mapped shared and writable: then it changes without a call, and no list of steps is complete.
    #[serde(default)]
    pub mapped: bool,
    /// The umask in force, where it makes something.
    pub umask: Option<Umask>,
    /// The process that makes it, by the order in which they came: 1 is the first.
    pub thread: u32,
    /// Result, a negative errno if it failed: known if calls are held at their end too, and then of a step that has happened.
    #[serde(default)]
    pub result: Option<i64>,
    /// State that the harness needs to go on with it.
    #[serde(skip)]
    pub(crate) inner: Inner,
}

impl Step {
    /// Returns the thread that is held at it, as a number of the supervisor's pid namespace.
    pub(crate) fn held_thread(&self) -> Option<i32> {
        self.inner.held.as_ref().map(|held| held.thread)
    }

    /// Returns the errors that the kernel could give at this call, whatever its arguments.
    pub fn faults(&self) -> &'static [Fault] {
        let operation = || self.inner.held.as_ref().map(|held| held.args[1]);
        match self.name.as_str() {
            "flock" | "fcntl" => errnos(&self.name, operation()),
            name => errnos(name, self.inner.open_flags),
        }
    }

    /// Returns whether it opens a path that must be a directory. `O_TMPFILE` has that bit, too, and makes a file (open(2)).
    pub fn opens_directory(&self) -> bool {
        self.inner.open_flags.is_some_and(|flags| {
            let has = |bits: i32| flags & bits as u64 == bits as u64;
            has(libc::O_DIRECTORY) && !has(libc::O_TMPFILE)
        })
    }

    /// Returns the number of bytes that it writes to a file, if it does.
    pub fn writes(&self) -> Option<u64> {
        let writes = matches!(self.name.as_str(), "write" | "pwrite64" | "writev" | "pwritev");
        self.inner.count.filter(|_| writes)
    }

    /// Returns what of the sandbox is durable once the call was made.
    pub(crate) fn synced(&self) -> Synced {
        let (Some(path), Some(inode)) = (self.paths.first().cloned(), self.inner.inode) else {
            return if self.name == "sync" { Synced::Everything } else { Synced::Nothing };
        };
        let flag = |flag: i32| self.inner.file_flags & flag == flag;
        match self.name.as_str() {
            "fsync" => Synced::InodeBelow(path, inode),
            "fdatasync" => Synced::ContentsBelow(path, inode),
            "syncfs" => Synced::Everything,
            _ if self.inner.effect != Some(Effect::Write) => Synced::Nothing,
            // O_SYNC has the bit of O_DSYNC in it, open(2).
            _ if flag(libc::O_SYNC) => Synced::InodeBelow(path, inode),
            _ if flag(libc::O_DSYNC) => Synced::ContentsBelow(path, inode),
            _ => Synced::Nothing,
        }
    }

    /// Returns whether it makes what was changed durable, or says so.
    pub fn syncs(&self) -> bool {
        self.inner.effect == Some(Effect::Sync)
    }

    /// Returns whether it makes, removes or moves a name.
    pub fn names(&self) -> bool {
        self.inner.effect == Some(Effect::Name)
    }

    /// Returns whether another's operation may come before it and change what it does, or see what it did.
    ///
    /// What changes, reads contents or lists names, and takes locks. Not what only looks a name up, walks a directory, syncs or closes:
    /// whatever comes between that and the next step that matters has come before that one.
    pub fn matters(&self) -> bool {
        let walks = (libc::O_PATH | libc::O_DIRECTORY) as u64;
        match self.inner.effect {
            Some(Effect::Open) => {
                self.changes || self.inner.open_flags.is_none_or(|flags| flags & walks == 0)
            }
            Some(Effect::Read | Effect::Lock) => true,
            Some(Effect::Look | Effect::Sync | Effect::Close | Effect::Execute) | None => false,
            Some(Effect::Write | Effect::Name | Effect::Attribute | Effect::Map) => true,
        }
    }

    /// Returns the kind of change that it makes, if it makes one that an interruption should be tried at: the first of each kind says more
    /// than any other.
    pub fn turning_point(&self) -> Option<TurningPoint> {
        match self.name.as_str() {
            name if name.starts_with("rename") => Some(TurningPoint::Rename),
            name if name.starts_with("unlink") || name == "rmdir" => Some(TurningPoint::Unlink),
            name if name.starts_with("link") || name.starts_with("symlink") => {
                Some(TurningPoint::Link)
            }
            "ftruncate" | "truncate" => Some(TurningPoint::Truncate),
            _ if self.writes().is_some() => Some(TurningPoint::Write),
            _ if self.locks() => Some(TurningPoint::Lock),
            _ if self.inner.effect == Some(Effect::Open) && self.changes => {
                Some(TurningPoint::Make)
            }
            _ => None,
        }
    }

    /// Returns whether it takes or gives back a lock.
    pub fn locks(&self) -> bool {
        self.inner.effect == Some(Effect::Lock)
    }
}

/// Kinds of changes at which operations go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TurningPoint {
    /// A file is made or emptied by an open.
    Make,
    /// Bytes are written.
    Write,
    /// A file is cut or lengthened.
    Truncate,
    /// A name is moved.
    Rename,
    /// Another name is made.
    Link,
    /// A name is removed.
    Unlink,
    /// A lock is taken or given back.
    Lock,
}

/// Returns the places of the first step of each kind of change, and of the step after it: those at which an interruption says most.
pub fn turning_points<'s>(steps: impl IntoIterator<Item = &'s Step>) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    let first = |(n, step): (usize, &Step)| {
        step.turning_point().is_some_and(|kind| seen.insert(kind)).then_some([n, n + 1])
    };
    steps.into_iter().enumerate().filter_map(first).flatten().collect()
}

/// State that the harness keeps of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inner {
    pub(crate) held: Option<Held>,
    pub(crate) effect: Option<Effect>,
    /// The flags of an open.
    pub(crate) open_flags: Option<u64>,
    /// The inode of the descriptor it acts on.
    pub(crate) inode: Option<u64>,
    /// The flags that descriptor was opened with, where it is written to and somebody wants to know.
    pub(crate) file_flags: i32,
    /// Number of bytes that it writes.
    pub(crate) count: Option<u64>,
}

/// A driver whose calls are held.
#[derive(Debug)]
pub(crate) struct Stepper {
    backend: Box<dyn Backend>,
    scope: Scope,
    /// Below which paths are printed as `~/…`.
    home: Arc<Path>,
    /// Threads that do the operation's own work.
    own: Own,
    /// The threads of the current operation, by the order in which they came.
    threads: Vec<i32>,
    number: u32,
    /// The steps that were let go and are not known to have ended, by what the backend knows them by.
    going: BTreeMap<u64, Step>,
    /// The programs that were started in the current case, with their arguments.
    pub(crate) started: Vec<Vec<Vec<u8>>>,
    /// The thread of the call that was taken last: it has left every call that it was let go into before.
    pub(crate) last_thread: Option<i32>,
    /// Whether a file of the sandbox was mapped, so that memory writes to it.
    mapped: bool,
    /// Whether the flags of descriptors that are written to are read: that costs one more file of /proc for each write.
    pub(crate) reads_flags: bool,
    classes: BTreeMap<i32, CallSpec>,
}

impl Stepper {
    pub(crate) fn new(backend: Box<dyn Backend>, scope: Scope, home: PathBuf) -> Stepper {
        let classes = every_call()
            .filter_map(|call| match class(call.name())? {
                Class::Reaches(spec) => Some((call.id(), spec)),
                Class::Quiet(_) | Class::Refused(_) => None,
            })
            .collect();
        Stepper {
            backend,
            scope,
            home: home.into(),
            own: Own::default(),
            threads: Vec::new(),
            number: 0,
            going: BTreeMap::new(),
            started: Vec::new(),
            last_thread: None,
            mapped: false,
            reads_flags: false,
            classes,
        }
    }

    /// Whether where a descriptor leads is asked again only after a call that is neither a write, a read nor a sync: for whoever lets nobody
    /// else change names meanwhile.
    pub(crate) fn keep_paths(&mut self, keep: bool) {
        self.scope.keep(keep);
    }

    /// Returns a descriptor that is readable when a call may be held.
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.backend.descriptor()
    }

    /// Begins a case: a new process serves, which has started nothing and mapped nothing.
    pub(crate) fn begin_case(&mut self) {
        self.started.clear();
        self.mapped = false;
    }

    /// Begins an operation, which one process of a driver does: the next step is its first.
    pub(crate) fn begin_operation(&mut self, serving: i32, driver: i32) {
        self.own.begin(serving, driver);
        self.count_anew();
    }

    /// Begins a request to a server that one process of a driver started: the next step is its first.
    pub(crate) fn begin_request(&mut self, serving: i32, driver: i32) {
        self.own.begin_request(serving, driver);
        self.count_anew();
    }

    fn count_anew(&mut self) {
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

    /// Returns whether a step comes a second time, at its end, with its result.
    pub(crate) fn sees_results(&self) -> bool {
        self.backend.sees_results()
    }

    /// Takes what is held; lets it go where it is no step. A step that has a result has happened, and is held at its end.
    pub(crate) fn take(&mut self) -> Result<Option<Step>> {
        let Some(held) = self.backend.take()? else { return Ok(None) };
        self.last_thread = Some(held.thread);
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
        let spec = self.classes.get(&held.number).copied();
        let Some(spec) = spec.filter(|_| self.own.has(held.thread)) else {
            self.backend.release(&held, Release::Pass)?;
            return Ok(None);
        };
        if !matches!(spec.effect, Effect::Write | Effect::Read | Effect::Sync) {
            self.scope.forget();
        }
        let decoded = decode(&held, &spec, &self.scope);
        self.mapped |= spec.effect == Effect::Map && self.scope.any(&decoded.paths);
        if spec.effect == Effect::Execute {
            self.started.push(decoded.argv.clone());
        }
        // What was read from a thread that was killed meanwhile may be another's.
        // `sync` names nothing and makes everything durable.
        let reaches = match spec.effect {
            Effect::Look => decoded.paths.iter().any(|path| self.scope.is_looked_at(path)),
            _ => self.scope.any(&decoded.paths) || decoded.name == "sync",
        };
        let step = reaches && self.backend.is_held(&held);
        if !step {
            self.backend.release(&held, Release::Pass)?;
            return Ok(None);
        }
        Ok(Some(self.number_step(held, spec, decoded)))
    }

    fn number_step(&mut self, held: Held, spec: CallSpec, mut decoded: Decoded) -> Step {
        self.number += 1;
        let thread = match self.threads.iter().position(|thread| *thread == held.thread) {
            Some(index) => index,
            None => {
                self.threads.push(held.thread);
                self.threads.len() - 1
            }
        };
        Step {
            number: self.number,
            name: decoded.name.to_owned(),
            umask: decoded.umask,
            thread: thread as u32 + 1,
            changes: self.mapped || decoded.changes(spec.effect),
            mapped: self.mapped,
            result: None,
            inner: Inner {
                effect: Some(spec.effect),
                open_flags: decoded.open_flags,
                inode: decoded.inode,
                file_flags: match (spec.effect, decoded.fd) {
                    (Effect::Write, Some(fd)) if self.reads_flags => {
                        flags(held.thread, fd).unwrap_or_default()
                    }
                    _ => 0,
                },
                count: decoded.count,
                held: Some(held),
            },
            paths: std::mem::take(&mut decoded.paths),
            call: Printed::of(decoded, &self.home),
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

    /// Makes only the first bytes of a step that writes, in the driver's place.
    pub(crate) fn shorten(&mut self, step: &Step, count: u64) -> Result<()> {
        let Some(held) = &step.inner.held else { return Ok(()) };
        let written = write_part(held, &step.name, count)?;
        self.release(step, Release::Return(written))
    }
}
