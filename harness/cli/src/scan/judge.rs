//! Who else can do what with a file of a place, and why: causes, each with all the files that it opens.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use interloper_engine::NodeKind;
use interloper_engine::access::{Acl, Component, Perms, Tag};
use interloper_formats::Detected;
use interloper_record::{Consequence, Reach, ScanCause};

use super::accounts::Accounts;
use super::others::{Other, Who, strangers};
use super::places::{Holds, Place};
use super::walk::Open;

/// A cause at a place: files of one tool in one directory come together, and everything that one directory lets others replace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) cause: ScanCause,
    /// The directory: of the files, or the one that lets its names be exchanged.
    pub(crate) dir: PathBuf,
    pub(crate) who: Vec<Who>,
    /// The users whose files they are.
    pub(crate) own: Vec<u32>,
    pub(crate) condition: Option<String>,
    /// The tool; empty where a directory opens everything in it.
    pub(crate) tool: String,
}

/// What a cause opens.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) consequence: Consequence,
    pub(crate) reach: Reach,
    pub(crate) files: Vec<Reached>,
    pub(crate) more: u64,
    /// Whether anything of it is there already.
    pub(crate) exists: bool,
    /// The directory of a cause that is one of a directory.
    pub(crate) dir: Component,
}

/// A file that others reach.
#[derive(Clone, Debug)]
pub(crate) struct Reached {
    pub(crate) path: PathBuf,
    /// The pattern that stands for a name that is a credential.
    pub(crate) hidden: bool,
    pub(crate) tool: Option<String>,
    /// What is there; `None` if nothing is yet.
    pub(crate) component: Option<Component>,
    pub(crate) format: Option<&'static str>,
}

/// Most files that a finding names.
pub(crate) const NAMED: usize = 10;

/// A file that is judged, in its directory.
pub(crate) struct Subject<'a> {
    pub(crate) open: &'a Open,
    pub(crate) name: &'a CStr,
    pub(crate) component: &'a Component,
    pub(crate) size: u64,
    pub(crate) place: &'a Place,
    pub(crate) detected: Option<Detected>,
}

/// All causes found so far.
pub(crate) struct Judge {
    pub(crate) accounts: Accounts,
    pub(crate) groups: BTreeMap<Key, Group>,
}

/// What became of a judgement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Judged {
    /// Its own mode lets somebody read it, and a directory keeps all of them from it.
    pub(crate) kept_by_directory: bool,
}

impl Subject<'_> {
    fn path(&self) -> PathBuf {
        self.open.path.join(std::ffi::OsStr::from_bytes(self.name.to_bytes()))
    }

    fn reached(&self) -> Reached {
        Reached {
            path: self.path(),
            hidden: self.place.ids,
            tool: Some(self.place.tool.clone()).filter(|tool| !tool.is_empty()),
            component: Some(self.component.clone()),
            format: self.detected.map(|detected| detected.format),
        }
    }

    fn reading(&self) -> Option<Consequence> {
        match (self.place.holds, self.detected) {
            (Holds::Config, _) => None,
            _ if self.size == 0 => None,
            (_, Some(Detected { live: 0, .. })) => Some(Consequence::Hygiene),
            _ => Some(Consequence::TakesOver),
        }
    }
}

fn trusting(place: &Place) -> Consequence {
    if place.runs { Consequence::TakesOver } else { Consequence::Forges }
}

impl Judge {
    pub(crate) fn new(accounts: Accounts) -> Judge {
        Judge { accounts, groups: BTreeMap::new() }
    }

    /// Judges a file that is there.
    pub(crate) fn file(&mut self, subject: &Subject<'_>) -> Judged {
        let Subject { open, component, place, .. } = *subject;
        let own = open.owners(component.uid);
        let new = strangers(&open.others, component, &open.way, &open.node, &self.accounts);
        let others: Vec<&Other> = open
            .others
            .iter()
            .chain(&new)
            .filter(|other| self.is_another(other.who, &own))
            .collect();
        let is_file = component.kind() == NodeKind::File;
        let reads = |other: &&&Other| is_file && component.grants(&other.identity, Perms::READ);
        let own_dir = (open.path.as_path(), &open.node);
        let name = (own_dir, place.tool.as_str(), own.as_slice());
        if let Some(consequence) = subject.reading() {
            let who: Vec<Who> =
                others.iter().filter(|o| o.through).filter(reads).map(|o| o.who).collect();
            self.add(ScanCause::Readable, &who, consequence, name, subject.reached());
        }
        let writes =
            |other: &&&Other| is_file && other.through && component.is_writable(&other.identity);
        let who: Vec<Who> = others.iter().filter(writes).map(|o| o.who).collect();
        self.add(ScanCause::Writable, &who, trusting(place), name, subject.reached());
        self.replaced(&others, &own, Some(component), open, trusting(place), &subject.reached());
        let would = others.iter().filter(reads).any(|other| !other.through && other.swap.is_none());
        let does = others.iter().filter(reads).any(|other| other.through);
        Judged { kept_by_directory: subject.reading().is_some() && would && !does }
    }

