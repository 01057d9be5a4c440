//! Changing a store's calls while they are held: what a change to its source would do, tried without one.
//!
//! The kernel's facts: a tracer may change a call that the filter stopped, and the kernel puts the filter to the changed one once more but
//! does not stop it again (seccomp(2), since 4.8); a thread that is held at the end of a call can be sent back to its call instruction.
//! So a script of calls is made by the store's own thread, with its ids, its umask and its descriptors. Those that reach the sandbox are
//! steps like the store's own: they can be held, fail, and be the last before a kill.

mod files;
mod opening;
mod plan;
mod script;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::backend::{Backend, Held, Release};
use super::calls::{CallSpec, Class, class, every_call};
use super::scope::Scope;
use super::tracee_memory;
use super::tracer::Tracer;
use crate::driver::status;
use crate::error::Result;
use crate::record::{ChangedCall, Rule};
use files::Replacements;
use script::{Inspection, Line, Part, Script, Then, When, Word};

/// The calls that were changed, by rule: the last of each.
pub(crate) type Changed = Rc<RefCell<BTreeMap<Rule, ChangedCall>>>;

/// The changes that a driver's calls get, and what came of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mending {
    pub(crate) rules: Vec<Rule>,
    pub(crate) changed: Changed,
}

/// Holds calls by ptrace, and changes them by rules.
#[derive(Debug)]
pub(crate) struct Mender {
    tracer: Tracer,
    mending: Mending,
    scope: Scope,
    home: Arc<Path>,
    classes: BTreeMap<i32, (&'static str, CallSpec)>,
    /// What threads are about to do in place of a call.
    scripts: BTreeMap<i32, Script>,
    replacements: Replacements,
}

impl Mender {
    pub(crate) fn new(tracer: Tracer, mending: Mending, scope: Scope, home: PathBuf) -> Mender {
        let classes = every_call().filter_map(|call| match class(call.name())? {
            Class::Reaches(spec) => Some((call.id(), (call.name(), spec))),
            Class::Quiet(_) | Class::Refused(_) => None,
        });
        Mender {
            tracer,
            mending,
            scope,
            home: home.into(),
            classes: classes.collect(),
            scripts: BTreeMap::new(),
            replacements: Replacements::default(),
        }
    }

    /// Handles a call that is held at its entry; gives it, or what is made in its place.
    fn entered(&mut self, held: Held) -> Result<Option<Held>> {
        let entry = self.tracer.entry(&held);
        let (tracer, thread) = (&self.tracer, held.thread);
        self.scripts.retain(|thread, _| tracer.has(*thread));
        match self.scripts.get(&thread) {
            Some(script) if script.entry.map(|(entry, _)| entry) == entry => {}
            // A signal's handler makes a call of its own meanwhile.
            Some(_) => return Ok(Some(held)),
            None => {
                let Some(mut script) = self.plan(&held) else { return Ok(Some(held)) };
                let registers = self.tracer.registers(&held)?;
                script.entry = entry.zip(registers);
                if script.entry.is_none() {
                    // It was killed.
                    return Ok(Some(held));
                }
                self.scripts.insert(thread, script);
            }
        }
        let Some(script) = self.scripts.get_mut(&thread) else { return Ok(Some(held)) };
        let Some(line) = script.next() else {
            self.scripts.remove(&thread);
            return Ok(Some(held));
        };
        let args = line.args.map(|word| script.value(word));
        script.current = Some((held.key, line.clone()));
        script.wants_end = false;
        let held = self.tracer.change(&held, line.number, args)?;
        if line.shown {
            return Ok(Some(held));
        }
        self.tracer.release(&held, Release::Continue)?;
        Ok(None)
    }

    /// Returns whether a call is the one that its thread's script is at.
    fn is_current(&self, held: &Held) -> bool {
        let script = self.scripts.get(&held.thread);
        let current = script.and_then(|script| script.current.as_ref());
        current.is_some_and(|(key, _)| *key == held.key)
    }

