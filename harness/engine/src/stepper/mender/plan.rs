//! From a call and the rules to what is made in its place.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::super::backend::Held;
use super::super::calls::{CallSpec, below_home};
use super::super::decode::{Decoded, decode};
use super::Mender;
use super::opening::Opening;
use super::script::{Inspection, Line, Part, Script, Then, When, Word};
use crate::record::{CallRole, Change, ChangedCall, Rule};

const HERE: Word = Word::Value(libc::AT_FDCWD as u64);

impl Mender {
    fn has(&self, at: CallRole, change: Change) -> bool {
        self.mending.rules.contains(&Rule { at, change })
    }

    fn has_any(&self, at: CallRole) -> bool {
        self.mending.rules.iter().any(|rule| rule.at == at)
    }

    /// Takes note of a change that was made to a call.
    fn note(&self, decoded: &Decoded, at: CallRole, change: Change) {
        // The last one tells most: directories come before files, and a save ends with what counts.
        let call = decoded.show(&|path| below_home(&self.home, path));
        self.mending.changed.borrow_mut().insert(Rule { at, change }, ChangedCall { at, call });
    }

    /// Returns what is made in the place of a call; `None` if that is the call itself.
    pub(super) fn plan(&mut self, held: &Held) -> Option<Script> {
        let (name, spec) = *self.classes.get(&held.number)?;
        let script = match name {
            "open" | "openat" | "openat2" | "creat" => self.open(held, name, &spec),
            "mkdir" | "mkdirat" if self.has_any(CallRole::MakeDirectory) => {
                self.make_directory(held, name, &spec)
            }
            "rename" | "renameat" | "renameat2" if self.has_any(CallRole::Rename) => {
                self.rename(held, name, &spec)
            }
            "unlink" | "unlinkat" if self.has_any(CallRole::Remove) => {
                let at = CallRole::Remove;
                let decoded = self.decoded(held, &spec)?;
                self.note(&decoded, at, Change::SyncDirectory);
                let mut script = Script::of(held);
                sync_directory(&mut script, decoded.paths.first()?.parent()?);
                Some(script)
            }
            "chmod" | "fchmod" | "fchmodat" | "fchmodat2" if self.has_any(CallRole::SetMode) => {
                self.set_mode(held, name, &spec)
            }
            "write" | "pwrite64" | "writev" | "pwritev" | "pwritev2" | "ftruncate" | "fsync"
            | "fdatasync" => {
                let fd = held.args[0] as i32;
                self.replacements.get(held.thread, fd)?;
                let mut script = Script::of(held);
                script.then = Then::Wrote { fd };
                Some(script)
            }
            "close" => self.close(held),
            _ => None,
        };
        script.map(Script::with_memory)
    }

    /// Reads a call, where it reaches the sandbox.
    fn decoded(&self, held: &Held, spec: &CallSpec) -> Option<Decoded> {
        let decoded = decode(held, spec, &self.scope);
        self.scope.any(&decoded.paths).then_some(decoded)
    }