    /// Judges a place where there is nothing yet: `name` is the next of its names.
    pub(crate) fn absent(&mut self, open: &Open, path: PathBuf, place: &Place) {
        let own = open.owners(open.node.uid);
        let others: Vec<&Other> =
            open.others.iter().filter(|other| self.is_another(other.who, &own)).collect();
        let tool = Some(place.tool.clone());
        let reached = Reached { path, hidden: false, tool, component: None, format: None };
        self.replaced(&others, &own, None, open, trusting(place), &reached);
    }

    /// Adds whoever puts something of their own in the place of a file: by way of a directory far above it, or of its own.
    fn replaced(
        &mut self,
        others: &[&Other],
        own: &[u32],
        component: Option<&Component>,
        open: &Open,
        consequence: Consequence,
        reached: &Reached,
    ) {
        let mut by_dir: BTreeMap<PathBuf, (Component, Vec<Who>)> = BTreeMap::new();
        for other in others {
            let here = || match component {
                Some(node) => open.node.gives_up(&other.identity, node),
                None => open.node.takes_names(&other.identity),
            };
            let (dir, node) = match &other.swap {
                Some(swap) => (&swap.dir, &swap.component),
                None if other.through && here() => (&open.path, &open.node),
                None => continue,
            };
            by_dir
                .entry(dir.clone())
                .or_insert_with(|| (node.clone(), Vec::new()))
                .1
                .push(other.who);
        }
        for (dir, (node, who)) in by_dir {
            let name = ((dir.as_path(), &node), "", own);
            self.add(ScanCause::Replaceable, &who, consequence, name, reached.clone());
        }
    }

    /// Judges the directory of a place: whether its names, or its default ACL, give something away.
    pub(crate) fn directory(
        &mut self,
        open: &Open,
        default: Option<&Acl>,
        place: &Place,
        holds_some: bool,
    ) {
        let own = open.owners(open.node.uid);
        let others: Vec<&Other> =
            open.others.iter().filter(|other| self.is_another(other.who, &own)).collect();
        let tool = Some(place.tool.clone());
        let reached = Reached {
            path: open.path.clone(),
            hidden: false,
            tool,
            component: Some(open.node.clone()),
            format: None,
        };
        let name = ((open.path.as_path(), &open.node), place.tool.as_str(), own.as_slice());
        if place.ids && holds_some {
            let lists =
                |other: &&&Other| other.through && open.node.grants(&other.identity, Perms::READ);
            let who: Vec<Who> = others.iter().filter(lists).map(|other| other.who).collect();
            self.add(ScanCause::Listed, &who, Consequence::TakesOver, name, reached.clone());
        }
        let Some(default) = default.filter(|_| place.holds != Holds::Config) else { return };
        let new = new_file(default, own[0], open.node.gid);
        let strangers = strangers(&open.others, &new, &open.way, &open.node, &self.accounts);
        let reads = |other: &&Other| other.through && new.grants(&other.identity, Perms::READ);
        let known =
            others.iter().copied().chain(strangers.iter().filter(|o| self.is_another(o.who, &own)));
        let who: Vec<Who> = known.filter(reads).map(|other| other.who).collect();
        if !who.is_empty() {
            let condition = "if a tool creates the file with a mode that is not 0600".to_owned();
            self.insert(
                ScanCause::Inherited,
                who,
                Some(condition),
                Consequence::Hygiene,
                name,
                reached,
            );
        }
    }

