//! Holding by ptrace(2): at entry, where the filter stops a call, and at its end, so that what it gave is known.
//!
//! Each thread is waited for by its own number: `waitpid(-1)` would take news from those that wait for the probers, or for a driver's end.

use std::collections::{BTreeMap, VecDeque};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::rc::Rc;

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::backend::{Backend, Held, Release};
use super::entrance;
use super::ptrace::{self, Death, EVENT_STOP, Entry, Registers, ThreadState, Until};
use super::sigchld::Sigchld;
use super::vdso;
use crate::error::{Context, Error, Result};

/// Results of a call that a signal interrupted, of <linux/errno.h>: ERESTARTSYS to ERESTART_RESTARTBLOCK. No program sees them.
const RESTARTS: std::ops::RangeInclusive<i64> = -516..=-512;
/// Bit that PTRACE_O_TRACESYSGOOD adds to SIGTRAP at the end of a call.
const AT_CALL: i32 = libc::SIGTRAP | 0x80;

/// Holds the calls of a process, of its threads and of its children.
#[derive(Debug)]
pub(crate) struct Tracer {
    sigchld: Rc<Sigchld>,
    /// Count of [`Sigchld::answer`] at the last look.
    heard: u64,
    /// The process that was attached to. It is a child of this one, and whoever started it waits for its end.
    root: i32,
    threads: BTreeMap<i32, Traced>,
    /// States of threads that were seen and not handled yet.
    seen: VecDeque<(i32, ThreadState)>,
    last_key: u64,
    /// Flag that programs are not shown the code by which they read the clock without a call.
    hides_vdso: bool,
}

/// A thread.
#[derive(Clone, Debug, Default)]
struct Traced {
    /// The key of the call that it is held at.
    held_at: Option<u64>,
    /// The call and its thread: one that executes a program may get another number.
    call: Option<(Entry, Held)>,
    /// Whether the call was released and its end is waited for.
    in_call: bool,
    /// Result that the call is to return, although it is made.
    to_give: Option<i64>,
    /// A call that a signal interrupted: the kernel makes it again where it was not for a handler to end it.
    interrupted: Option<(Entry, Held)>,
}

impl Tracer {
    /// Attaches to a driver's process, which waits for that before it puts the filter on.
    pub(crate) fn attach(process: i32, socket: &OwnedFd) -> Result<Tracer> {
        let refused = |why: String| Error::Refused { what: "tracing a program's calls", why };
        if !entrance::waits_for_tracer(socket)? {
            return Err(refused("the driver's process did not come to its filter".into()));
        }
        let sigchld = Sigchld::of_thread()?;
        ptrace::seize(process).map_err(|errno| match errno {
            Errno::EPERM | Errno::EACCES | Errno::ENOSYS => refused(format!(
                "ptrace(2): {errno}; in a container it takes --cap-add=SYS_PTRACE, and \
                 kernel.yama.ptrace_scope below 3"
            )),
            errno => Error::System { doing: "trace a driver", source: errno.into() },
        })?;
        let mut tracer = Tracer {
            heard: sigchld.answer(),
            sigchld,
            root: process,
            threads: BTreeMap::new(),
            seen: VecDeque::new(),
            last_key: 0,
            hides_vdso: false,
        };
        tracer.threads.insert(process, Traced::default());
        entrance::go_on(socket)?;
        Ok(tracer)
    }

    /// Has programs that are executed from here on make a call to read the clock.
    pub(super) fn hide_vdso(&mut self) {
        self.hides_vdso = true;
    }

    /// Looks at every thread.
    fn look(&mut self) {
        self.heard = self.sigchld.answer();
        let threads: Vec<i32> = self.threads.keys().copied().collect();
        for thread in threads {
            self.look_at(thread);
        }
    }

    fn look_at(&mut self, thread: i32) {
        let death = if thread == self.root { Death::Anothers } else { Death::Ours };
        if let Some(seen) = ptrace::look(thread, death) {
            self.seen.push_back((thread, seen));
        }
    }