    fn open(&mut self, held: &Held, name: &str, spec: &CallSpec) -> Option<Script> {
        let before = Opening::of(held, name)?;
        let at = before.role().filter(|role| self.has_any(*role))?;
        let decoded = self.decoded(held, spec)?;
        if let Some(script) = self.replace(held, &before, &decoded) {
            return Some(script);
        }
        let mut after = before;
        let mut script = Script::of(held);
        let note = |change| self.note(&decoded, at, change);
        let add = |open: &mut Opening, change, flag| {
            if self.has(at, change) && !open.has(flag) {
                open.set(flag);
                note(change);
            }
        };
        add(&mut after, Change::NoFollow, libc::O_NOFOLLOW);
        add(&mut after, Change::CloseOnExec, libc::O_CLOEXEC);
        if self.has(at, Change::PrivateMode) && after.makes() && after.mode & 0o077 != 0 {
            after.mode &= 0o600;
            note(Change::PrivateMode);
        }
        let mut unlink = None;
        if self.has(at, Change::Exclusive)
            && after.has(libc::O_CREAT | libc::O_TRUNC)
            && !after.has(libc::O_EXCL)
        {
            let path = [Word::Value(after.dir), Word::Value(after.path), Word::Value(0)];
            unlink = Some(Line::new(Part::Tried, libc::SYS_unlinkat, &path));
            after.set(libc::O_EXCL | libc::O_NOFOLLOW);
            note(Change::Exclusive);
        }
        let mut look = Inspection::default();
        // What is made by the call itself is right already.
        let may_exist = !after.has(libc::O_EXCL) && !after.has(libc::O_TMPFILE);
        if may_exist {
            if self.has(at, Change::RegularOnly) {
                after.set(libc::O_NONBLOCK | libc::O_NOCTTY);
                look.regular = true;
                note(Change::RegularOnly);
            }
            if self.has(at, Change::OwnOnly) {
                look.own = true;
                look.empty = after.has(libc::O_TRUNC);
                after.clear(libc::O_TRUNC);
                note(Change::OwnOnly);
            }
            if self.has(at, Change::Narrow) {
                look.narrow = true;
                note(Change::Narrow);
            }
        }
        let under = self.has(at, Change::PrivateUmask) && after.makes();
        if after == before && look == Inspection::default() && !under {
            return None;
        }
        after.into_own(&mut script);
        script.then = Then::Look(look);
        script.before(unlink);
        if under {
            note(Change::PrivateUmask);
            under_umask(&mut script);
        }
        Some(script)
    }

    /// Returns the open of a new file that replaces the one which the call would have emptied.
    fn replace(&self, held: &Held, open: &Opening, decoded: &Decoded) -> Option<Script> {
        let at = CallRole::WriteFile;
        let empties = open.has(libc::O_TRUNC) && open.writes() && open.resolve == 0;
        let path = decoded.paths.first()?;
        // Without O_CREAT there is something to replace, or the call fails as it would have.
        let is_there = || std::fs::symlink_metadata(path).is_ok();
        if !self.has(at, Change::Replace)
            || !empties
            || open.has(libc::O_EXCL)
            || open.has(libc::O_APPEND)
            || !(open.has(libc::O_CREAT) || is_there())
        {
            return None;
        }
        // Keys from the kernel's generator: nobody can guess the name.
        let name = format!(".tmp-{:016x}", RandomState::new().build_hasher().finish());
        let new = path.parent()?.join(name).as_os_str().as_bytes().to_vec();
        let mut script = Script::of(held);
        let text = script.text(new.clone());
        let flags = open.flags & !(libc::O_TRUNC as u64)
            | (libc::O_CREAT | libc::O_EXCL | libc::O_NOFOLLOW | libc::O_CLOEXEC) as u64;
        let args = [HERE, text, Word::Value(flags), Word::Value(0o600)];
        script.lines[0] = Line::new(Part::Own, libc::SYS_openat, &args);
        script.then = Then::Replaces { new, old: path.as_os_str().as_bytes().to_vec() };
        self.note(decoded, at, Change::Replace);
        Some(script)
    }

    /// Returns the close of a new file, which gets the name of the one that it replaces.
    fn close(&mut self, held: &Held) -> Option<Script> {
        let fd = held.args[0] as i32;
        let file = self.replacements.get(held.thread, fd)?.clone();
        let mut script = Script::of(held);
        script.then = Then::Closed { fd };
        script.lines[0].when = When::Always;
        let new = script.text(file.new);
        let unlink = Line::new(Part::Tried, libc::SYS_unlinkat, &[HERE, new, Word::Value(0)]);
        if file.failed {
            script.before([unlink]);
            return Some(script);
        }
        let parent = Path::new(std::ffi::OsStr::from_bytes(&file.old)).parent()?.to_owned();
        let old = script.text(file.old);
        let own = Word::Value(fd as u64);
        let rename = [HERE, new, HERE, old, Word::Value(0)];
        script.before([
            Line::new(Part::Needed, libc::SYS_fsync, &[own]),
            Line::new(Part::Needed, libc::SYS_renameat2, &rename),
            unlink.when(When::Failed),
        ]);
        sync_directory(&mut script, &parent);
        Some(script)
    }