    /// Adds a file that others read through another of its names, if that is within their reach.
    pub(crate) fn linked(&mut self, subject: &Subject<'_>, names: u32) {
        let Some(consequence) = subject.reading() else { return };
        let Subject { open, component, .. } = *subject;
        let own = open.owners(component.uid);
        let new = strangers(&open.others, component, &open.way, &open.node, &self.accounts);
        let who: Vec<Who> = open
            .others
            .iter()
            .chain(&new)
            .filter(|other| self.is_another(other.who, &own))
            .filter(|other| component.grants(&other.identity, Perms::READ))
            .map(|other| other.who)
            .collect();
        let condition =
            format!("if another of its {names} names is in a directory that they may search");
        let name = ((open.path.as_path(), &open.node), subject.place.tool.as_str(), own.as_slice());
        if !who.is_empty() {
            self.insert(
                ScanCause::Readable,
                who,
                Some(condition),
                consequence,
                name,
                subject.reached(),
            );
        }
    }

    /// Adds a file to a cause: of those who can as it is, and only without any, of those who can under a condition.
    fn add(
        &mut self,
        cause: ScanCause,
        who: &[Who],
        consequence: Consequence,
        name: Name<'_>,
        reached: Reached,
    ) {
        let condition = |who: &Who| match *who {
            Who::Group(gid) if self.accounts.members(gid, name.2).is_none() => {
                Some(format!("if anybody is in group {gid}, which /etc/group does not name"))
            }
            Who::User(uid) if cause == ScanCause::Replaceable && uid == name.0.1.uid => {
                Some(format!("if {}, who owns the directory, does", self.accounts.user_name(uid)))
            }
            _ => None,
        };
        let (free, bound): (Vec<Who>, Vec<Who>) =
            who.iter().partition(|who| condition(who).is_none());
        if !free.is_empty() {
            self.insert(cause, free, None, consequence, name, reached);
        } else if let Some(first) = bound.first() {
            let condition = condition(first);
            self.insert(cause, vec![*first], condition, consequence, name, reached);
        }
    }

    fn insert(
        &mut self,
        cause: ScanCause,
        mut who: Vec<Who>,
        condition: Option<String>,
        consequence: Consequence,
        ((dir, node), tool, own): Name<'_>,
        reached: Reached,
    ) {
        who.sort_unstable();
        who.dedup();
        if who.contains(&Who::Anyone) {
            who = vec![Who::Anyone];
        }
        let reach = match (&condition, who.first()) {
            (Some(_), _) => Reach::Conditional,
            (None, Some(Who::Anyone)) => Reach::Anyone,
            (None, _) => Reach::Some,
        };
        let key = Key {
            cause,
            dir: dir.to_owned(),
            who,
            own: own.to_vec(),
            condition,
            tool: tool.to_owned(),
        };
        let group = self.groups.entry(key).or_insert_with(|| Group {
            consequence,
            reach,
            files: Vec::new(),
            more: 0,
            exists: false,
            dir: node.clone(),
        });
        group.consequence = group.consequence.max(consequence);
        group.exists |= reached.component.is_some();
        if group.files.len() < NAMED {
            group.files.push(reached);
            return;
        }
        group.more += 1;
        // What is there says more than what could be.
        let absent = group.files.iter().rposition(|file| file.component.is_none());
        if let Some(absent) = absent.filter(|_| reached.component.is_some()) {
            group.files.remove(absent);
            group.files.insert(0, reached);
        }
    }

    /// Returns whether somebody is another user than those whose file it is; a group has to have such a member.
    fn is_another(&self, who: Who, own: &[u32]) -> bool {
        match who {
            Who::Anyone => true,
            Who::User(uid) => !own.contains(&uid),
            // A user without an entry, as in many containers, has a group of the same number.
            Who::Group(gid) => match self.accounts.members(gid, own) {
                Some(members) => !members.is_empty(),
                None => !own.contains(&gid),
            },
        }
    }
}

/// The directory of a cause, the tool, and the users whose file it is.
type Name<'a> = ((&'a Path, &'a Component), &'a str, &'a [u32]);

/// Returns a file that is made with mode 0666 in a directory with a default ACL, acl(5).
fn new_file(default: &Acl, uid: u32, gid: u32) -> Component {
    let perms = |wanted: Tag| {
        let entry = default.entries().iter().find(|entry| entry.tag == wanted);
        entry.map_or(0, |entry| u32::from((entry.perms & (Perms::READ | Perms::WRITE)).bits()))
    };
    let group = default.mask().map_or(perms(Tag::GroupObj), |mask| {
        u32::from((mask & (Perms::READ | Perms::WRITE)).bits())
    });
    let mode = REGULAR | perms(Tag::UserObj) << 6 | group << 3 | perms(Tag::Other);
    Component { mode, uid, gid, acl: Some(default.clone()), read_only: false, mount_point: false }
}

/// Type bits of a regular file, inode(7).
const REGULAR: u32 = 0o100_000;