    /// Goes into what a thread has come to; gives the call that it is held at, where that is it.
    fn go_into(&mut self, thread: i32, seen: ThreadState) -> Option<Held> {
        let ThreadState::Stopped { signal, event } = seen else {
            // The first thread may be dead and come back: another that executes a program takes its number.
            if thread != self.root {
                self.threads.remove(&thread);
            }
            return None;
        };
        match event {
            libc::PTRACE_EVENT_SECCOMP => return self.entered(thread),
            libc::PTRACE_EVENT_CLONE | libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK => {
                if let Some(new) = ptrace::message(thread) {
                    self.threads.entry(new).or_default();
                    // It may have stopped before anybody knew of it.
                    self.look_at(new);
                }
                self.resume(thread, 0);
            }
            libc::PTRACE_EVENT_EXEC => {
                // Whichever thread did it has the number of the process now.
                if let Some(former) = ptrace::message(thread).filter(|former| *former != thread)
                    && let Some(traced) = self.threads.remove(&former)
                {
                    self.threads.insert(thread, traced);
                }
                if self.hides_vdso {
                    // A program whose stack cannot be read goes by the real clock: nothing is proven of it.
                    let _ = vdso::hide(thread);
                }
                self.resume(thread, 0);
            }
            // Not a stop of the thread's own: what stopped the process continues it.
            EVENT_STOP if signal != libc::SIGTRAP => ptrace::listen(thread),
            EVENT_STOP => self.resume(thread, 0),
            0 if signal == AT_CALL => return self.ended(thread),
            0 => self.resume(thread, signal),
            _ => self.resume(thread, 0),
        }
        None
    }

    fn resume(&mut self, thread: i32, signal: i32) {
        let in_call = self.threads.get(&thread).is_some_and(|traced| traced.in_call);
        ptrace::resume(thread, if in_call { Until::Exit } else { Until::Event }, signal);
    }

    /// Handles a thread that is about to make a call.
    fn entered(&mut self, thread: i32) -> Option<Held> {
        // Nothing, where it was killed meanwhile.
        let entry = ptrace::entry(thread)?;
        let key = self.last_key + 1;
        let traced = self.threads.entry(thread).or_default();
        traced.in_call = false;
        if let Some((before, _)) = traced.interrupted {
            if before == entry {
                // The same call goes on: it was seen already.
                traced.call = traced.interrupted.take();
                traced.in_call = true;
                self.resume(thread, 0);
                return None;
            }
            // Further down the stack a handler may still be running.
            if entry.stack >= before.stack {
                traced.interrupted = None;
            }
        }
        self.last_key = key;
        let Entry { number, args, .. } = entry;
        let held = Held { key, thread, number, args, result: None };
        traced.held_at = Some(key);
        traced.call = Some((entry, held.clone()));
        Some(held)
    }

    /// Handles the end of a released call.
    fn ended(&mut self, thread: i32) -> Option<Held> {
        let mut result = ptrace::result(thread)?;
        let traced = self.threads.entry(thread).or_default();
        if let Some(value) = traced.to_give.take() {
            // Whoever was killed meanwhile needs no answer.
            let _ = ptrace::answer(thread, value);
            result = value;
        }
        let was_in_call = std::mem::take(&mut traced.in_call);
        match traced.call.take().filter(|_| was_in_call) {
            Some(call) if RESTARTS.contains(&result) => traced.interrupted = Some(call),
            Some((_, held)) => {
                traced.held_at = Some(held.key);
                // A handler's own call came and went; what it interrupted may still go on.
                return Some(Held { result: Some(result), ..held });
            }
            None => {}
        }
        self.resume(thread, 0);
        None
    }

    /// Returns whether a thread is traced still.
    pub(super) fn has(&self, thread: i32) -> bool {
        self.threads.contains_key(&thread)
    }

    /// Returns the call that a thread is held at the entry of, and from where it is made.
    pub(super) fn entry(&self, held: &Held) -> Option<Entry> {
        let traced = self.threads.get(&self.holder(held)?)?;
        traced.call.as_ref().map(|(entry, _)| *entry)
    }

