//! An open, whichever of the calls it is.

use super::super::backend::Held;
use super::super::tracee_memory;
use super::script::{Line, Part, Script, Word};
use crate::record::CallRole;

/// The bits that flags have in 32.
const INT: u64 = u32::MAX as u64;

/// An open, whichever call it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Opening {
    pub(super) dir: u64,
    pub(super) path: u64,
    pub(super) flags: u64,
    pub(super) mode: u64,
    /// `resolve` of openat2(2).
    pub(super) resolve: u64,
}

impl Opening {
    pub(super) fn of(held: &Held, name: &str) -> Option<Opening> {
        let [a, b, c, d, ..] = held.args;
        let here = libc::AT_FDCWD as u64;
        Some(match name {
            "open" => Opening { dir: here, path: a, flags: b & INT, mode: c, resolve: 0 },
            "openat" => Opening { dir: a, path: b, flags: c & INT, mode: d, resolve: 0 },
            "creat" => {
                let flags = (libc::O_CREAT | libc::O_WRONLY | libc::O_TRUNC) as u64;
                Opening { dir: here, path: a, flags, mode: b, resolve: 0 }
            }
            "openat2" => {
                let field = |n: u64| tracee_memory::word(held.thread, c.saturating_add(8 * n));
                Opening { dir: a, path: b, flags: field(0)?, mode: field(1)?, resolve: field(2)? }
            }
            _ => return None,
        })
    }

    pub(super) fn has(&self, flag: i32) -> bool {
        self.flags & flag as u64 == flag as u64
    }

    pub(super) fn set(&mut self, flag: i32) {
        self.flags |= flag as u64;
    }

    pub(super) fn clear(&mut self, flag: i32) {
        self.flags &= !(flag as u64);
    }

    pub(super) fn makes(&self) -> bool {
        self.has(libc::O_CREAT) || self.has(libc::O_TMPFILE)
    }

    pub(super) fn writes(&self) -> bool {
        self.flags & libc::O_ACCMODE as u64 != libc::O_RDONLY as u64
            || self.makes()
            || self.has(libc::O_TRUNC)
    }

    /// Returns the role of the call; `None` for one that opens no file's contents.
    pub(super) fn role(&self) -> Option<CallRole> {
        let walks =
            self.has(libc::O_PATH) || (self.has(libc::O_DIRECTORY) && !self.has(libc::O_TMPFILE));
        let role = if self.writes() { CallRole::WriteFile } else { CallRole::ReadFile };
        (!walks).then_some(role)
    }

    /// Puts the call in the place of the store's.
    pub(super) fn into_own(self, script: &mut Script) {
        let line = if self.resolve == 0 {
            let args = [self.dir, self.path, self.flags, self.mode].map(Word::Value);
            Line::new(Part::Own, libc::SYS_openat, &args)
        } else {
            let fields = [self.flags, self.mode, self.resolve];
            let how = script.text(fields.iter().flat_map(|field| field.to_ne_bytes()).collect());
            let args = [Word::Value(self.dir), Word::Value(self.path), how, Word::Value(24)];
            Line::new(Part::Own, libc::SYS_openat2, &args)
        };
        script.lines[0] = line;
    }
}
