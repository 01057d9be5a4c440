//! Answering in the kernel's place what a program makes ids of: random bytes, the time, its number.
//!
//! The kernel's facts:
//!
//! - A call that the filter stopped is skipped if its number is made -1, and gives what is in the register of results (ptrace(2)).
//! - A C library and a runtime read the clock without a call, by code that the kernel maps into every process and names in the auxiliary
//!   vector (vdso(7)). One that finds no such entry makes the call. So the entry is taken out when a program has been executed.
//! - /dev/urandom and /dev/random are read as files. A held read shows by its descriptor where it leads (proc_pid_fd(5)).
//! - A process that asks for its number may send itself a signal by it. Such a number is put back when it comes in.
//!
//! Not answered: the 16 bytes that each program finds on its stack (AT_RANDOM), instructions of the processor (RDRAND, RDTSC), inodes and
//! the times of files. A program that uses them makes other ids each time, which proves nothing about it.

use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;

use super::backend::{Backend, Held, Release};
use super::calls::every_call;
use super::ingredients::{Answers, Clock, State};
use super::tracee_memory;
use super::tracer::Tracer;
use crate::driver::status;
use crate::error::Result;

/// The calls that are answered, and those that name a process by its number.
const CALLS: [(&str, Question); 14] = [
    ("getrandom", Question::Random),
    ("read", Question::Read),
    ("readv", Question::ReadVector),
    ("clock_gettime", Question::Clock),
    ("gettimeofday", Question::TimeOfDay),
    ("time", Question::Time),
    ("getpid", Question::Process),
    ("gettid", Question::Thread),
    ("getppid", Question::Parent),
    ("kill", Question::Names(1)),
    ("tkill", Question::Names(1)),
    ("tgkill", Question::Names(2)),
    ("pidfd_open", Question::Names(1)),
    ("rt_sigqueueinfo", Question::Names(1)),
];

/// Question that a call asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Random,
    Read,
    ReadVector,
    Clock,
    TimeOfDay,
    Time,
    Process,
    Thread,
    Parent,
    /// Numbers of processes, in so many of its first arguments.
    Names(usize),
}

/// Upper limit of the random bytes that are given at once. Programs ask again for the rest (getrandom(2)).
const AT_ONCE: u64 = 1 << 20;

/// Returns whether calls of this name are held.
pub(super) fn holds(name: &str) -> bool {
    CALLS.iter().any(|(call, _)| *call == name)
}

/// Answers the questions of a program, of its threads and of its children.
#[derive(Debug)]
pub(crate) struct Answerer {
    tracer: Tracer,
    /// The first process.
    first: i32,
    answers: Answers,
    questions: BTreeMap<i32, Question>,
    /// The process of each thread that asked: a file of /proc costs more than the rest of an answer.
    processes: BTreeMap<i32, i32>,
}

impl Answerer {
    pub(crate) fn new(mut tracer: Tracer, first: i32, answers: Answers) -> Answerer {
        tracer.hide_vdso();
        let question = |name| CALLS.iter().find(|(call, _)| *call == name).map(|(_, it)| *it);
        let questions = every_call().filter_map(|call| Some((call.id(), question(call.name())?)));
        Answerer {
            tracer,
            first,
            answers,
            questions: questions.collect(),
            processes: BTreeMap::new(),
        }
    }

    /// Lets a held call go on, with the answer if it asks for something.
    fn answer(&mut self, held: &Held) -> Result<()> {
        let Some(question) = self.questions.get(&held.number).copied() else {
            return self.tracer.release(held, Release::Pass);
        };
        if let Question::Names(count) = question {
            let named = self.named(held, count);
            let held = match named {
                Some(args) => self.tracer.change(held, held.number, args)?,
                None => held.clone(),
            };
            return self.tracer.release(&held, Release::Pass);
        }
        let answer = match question {
            Question::Read | Question::ReadVector if !reads_random_bytes(held) => None,
            _ => self.process_of(held.thread).and_then(|process| {
                give(held, question, (process, self.first), &mut self.answers.borrow_mut())
            }),
        };
        self.tracer.release(held, answer.map_or(Release::Pass, Release::Return))
    }

    fn process_of(&mut self, thread: i32) -> Option<i32> {
        if let Some(process) = self.processes.get(&thread) {
            return Some(*process);
        }
        let process = status(thread).ok()?.process;
        self.processes.insert(thread, process);
        Some(process)
    }

