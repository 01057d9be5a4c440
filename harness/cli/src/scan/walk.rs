//! The walk: through the places of the table, or through whole trees, one open directory at a time.
//!
//! Directories are opened from the directory that they are in and by one name, never by a path, so no link is followed and whoever renames
//! something meanwhile changes nothing. A descriptor is held for each directory between the start and the one that is listed.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use interloper_engine::NodeKind;
use interloper_engine::access::{Component, steps};
use interloper_record::{LeftOut, LeftOutKind, ScanCounts};
use rustix::fs::{FileType, RawDir, SeekFrom, StatVfsMountFlags, fstatvfs, seek};
use rustix::io::Errno;

use super::files::Linked;
use super::judge::Judge;
use super::limits::Limits;
use super::mounts::{Mount, Mounts};
use super::node::{look, open_dir};
use super::others::{Link, Other, at_directory, one_further};
use super::places::Places;
use super::shown::text;

/// The deepest directory below a start that is entered: each above it is open.
const DEPTH: usize = 200;

/// An open directory, and how far everybody comes in it.
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) fd: OwnedFd,
    pub(crate) path: PathBuf,
    pub(crate) node: Component,
    pub(crate) way: Option<Rc<Link>>,
    pub(crate) others: Vec<Other>,
    /// The user whose home this is below; `None` outside of homes.
    pub(crate) home: Option<u32>,
    /// Whether files here are of nobody but the home's user.
    pub(crate) strict: bool,
    depth: usize,
}

impl Open {
    /// Returns the users whose file it may be, with this uid as its owner: all others are someone else.
    pub(crate) fn owners(&self, uid: u32) -> Vec<u32> {
        let mut own = match (self.home, self.strict) {
            (Some(home), true) => vec![home, 0],
            (Some(home), false) => vec![uid, home, 0],
            (None, _) => vec![uid, 0],
        };
        own.dedup();
        own
    }
}

/// A scan that goes on.
pub(crate) struct Walk<'a> {
    pub(crate) places: &'a Places,
    pub(crate) mounts: Mounts,
    pub(crate) limits: Limits<'a>,
    pub(crate) judge: Judge,
    pub(crate) counts: ScanCounts,
    /// Whether network file systems are entered.
    pub(crate) network: bool,
    /// Whether every file of a tree is judged.
    pub(crate) all: bool,
    /// The time at which a credential is live, in Unix seconds.
    pub(crate) now: i64,
    pub(crate) left: BTreeMap<LeftOutKind, LeftOut>,
    pub(super) linked: HashMap<(u32, u32, u64), Linked>,
    pub(super) judged_dirs: HashSet<(PathBuf, String)>,
    /// The number of files that are kept in `linked`.
    pub(super) held: usize,
    pub(super) head: Vec<u8>,
    list: Vec<MaybeUninit<u8>>,
}