    /// Returns the registers of the thread that is held there.
    pub(super) fn registers(&self, held: &Held) -> Result<Option<Registers>> {
        match self.holder(held) {
            Some(thread) => Registers::of(thread).doing("read a held thread's registers"),
            None => Ok(None),
        }
    }

    /// Makes another call of the one that is held at its entry.
    pub(super) fn change(&mut self, held: &Held, number: i32, args: [u64; 6]) -> Result<Held> {
        let changed = Held { number, args, ..held.clone() };
        let Some(thread) = self.holder(held) else { return Ok(changed) };
        ptrace::change(thread, number, args).doing("change a held call")?;
        // So that it is recognised where the kernel makes it again.
        if let Some((entry, kept)) =
            self.threads.get_mut(&thread).and_then(|traced| traced.call.as_mut())
        {
            *entry = Entry { number, args, ..*entry };
            kept.clone_from(&changed);
        }
        Ok(changed)
    }

    /// Lets a thread that is held at the end of a call go on with other registers.
    pub(super) fn go_on_with(&mut self, held: &Held, registers: Registers) -> Result<()> {
        let Some(thread) = self.holder(held) else { return Ok(()) };
        registers.put(thread).doing("set a held thread's registers")?;
        if let Some(traced) = self.threads.get_mut(&thread) {
            traced.held_at = None;
        }
        self.resume(thread, 0);
        Ok(())
    }

    /// Returns the thread that is held there, under the number that it has now.
    fn holder(&self, held: &Held) -> Option<i32> {
        let is_it = |traced: &Traced| traced.held_at == Some(held.key);
        if self.threads.get(&held.thread).is_some_and(is_it) {
            return Some(held.thread);
        }
        self.threads.iter().find(|(_, traced)| is_it(traced)).map(|(thread, _)| *thread)
    }
}

impl Backend for Tracer {
    fn descriptor(&self) -> BorrowedFd<'_> {
        // Nothing else would tell of what is known already, or of what another tracer silenced the bell for.
        if !self.seen.is_empty() || self.sigchld.was_answered_since(self.heard) {
            self.sigchld.ring();
        }
        self.sigchld.descriptor()
    }

    fn take(&mut self) -> Result<Option<Held>> {
        if self.seen.is_empty() {
            self.look();
        }
        while let Some((thread, seen)) = self.seen.pop_front() {
            if let Some(held) = self.go_into(thread, seen) {
                return Ok(Some(held));
            }
        }
        Ok(None)
    }

    fn is_held(&self, held: &Held) -> bool {
        // A thread that was killed has no event any more.
        self.holder(held).is_some_and(|thread| ptrace::message(thread).is_some())
    }

    fn release(&mut self, held: &Held, how: Release) -> Result<()> {
        let Some(thread) = self.holder(held) else { return Ok(()) };
        let Some(traced) = self.threads.get_mut(&thread) else { return Ok(()) };
        traced.held_at = None;
        if held.result.is_none() {
            // Its end costs a stop more, which is for those who want to know what it gave.
            traced.in_call = how != Release::Pass;
            let gives = match how {
                Release::Pass | Release::Continue => None,
                Release::Fail(errno) => Some(-i64::from(errno as i32)),
                Release::Return(value) => Some(value),
            };
            match gives {
                Some(value) if held.closes() => traced.to_give = Some(value),
                Some(value) => ptrace::skip(thread, value).doing("answer a held call")?,
                None => {}
            }
        }
        self.resume(thread, 0);
        Ok(())
    }

    fn sees_results(&self) -> bool {
        true
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        // Nobody would let them go on from the next call that the filter stops.
        self.look();
        let gone: Vec<i32> = self
            .seen
            .drain(..)
            .filter(|(_, seen)| *seen == ThreadState::Gone)
            .map(|(t, _)| t)
            .collect();
        for thread in self.threads.keys().filter(|thread| !gone.contains(thread)) {
            let _ = kill(Pid::from_raw(*thread), Signal::SIGKILL);
        }
    }
}
