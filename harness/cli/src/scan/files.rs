//! What is done with a file that the walk came by: looked at, read where its format is known, judged.

use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::rc::Rc;

use interloper_engine::NodeKind;
use interloper_engine::access::{AclKind, Component};
use interloper_formats::{Detected, detect};
use interloper_record::LeftOutKind;

use super::judge::Subject;
use super::node::{Seen, acl, look, read_head};
use super::places::Place;
use super::walk::{LINK, Open, Walk};

/// A file with several names.
pub(crate) struct Linked {
    /// The names that the walk came by.
    seen: u32,
    /// All that there are.
    names: u32,
    /// The file at a name that others do not reach.
    kept: Option<Held>,
}

/// A file as it was judged.
struct Held {
    open: Rc<Open>,
    name: CString,
    component: Component,
    size: u64,
    place: Place,
    detected: Option<Detected>,
}

/// Most files with several names that are kept for the end: the directory of each stays open.
const HELD: usize = 256;

impl Held {
    fn subject(&self) -> Subject<'_> {
        let Held { open, name, component, size, place, detected } = self;
        Subject { open, name, component, place, size: *size, detected: *detected }
    }
}

impl Walk<'_> {
    /// Judges a file of a tree: as a place whose table entry or format fits, or as any file with `--all`.
    pub(super) fn of_a_tree(&mut self, open: &Rc<Open>, name: &CStr, seen: &Seen, known: &[usize]) {
        let known = known.iter().map(|&n| &self.places.all[n]);
        // A tool's own name is enough, and nothing is read then.
        let own = known.clone().find(|place| place.format.is_none());
        let is_read = own.is_none() && known.len() > 0 && self.read(open, name, seen);
        for place in own.into_iter().chain(known) {
            let detected = if is_read { self.recognise(place) } else { None };
            // A name alone says nothing about the contents, unless it is a tool's own.
            if place.format.is_none() || detected.is_some() {
                self.judge_file(open, name, seen, place, detected);
                return self.directory(open, place, true);
            }
        }
        if self.all {
            self.judge_file(open, name, seen, &Place::any(), None);
        }
    }

    /// Judges a file that was named, whatever its name is.
    pub(crate) fn named(&mut self, open: &Rc<Open>, name: &CStr, place: Option<&Place>) {
        let path = open.path.join(OsStr::from_bytes(name.to_bytes()));
        let Some(seen) = self.look(open, name, &path) else { return };
        let known: Option<usize> = self.places.of_path(&path).next();
        let any = Place::any();
        let table = known.map(|n| &self.places.all[n]);
        let place = place.or(table).unwrap_or(&any);
        let detected = self.detect(open, name, &seen, place);
        self.judge_file(open, name, &seen, place, detected);
    }

    /// Looks at a file; `None` if it is nothing that keeps contents, which is noted.
    pub(super) fn look(&mut self, open: &Open, name: &CStr, path: &Path) -> Option<Seen> {
        let seen = match look(&open.fd, name, open.node.read_only) {
            Ok(seen) => seen,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => {
                self.leave(LeftOutKind::Refused, path, &format!("it cannot be looked at: {error}"));
                return None;
            }
        };
        match seen.component.kind() {
            NodeKind::File => Some(seen),
            NodeKind::Symlink => {
                self.leave(LeftOutKind::Link, path, LINK);
                None
            }
            NodeKind::Other => {
                self.leave(
                    LeftOutKind::Special,
                    path,
                    "neither a file nor a directory, so it was not opened",
                );
                None
            }
            NodeKind::Dir => None,
        }
    }

    /// Reads and recognises a file of a place. Of a place without a format the table's word is taken: nothing is read.
    pub(super) fn detect(
        &mut self,
        open: &Open,
        name: &CStr,
        seen: &Seen,
        place: &Place,
    ) -> Option<Detected> {
        let read = place.format.is_some() && self.read(open, name, seen);
        read.then(|| self.recognise(place)).flatten()
    }

    /// Recognises what was read last as the format of a place.
    fn recognise(&self, place: &Place) -> Option<Detected> {
        let hint = place.format.as_deref().filter(|format| !format.is_empty());
        detect(&self.head, hint, self.now)
    }

    /// Reads the beginning of a file; whether anything was read.
    fn read(&mut self, open: &Open, name: &CStr, seen: &Seen) -> bool {
        if seen.size == 0 {
            return false;
        }
        if let Err(error) = read_head(&open.fd, name, &mut self.head) {
            if error.kind() != std::io::ErrorKind::NotFound {
                let path = open.path.join(OsStr::from_bytes(name.to_bytes()));
                let why = "its owner or root can read it without a trace; scan as one of them";
                self.leave(LeftOutKind::Refused, &path, why);
            }
            return false;
        }
        self.counts.read += 1;
        true
    }

    pub(super) fn judge_file(
        &mut self,
        open: &Rc<Open>,
        name: &CStr,
        seen: &Seen,
        place: &Place,
        detected: Option<Detected>,
    ) {
        self.counts.judged += 1;
        self.counts.live += u64::from(detected.is_some_and(|detected| detected.live > 0));
        let (component, size) = (&seen.component, seen.size);
        let judged = self.judge.file(&Subject { open, name, component, size, place, detected });
        self.counts.kept_by_directory += u64::from(judged.kept_by_directory);
        if seen.links > 1 {
            let linked = self.linked.entry(seen.id);
            let linked = linked.or_insert(Linked { seen: 0, names: seen.links, kept: None });
            linked.seen += 1;
            let is_new = judged.kept_by_directory && linked.kept.is_none();
            if is_new && self.held >= HELD {
                let path = open.path.join(OsStr::from_bytes(name.to_bytes()));
                let why = "one of too many files with several names; scan its directory alone";
                self.leave(LeftOutKind::Limit, &path, why);
            } else if is_new {
                self.held += 1;
                let (open, name) = (Rc::clone(open), name.to_owned());
                let (component, place) = (component.clone(), place.clone());
                linked.kept = Some(Held { open, name, component, size, place, detected });
            }
        }
    }

    /// Judges the directory of a place, once.
    pub(super) fn directory(&mut self, open: &Open, place: &Place, holds_some: bool) {
        if !self.judged_dirs.insert((open.path.clone(), place.tool.clone())) {
            return;
        }
        let default = acl(&open.fd, c".", AclKind::Default).ok().flatten();
        self.judge.directory(open, default.as_ref(), place, holds_some);
    }

    /// Judges the files that have names elsewhere: those that the walk did not come by may be in anybody's reach.
    pub(crate) fn finish(&mut self) {
        for linked in std::mem::take(&mut self.linked).into_values() {
            if let Some(held) = linked.kept.filter(|_| linked.seen < linked.names) {
                self.judge.linked(&held.subject(), linked.names);
            }
        }
    }
}
