//! What a thread does in place of one call: the call itself, changed perhaps, and calls before and after it.
//!
//! All of them are made by the store's own thread from the same instruction: at the end of each, the thread is sent back to before its
//! call instruction, where the filter stops it again. When the last has ended, it has the registers of a thread that made the one call.

use std::collections::VecDeque;

use super::super::backend::Held;
use super::super::ptrace::{Entry, Registers};

/// Size in bytes of the memory that is mapped into the process for the texts of a script.
pub(super) const SCRATCH: u64 = 16 << 10;

/// An argument of a call of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// This value.
    Value(u64),
    /// A pointer to this text of the script's.
    Text(usize),
    /// What the call with this number gave, of those whose results are kept.
    Result(usize),
    /// The address of the mapped memory.
    Scratch,
}

/// Condition for a call of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// It is made in any case.
    Always,
    /// None before it has failed that must not.
    Well,
    /// One before it has failed.
    Failed,
}

/// Part of a call in a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Maps memory and writes the texts there.
    Map,
    /// Stands for the store's own call: its result is the script's.
    Own,
    /// Is inserted, and must not fail: otherwise the store gets its error.
    Needed,
    /// Is inserted, and may fail.
    Tried,
}

/// A call of a script.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) part: Part,
    pub(super) number: i32,
    pub(super) args: [Word; 6],
    pub(super) when: When,
    /// Whether it is a step like any call of the store's.
    pub(super) shown: bool,
    /// Number under which its result is kept.
    pub(super) keep: Option<usize>,
}

impl Line {
    pub(super) fn new(part: Part, number: i64, args: &[Word]) -> Line {
        let mut all = [Word::Value(0); 6];
        all[..args.len()].copy_from_slice(args);
        let shown = part != Part::Map;
        let when = When::Well;
        Line { part, number: number as i32, args: all, when, shown, keep: None }
    }

    pub(super) fn when(self, when: When) -> Line {
        Line { when, ..self }
    }

    pub(super) fn keep(self, number: usize) -> Line {
        Line { keep: Some(number), ..self }
    }

    pub(super) fn hidden(self) -> Line {
        Line { shown: false, ..self }
    }
}

/// What follows from the result of the store's own call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Nothing.
    Nothing,
    /// It opened a file that is looked at.
    Look(Inspection),
    /// It opened what is to replace another file when it is closed.
    Replaces { new: Vec<u8>, old: Vec<u8> },
    /// It wrote to such a file: if it failed, that replaces nothing.
    Wrote { fd: i32 },
    /// It closed such a file.
    Closed { fd: i32 },
}

/// What is looked at in a file that was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Inspection {
    /// What is no regular file or directory is refused.
    pub(super) regular: bool,
    /// Another user's file is refused.
    pub(super) own: bool,
    /// A file that others may read or write is narrowed.
    pub(super) narrow: bool,
    /// It is emptied then.
    pub(super) empty: bool,
}

/// A script, and how far it came.
#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) lines: VecDeque<Line>,
    pub(super) texts: Vec<Vec<u8>>,
    pub(super) then: Then,
    /// The store's call, and the registers it was made with.
    pub(super) entry: Option<(Entry, Registers)>,
    /// Key of the call that is made now, and the line.
    pub(super) current: Option<(u64, Line)>,
    /// Whether whoever takes the held calls wants to see the end of that one.
    pub(super) wants_end: bool,
    scratch: u64,
    kept: [i64; 4],
    result: i64,
    failed: Option<i64>,
}

impl Script {
    /// A script of nothing but the call, for what follows from it.
    pub(super) fn of(held: &Held) -> Script {
        let own = Line::new(Part::Own, i64::from(held.number), &held.args.map(Word::Value));
        Script {
            lines: VecDeque::from([own]),
            texts: Vec::new(),
            then: Then::Nothing,
            entry: None,
            current: None,
            wants_end: false,
            scratch: 0,
            kept: [0; 4],
            result: 0,
            failed: None,
        }
    }