    fn make_directory(&self, held: &Held, name: &str, spec: &CallSpec) -> Option<Script> {
        let at = CallRole::MakeDirectory;
        let decoded = self.decoded(held, spec)?;
        let mode = if name == "mkdir" { 1 } else { 2 };
        let mut script = Script::of(held);
        let wide = self.has(at, Change::PrivateMode) && held.args[mode] & 0o077 != 0;
        if wide {
            script.lines[0].args[mode] = Word::Value(held.args[mode] & !0o077);
            self.note(&decoded, at, Change::PrivateMode);
        }
        let under = self.has(at, Change::PrivateUmask);
        if under {
            under_umask(&mut script);
            self.note(&decoded, at, Change::PrivateUmask);
        }
        (wide || under).then_some(script)
    }

    fn set_mode(&self, held: &Held, name: &str, spec: &CallSpec) -> Option<Script> {
        let mode = if name.starts_with("fchmodat") { 2 } else { 1 };
        let at = CallRole::SetMode;
        if held.args[mode] & 0o077 == 0 || !self.has(at, Change::PrivateMode) {
            return None;
        }
        let decoded = self.decoded(held, spec)?;
        let mut script = Script::of(held);
        script.lines[0].args[mode] = Word::Value(held.args[mode] & !0o077);
        self.note(&decoded, at, Change::PrivateMode);
        Some(script)
    }

    fn rename(&self, held: &Held, name: &str, spec: &CallSpec) -> Option<Script> {
        let at = CallRole::Rename;
        let decoded = self.decoded(held, spec)?;
        let mut script = Script::of(held);
        if self.has(at, Change::SyncDirectory) {
            sync_directory(&mut script, decoded.paths.last()?.parent()?);
            self.note(&decoded, at, Change::SyncDirectory);
        }
        if self.has(at, Change::SyncFile) {
            let (dir, path) = match name {
                "rename" => (HERE, Word::Value(held.args[0])),
                _ => (Word::Value(held.args[0]), Word::Value(held.args[1])),
            };
            let flags = libc::O_RDONLY | libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC;
            let open = [dir, path, Word::Value(flags as u64), Word::Value(0)];
            script.before(synced(1, &open));
            self.note(&decoded, at, Change::SyncFile);
        }
        Some(script)
    }
}

/// Returns the calls that open something, sync it and close it.
fn synced(number: usize, open: &[Word]) -> [Line; 3] {
    let fd = [Word::Result(number)];
    [
        Line::new(Part::Needed, libc::SYS_openat, open).keep(number),
        Line::new(Part::Needed, libc::SYS_fsync, &fd),
        Line::new(Part::Tried, libc::SYS_close, &fd),
    ]
}

/// Syncs a directory after everything else.
fn sync_directory(script: &mut Script, dir: &Path) {
    let dir = script.text(dir.as_os_str().as_bytes().to_vec());
    let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC;
    let lines = synced(2, &[HERE, dir, Word::Value(flags as u64), Word::Value(0)]);
    script.after(lines);
}

/// Puts the umask around everything.
fn under_umask(script: &mut Script) {
    let set = Line::new(Part::Tried, libc::SYS_umask, &[Word::Value(0o077)]).keep(3).hidden();
    let back = Line::new(Part::Tried, libc::SYS_umask, &[Word::Result(3)]);
    script.before([set]);
    script.after([back.when(When::Always).hidden()]);
}