    /// Returns the arguments of a call that names processes, with the numbers that these have; `None` if none is to be put back.
    fn named(&self, held: &Held, count: usize) -> Option<[u64; 6]> {
        let answers = self.answers.borrow();
        let mut args = held.args;
        for arg in &mut args[..count] {
            if let Some(own) = answers.own_number(*arg as i32, self.first) {
                *arg = own as u64;
            }
        }
        (args != held.args).then_some(args)
    }
}

/// Answers a question; `None` if it is the kernel's to answer.
fn give(
    held: &Held,
    question: Question,
    (process, first): (i32, i32),
    state: &mut State,
) -> Option<i64> {
    let [one, two, three, ..] = held.args;
    let thread = held.thread;
    let put = |at: u64, bytes: &[u8]| tracee_memory::write(thread, at, bytes).then_some(());
    match question {
        Question::Random => {
            let bytes = state.draw(process, two.min(AT_ONCE) as usize)?;
            put(one, &bytes)?;
            Some(bytes.len() as i64)
        }
        Question::Read => {
            let bytes = state.draw(process, three.min(AT_ONCE) as usize)?;
            put(two, &bytes)?;
            Some(bytes.len() as i64)
        }
        Question::ReadVector => {
            // A read may give less than was asked for: one buffer at a time.
            let (base, length) = tracee_memory::first_buffer(thread, two, three)?;
            let bytes = state.draw(process, length.min(AT_ONCE) as usize)?;
            put(base, &bytes)?;
            Some(bytes.len() as i64)
        }
        Question::Clock => {
            let clock = clock(one as i32)?;
            put(two, &pair(state.time(process, clock)?, 1))?;
            Some(0)
        }
        Question::TimeOfDay if two == 0 && one != 0 => {
            put(one, &pair(state.time(process, Clock::Time)?, 1_000))?;
            Some(0)
        }
        Question::Time => {
            let seconds = state.time(process, Clock::Time)?.div_euclid(SECOND);
            if one != 0 {
                put(one, &seconds.to_ne_bytes())?;
            }
            Some(seconds)
        }
        Question::Process => Some(i64::from(state.number(process, first)?)),
        Question::Thread => Some(i64::from(state.number(thread, first)?)),
        // What started the first process is not of the program.
        Question::Parent if process != first => {
            let parent = status(thread).ok()?.parent;
            (parent >= first).then_some(())?;
            Some(i64::from(state.number(parent, first)?))
        }
        _ => None,
    }
}

const SECOND: i64 = 1_000_000_000;
/// Returns what a clock counts from, by its number in clock_gettime(2); `None` for one of another process, which is the kernel's to tell.
///
/// Whoever waits up to a moment gives the kernel that moment by a clock of its own. So those that count from the host's start stay near it:
/// with the time since the epoch in them, such a wait would last for decades.
fn clock(number: i32) -> Option<Clock> {
    match number {
        libc::CLOCK_REALTIME
        | libc::CLOCK_REALTIME_COARSE
        | libc::CLOCK_REALTIME_ALARM
        | libc::CLOCK_TAI => Some(Clock::Time),
        libc::CLOCK_MONOTONIC
        | libc::CLOCK_MONOTONIC_RAW
        | libc::CLOCK_MONOTONIC_COARSE
        | libc::CLOCK_BOOTTIME
        | libc::CLOCK_BOOTTIME_ALARM
        | libc::CLOCK_PROCESS_CPUTIME_ID
        | libc::CLOCK_THREAD_CPUTIME_ID => Some(Clock::Uptime),
        _ => None,
    }
}

/// Returns a `struct timespec`, or a `struct timeval` if the second word counts microseconds.
fn pair(time: i64, unit: i64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&time.div_euclid(SECOND).to_ne_bytes());
    bytes[8..].copy_from_slice(&(time.rem_euclid(SECOND) / unit).to_ne_bytes());
    bytes
}

fn reads_random_bytes(held: &Held) -> bool {
    let path = std::fs::read_link(format!("/proc/{}/fd/{}", held.thread, held.args[0] as i32));
    path.is_ok_and(|path| path.ends_with("dev/urandom") || path.ends_with("dev/random"))
}

impl Backend for Answerer {
    fn descriptor(&self) -> BorrowedFd<'_> {
        self.tracer.descriptor()
    }

    fn take(&mut self) -> Result<Option<Held>> {
        // No call of these is anybody else's business.
        while let Some(held) = self.tracer.take()? {
            self.answer(&held)?;
        }
        Ok(None)
    }

    fn is_held(&self, held: &Held) -> bool {
        self.tracer.is_held(held)
    }

    fn release(&mut self, held: &Held, how: Release) -> Result<()> {
        self.tracer.release(held, how)
    }

    fn sees_results(&self) -> bool {
        true
    }
}
