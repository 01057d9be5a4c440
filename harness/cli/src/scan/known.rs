//! The way to the places of the table, below a home or below `/`.

use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::rc::Rc;

use super::node::look;
use super::places::{Place, matches};
use super::walk::{Entered, Open, Walk};

impl Walk<'_> {
    /// Goes to a place below an open directory: each name is one, or a pattern.
    pub(crate) fn place(&mut self, open: &Rc<Open>, place: &Place, names: &[String]) {
        let Some((first, rest)) = names.split_first() else { return };
        let path = open.path.join(first);
        if first.contains('*') {
            let mut found: Vec<CString> = Vec::new();
            self.names(open, |name, _| {
                let hidden = name.to_bytes().starts_with(b".") && !first.starts_with('.');
                if matches(first, name.to_bytes()) && !hidden {
                    found.push(name.to_owned());
                }
            });
            found.sort();
            for name in &found {
                match rest.is_empty() {
                    true => self.at_place(open, name, place),
                    false => {
                        if let Entered::Dir(dir) = self.enter(open, name) {
                            self.place(&dir, place, rest);
                        }
                    }
                }
            }
            let planted = found.is_empty() && place.shared.is_none();
            if planted && rest.is_empty() {
                self.judge.absent(open, path, place);
            }
            if rest.is_empty() {
                self.directory(open, place, !found.is_empty());
            }
            return;
        }
        let Ok(name) = CString::new(first.as_str()) else { return };
        if !rest.is_empty() {
            match self.enter(open, &name) {
                Entered::Dir(dir) => self.place(&dir, place, rest),
                Entered::Absent if place.shared.is_none() => {
                    let whole = rest.iter().fold(path, |path, name| path.join(name));
                    self.judge.absent(open, whole, place);
                }
                Entered::Absent | Entered::Not => {}
            }
            return;
        }
        match look(&open.fd, &name, true) {
            Ok(_) => self.at_place(open, &name, place),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.judge.absent(open, path, place)
            }
            Err(_) => {}
        }
        self.directory(open, place, true);
    }

    pub(super) fn at_place(&mut self, open: &Rc<Open>, name: &CStr, place: &Place) {
        let path = open.path.join(OsStr::from_bytes(name.to_bytes()));
        self.counts.entries += 1;
        let Some(seen) = self.look(open, name, &path) else { return };
        let detected = self.detect(open, name, &seen, place);
        self.judge_file(open, name, &seen, place, detected);
    }
}