    /// Puts calls before everything else.
    pub(super) fn before(&mut self, lines: impl IntoIterator<Item = Line>) {
        for (n, line) in lines.into_iter().enumerate() {
            self.lines.insert(n, line);
        }
    }

    /// Puts calls after everything else.
    pub(super) fn after(&mut self, lines: impl IntoIterator<Item = Line>) {
        self.lines.extend(lines);
    }

    /// Adds a text that a call points to.
    pub(super) fn text(&mut self, mut text: Vec<u8>) -> Word {
        text.push(0);
        self.texts.push(text);
        Word::Text(self.texts.len() - 1)
    }

    /// Adds what it takes for the texts to be there, where there are any.
    pub(super) fn with_memory(mut self) -> Script {
        if self.texts.is_empty() {
            return self;
        }
        let protection = (libc::PROT_READ | libc::PROT_WRITE) as u64;
        let flags = (libc::MAP_PRIVATE | libc::MAP_ANONYMOUS) as u64;
        let args = [0, SCRATCH, protection, flags, u64::MAX, 0].map(Word::Value);
        self.before([Line::new(Part::Map, libc::SYS_mmap, &args)]);
        let unmap = [Word::Scratch, Word::Value(SCRATCH)];
        let unmap = Line::new(Part::Tried, libc::SYS_munmap, &unmap);
        self.after([unmap.when(When::Always).hidden()]);
        self
    }

    /// Returns the next call to make.
    pub(super) fn next(&mut self) -> Option<Line> {
        loop {
            let line = self.lines.pop_front()?;
            let made = match line.when {
                When::Always => true,
                When::Well => self.failed.is_none(),
                When::Failed => self.failed.is_some(),
            };
            if made {
                return Some(line);
            }
        }
    }

    /// Returns whether there is another call to make.
    pub(super) fn goes_on(&self) -> bool {
        self.lines.iter().any(|line| match line.when {
            When::Always => true,
            When::Well => self.failed.is_none(),
            When::Failed => self.failed.is_some(),
        })
    }

    /// Returns the value of an argument.
    pub(super) fn value(&self, word: Word) -> u64 {
        match word {
            Word::Value(value) => value,
            Word::Text(n) => self.scratch + self.offset(n),
            Word::Result(n) => self.kept.get(n).map_or(u64::MAX, |kept| *kept as u64),
            Word::Scratch => self.scratch,
        }
    }

    fn offset(&self, n: usize) -> u64 {
        // Structures among the texts want to be where numbers may be.
        self.texts[..n].iter().map(|text| (text.len() as u64).next_multiple_of(8)).sum()
    }

    /// Returns the texts, each with its address.
    pub(super) fn placed(&self) -> Vec<(u64, &[u8])> {
        let address = |n| self.scratch + self.offset(n);
        self.texts.iter().enumerate().map(|(n, text)| (address(n), text.as_slice())).collect()
    }

    /// Takes note of what a call gave.
    pub(super) fn gave(&mut self, line: &Line, result: i64) {
        if let Some(kept) = line.keep.and_then(|n| self.kept.get_mut(n)) {
            *kept = result;
        }
        match line.part {
            Part::Map if result >= 0 => self.scratch = result as u64,
            Part::Own => {
                self.result = result;
                if result < 0 {
                    self.failed.get_or_insert(result);
                }
            }
            Part::Map | Part::Needed if result < 0 => {
                self.failed.get_or_insert(result);
            }
            Part::Map | Part::Needed | Part::Tried => {}
        }
    }

    /// Has the store get an error, whatever its call gives.
    pub(super) fn fail(&mut self, errno: i32) {
        self.failed = Some(-i64::from(errno));
    }

    /// Returns what the store gets.
    pub(super) fn result(&self) -> i64 {
        self.failed.unwrap_or(self.result)
    }
}