    /// Goes on with a script when a call of it has ended.
    fn ended(&mut self, held: &Held, result: i64) -> Result<()> {
        let thread = held.thread;
        let Some(script) = self.scripts.get_mut(&thread) else { return Ok(()) };
        let Some((_, line)) = script.current.take() else { return Ok(()) };
        script.gave(&line, result);
        if line.part == Part::Map && result >= 0 {
            let placed = script.placed();
            if !placed.iter().all(|(at, text)| tracee_memory::write(thread, *at, text)) {
                script.fail(libc::EFAULT);
            }
        }
        if line.part == Part::Own {
            let then = std::mem::replace(&mut script.then, Then::Nothing);
            self.follow(thread, then, result);
        }
        let Some(script) = self.scripts.get(&thread) else { return Ok(()) };
        let Some((entry, registers)) = script.entry else { return Ok(()) };
        if script.goes_on() {
            let again = registers.before_call(entry.number, entry.args);
            return self.tracer.go_on_with(held, again);
        }
        let registers = registers.after_call(script.result());
        self.scripts.remove(&thread);
        self.tracer.go_on_with(held, registers)
    }

    /// Does what follows from the store's own call.
    fn follow(&mut self, thread: i32, then: Then, result: i64) {
        match then {
            Then::Look(look) if result >= 0 => {
                let lines = look_at(thread, result as i32, look);
                if let Some(script) = self.scripts.get_mut(&thread) {
                    match lines {
                        Ok(lines) => script.before(lines),
                        Err(errno) => {
                            script.fail(errno);
                            let close = [Word::Value(result as u64)];
                            let close = Line::new(Part::Tried, libc::SYS_close, &close);
                            script.before([close.when(When::Failed)]);
                        }
                    }
                }
            }
            Then::Replaces { new, old } if result >= 0 => {
                self.replacements.add(thread, result as i32, new, old);
            }
            Then::Wrote { fd } if result < 0 && !is_for_now(result) => {
                if let Some(file) = self.replacements.get(thread, fd) {
                    file.failed = true;
                }
            }
            Then::Closed { fd } => self.replacements.remove(thread, fd),
            _ => {}
        }
    }
}

/// Returns whether a result says that a call may be made again.
fn is_for_now(result: i64) -> bool {
    [libc::EINTR, libc::EAGAIN].iter().any(|errno| result == -i64::from(*errno))
}

/// Looks at a file that was opened: the calls that follow, or the error that the store gets.
fn look_at(thread: i32, fd: i32, look: Inspection) -> std::result::Result<Vec<Line>, i32> {
    let Ok(file) = std::fs::metadata(format!("/proc/{thread}/fd/{fd}")) else {
        return Ok(Vec::new());
    };
    if look.regular && !file.is_file() && !file.is_dir() {
        return Err(libc::ENXIO);
    }
    let owner = status(thread).map(|status| status.uid);
    if look.own && owner.is_ok_and(|owner| owner != file.uid()) {
        return Err(libc::EPERM);
    }
    let fd = Word::Value(fd as u64);
    let mut lines = Vec::new();
    let bits = file.mode() & 0o7777;
    if look.narrow && file.is_file() && bits & 0o077 != 0 {
        let narrower = Word::Value(u64::from(bits & 0o700));
        lines.push(Line::new(Part::Needed, libc::SYS_fchmod, &[fd, narrower]));
    }
    if look.empty && file.is_file() && file.len() > 0 {
        lines.push(Line::new(Part::Needed, libc::SYS_ftruncate, &[fd, Word::Value(0)]));
    }
    Ok(lines)
}

impl Backend for Mender {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.tracer.descriptor()
    }

    fn take(&mut self) -> Result<Option<Held>> {
        loop {
            let Some(held) = self.tracer.take()? else { return Ok(None) };
            match held.result {
                None => {
                    if let Some(held) = self.entered(held)? {
                        return Ok(Some(held));
                    }
                }
                Some(result) if self.is_current(&held) => {
                    let wanted = self.scripts.get(&held.thread).is_some_and(|s| s.wants_end);
                    if wanted {
                        return Ok(Some(held));
                    }
                    self.ended(&held, result)?;
                }
                Some(_) => return Ok(Some(held)),
            }
        }
    }

    fn is_held(&self, held: &Held) -> bool {
        self.tracer.is_held(held)
    }

    fn release(&mut self, held: &Held, how: Release) -> Result<()> {
        if !self.is_current(held) {
            return self.tracer.release(held, how);
        }
        if let Some(result) = held.result {
            return self.ended(held, result);
        }
        if let Some(script) = self.scripts.get_mut(&held.thread) {
            script.wants_end = how != Release::Pass;
        }
        // The script goes on at its end, whoever else wants to know.
        let how = if how == Release::Pass { Release::Continue } else { how };
        self.tracer.release(held, how)
    }

    fn sees_results(&self) -> bool {
        true
    }
}