/// What a name turned out to be.
pub(super) enum Entered {
    Dir(Rc<Open>),
    /// Nothing is there.
    Absent,
    /// Something that is not entered; what there is to say was said.
    Not,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(places: &'a Places, judge: Judge, limits: Limits<'a>, now: i64) -> Walk<'a> {
        Walk {
            places,
            judge,
            limits,
            now,
            mounts: Mounts::read(),
            counts: ScanCounts::default(),
            network: false,
            all: false,
            left: BTreeMap::new(),
            linked: HashMap::new(),
            judged_dirs: HashSet::new(),
            held: 0,
            head: Vec::new(),
            list: vec![MaybeUninit::uninit(); 64 << 10],
        }
    }

    /// Notes something that is not looked at.
    pub(crate) fn leave(&mut self, kind: LeftOutKind, path: &Path, why: &str) {
        let left = self.left.entry(kind).or_insert_with(|| LeftOut {
            kind,
            path: text(path),
            count: 0,
            why: why.to_owned(),
        });
        left.count += 1;
    }

    /// Opens a directory by its whole path; `None` if it is not there or not entered, which is noted.
    pub(crate) fn start(
        &mut self,
        path: &Path,
        home: Option<u32>,
        strict: bool,
    ) -> Option<Rc<Open>> {
        if self.is_closed(self.mounts.above(path), path) {
            return None;
        }
        let way = match steps(path) {
            Ok(Some(steps)) => steps,
            Ok(None) => return None,
            Err(error) => {
                self.leave(LeftOutKind::Refused, path, &error.to_string());
                return None;
            }
        };
        let node = way.last().and_then(|step| step.entry.clone());
        let way = Link::of(way);
        let fd = match open_dir(None, path) {
            Ok(fd) => fd,
            Err(errno) => {
                self.refuse(path, errno);
                return None;
            }
        };
        let read_only =
            fstatvfs(&fd).is_ok_and(|vfs| vfs.f_flag.contains(StatVfsMountFlags::RDONLY));
        // What is open now counts, whatever the path led to a moment ago.
        let here = look(&fd, c".", read_only).ok()?.component;
        let is_same = node
            .is_none_or(|node| (node.mode, node.uid, node.gid) == (here.mode, here.uid, here.gid));
        if !is_same {
            self.leave(LeftOutKind::Refused, path, "it changed while it was looked at; scan again");
            return None;
        }
        let others = at_directory(&way, &here, &self.judge.accounts);
        Some(Rc::new(Open {
            fd,
            path: path.to_owned(),
            node: here,
            way,
            others,
            home,
            strict,
            depth: 0,
        }))
    }

    fn refuse(&mut self, path: &Path, errno: Errno) {
        match errno {
            // A descriptor of O_PATH lists nothing.
            Errno::ACCESS | Errno::PERM | Errno::BADF => {
                self.leave(
                    LeftOutKind::Refused,
                    path,
                    "the scanning user may not read it; scan as its owner or as root",
                );
            }
            Errno::NOENT | Errno::NOTDIR => {}
            Errno::LOOP => self.leave(LeftOutKind::Link, path, LINK),
            errno => {
                self.leave(LeftOutKind::Refused, path, &format!("it cannot be opened: {errno}"))
            }
        }
    }

    /// Returns whether a path is on a mount that is not entered, and notes it; the path itself is not asked for.
    pub(crate) fn is_closed_at(&mut self, path: &Path) -> bool {
        self.is_closed(self.mounts.above(path), path)
    }

    /// Returns whether what a path is on may be asked about it.
    pub(crate) fn may_ask(&self, path: &Path) -> bool {
        self.network || self.mounts.above(path).is_none()
    }

    /// Returns whether a mount is not entered, and notes it.
    fn is_closed(&mut self, mount: Option<Mount>, path: &Path) -> bool {
        match mount {
            Some(Mount::Network) if !self.network => {
                let why = "a file system of another machine or process, which may not answer; --network enters it";
                self.leave(LeftOutKind::Network, path, why);
                true
            }
            Some(Mount::Pseudo) => true,
            _ => false,
        }
    }

    /// Enters a directory by its name.
    pub(super) fn enter(&mut self, open: &Rc<Open>, name: &CStr) -> Entered {
        let path = open.path.join(std::ffi::OsStr::from_bytes(name.to_bytes()));
        if self.is_closed(self.mounts.at(&path), &path) {
            return Entered::Not;
        }
        let seen = match look(&open.fd, name, open.node.read_only) {
            Ok(seen) => seen,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Entered::Absent,
            Err(error) => {
                self.leave(
                    LeftOutKind::Refused,
                    &path,
                    &format!("it cannot be looked at: {error}"),
                );
                return Entered::Not;
            }
        };
        let mut node = seen.component;
        match node.kind() {
            NodeKind::Dir => {}
            NodeKind::Symlink => {
                self.leave(LeftOutKind::Link, &path, LINK);
                return Entered::Not;
            }
            NodeKind::File | NodeKind::Other => return Entered::Not,
        }
        if open.depth >= DEPTH {
            self.leave(
                LeftOutKind::Limit,
                &path,
                &format!("it lies deeper than {DEPTH} directories; name it"),
            );
            return Entered::Not;
        }
        let fd = match open_dir(Some(&open.fd), name) {
            Ok(fd) => fd,
            Err(errno) => {
                self.refuse(&path, errno);
                return Entered::Not;
            }
        };
        if node.mount_point {
            node.read_only =
                fstatvfs(&fd).is_ok_and(|vfs| vfs.f_flag.contains(StatVfsMountFlags::RDONLY));
        }
        let way = Link::then(&open.way, open.node.clone(), path.clone(), node.clone());
        let others = one_further(&open.others, &way, &node, &self.judge.accounts);
        let (home, strict, depth) = (open.home, open.strict, open.depth + 1);
        Entered::Dir(Rc::new(Open { fd, path, node, way: Some(way), others, home, strict, depth }))
    }

    /// Lists a directory: every name and its type, where the file system says one.
    pub(super) fn names(&mut self, open: &Open, mut wanted: impl FnMut(&CStr, FileType)) {
        self.counts.directories += 1;
        let _ = seek(&open.fd, SeekFrom::Start(0));
        let mut list = RawDir::new(&open.fd, &mut self.list);
        let mut failed = None;
        while let Some(entry) = list.next() {
            match entry {
                Ok(entry) => {
                    let name = entry.file_name();
                    if name == c"." || name == c".." {
                        continue;
                    }
                    self.counts.entries += 1;
                    wanted(name, entry.file_type());
                    if !self.limits.go_on(self.counts.entries) {
                        break;
                    }
                }
                Err(errno) => {
                    failed = Some(errno);
                    break;
                }
            }
        }
        if let Some(errno) = failed {
            self.refuse(&open.path, errno);
        }
    }

    /// Goes through a whole tree.
    pub(crate) fn tree(&mut self, root: Rc<Open>) {
        let mut waiting: Vec<(Rc<Open>, CString)> = Vec::new();
        self.level(&root, &mut waiting);
        while let Some((open, name)) = waiting.pop() {
            if !self.limits.go_on(self.counts.entries) {
                return;
            }
            if let Entered::Dir(dir) = self.enter(&open, &name) {
                self.level(&dir, &mut waiting);
            }
        }
    }

    /// Judges the files of one directory of a tree, and adds the directories in it to those that wait.
    fn level(&mut self, open: &Rc<Open>, waiting: &mut Vec<(Rc<Open>, CString)>) {
        let (places, all) = (self.places, self.all);
        let mut files: Vec<CString> = Vec::new();
        self.names(open, |name, kind| {
            let candidate = all || places.may_be(name.to_bytes());
            match kind {
                FileType::Directory => waiting.push((Rc::clone(open), name.to_owned())),
                // Its type is found out by looking at it.
                FileType::Unknown => {
                    waiting.push((Rc::clone(open), name.to_owned()));
                    files.push(name.to_owned());
                }
                FileType::RegularFile | FileType::Symlink if candidate => {
                    files.push(name.to_owned())
                }
                _ => {}
            }
        });
        for name in files {
            if !self.limits.go_on(self.counts.entries) {
                return;
            }
            let path = open.path.join(std::ffi::OsStr::from_bytes(name.to_bytes()));
            let known: Vec<usize> = places.of_path(&path).collect();
            if known.is_empty() && !all {
                continue;
            }
            let Some(seen) = self.look(open, &name, &path) else { continue };
            self.of_a_tree(open, &name, &seen, &known);
        }
    }
}

pub(super) const LINK: &str = "a symbolic link, which is not followed; name what it leads to";
