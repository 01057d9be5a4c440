//! Files that are to replace others when they are closed.

use std::collections::BTreeMap;

use crate::driver::{started, status};

/// A new file, and the one whose name it gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Replacement {
    pub(super) new: Vec<u8>,
    pub(super) old: Vec<u8>,
    /// Whether a write to it failed: then it replaces nothing.
    pub(super) failed: bool,
    /// Start of its process: another may have its number by now.
    started: Option<u64>,
}

/// The files of all processes, by process and descriptor.
#[derive(Debug, Default)]
pub(super) struct Replacements(BTreeMap<(i32, i32), Replacement>);

impl Replacements {
    fn key(thread: i32, fd: i32) -> Option<(i32, i32)> {
        Some((status(thread).ok()?.process, fd))
    }

    /// Takes note of a file that a thread opened.
    pub(super) fn add(&mut self, thread: i32, fd: i32, new: Vec<u8>, old: Vec<u8>) {
        let Some(key) = Replacements::key(thread, fd) else { return };
        self.0.retain(|(process, _), file| started(*process) == file.started);
        let file = Replacement { new, old, failed: false, started: started(key.0) };
        self.0.insert(key, file);
    }

    /// Returns the file that a thread has at a descriptor, where it is one of these.
    pub(super) fn get(&mut self, thread: i32, fd: i32) -> Option<&mut Replacement> {
        if self.0.is_empty() {
            return None;
        }
        let key = Replacements::key(thread, fd)?;
        self.0.get_mut(&key).filter(|file| file.started == started(key.0))
    }

    /// Forgets a file that is closed.
    pub(super) fn remove(&mut self, thread: i32, fd: i32) {
        if let Some(key) = Replacements::key(thread, fd) {
            self.0.remove(&key);
        }
    }
}
