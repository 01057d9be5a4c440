//! The way to a directory, and how far each other user comes on it.
//!
//! A user reaches what is in a directory if every directory on the way lets the user search it. A user who may exchange a name on the way
//! puts a tree of their own there, whatever the modes below it say. Both are known once a directory, and not once a file.

use std::path::PathBuf;
use std::rc::Rc;

use interloper_engine::Identity;
use interloper_engine::access::{Component, Perms, Step, Tag};

use super::accounts::{Accounts, NO_ID};

/// One lookup on the way to a directory, and those before it.
#[derive(Debug)]
pub(crate) struct Link {
    before: Option<Rc<Link>>,
    step: Step,
}

/// Somebody else, as far as ids tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Who {
    /// A user whom no id on the way names.
    Anyone,
    /// A member of a group that is named on the way.
    Group(u32),
    /// A user who owns something on the way, or is named in an ACL.
    User(u32),
}

/// How far somebody comes.
#[derive(Clone, Debug)]
pub(crate) struct Other {
    pub(crate) who: Who,
    pub(crate) identity: Identity,
    /// Whether names in the directory can be looked up.
    pub(crate) through: bool,
    /// The first thing on the way that can be exchanged: its path, and the directory that it is in.
    pub(crate) swap: Option<Swap>,
}

/// Something that can be exchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Swap {
    /// The directory that it is in.
    pub(crate) dir: PathBuf,
    pub(crate) component: Component,
}

impl Link {
    /// Returns the last lookup of a way; `None` for the way to `/`.
    pub(crate) fn of(steps: Vec<Step>) -> Option<Rc<Link>> {
        steps.into_iter().fold(None, |before, step| Some(Rc::new(Link { before, step })))
    }

    /// Returns the way that goes on by one lookup.
    pub(crate) fn then(
        before: &Option<Rc<Link>>,
        dir: Component,
        path: PathBuf,
        entry: Component,
    ) -> Rc<Link> {
        Rc::new(Link { before: before.clone(), step: Step { dir, path, entry: Some(entry) } })
    }

    /// Returns how far an identity comes: whether every directory is searched, and what it may exchange.
    fn reach(&self, identity: &Identity) -> (bool, Option<Swap>) {
        let (through, swap) =
            self.before.as_ref().map_or((true, None), |before| before.reach(identity));
        self.go_on(identity, through, swap)
    }

    fn go_on(
        &self,
        identity: &Identity,
        through: bool,
        swap: Option<Swap>,
    ) -> (bool, Option<Swap>) {
        let through = through && self.step.dir.grants(identity, Perms::SEARCH);
        let swap = swap.or_else(|| {
            let entry = self.step.entry.as_ref()?;
            let swaps = through && self.step.dir.gives_up(identity, entry);
            swaps.then(|| Swap {
                dir: self.step.path.parent().unwrap_or(&self.step.path).to_owned(),
                component: self.step.dir.clone(),
            })
        });
        (through, swap)
    }

    fn components(&self, all: &mut Vec<Component>) {
        if let Some(before) = &self.before {
            before.components(all);
        }
        all.push(self.step.dir.clone());
        all.extend(self.step.entry.clone());
    }
}

/// Returns everybody whom the way to a directory names, and how far each comes in it.
pub(crate) fn at_directory(
    way: &Option<Rc<Link>>,
    dir: &Component,
    accounts: &Accounts,
) -> Vec<Other> {
    let mut components = Vec::new();
    if let Some(link) = way {
        link.components(&mut components);
    }
    components.push(dir.clone());
    let mut names = vec![Who::Anyone];
    for component in &components {
        named(component, &mut names);
    }
    names.into_iter().map(|who| other(who, way, dir, accounts)).collect()
}

/// Returns those whom a directory's parent knows, and those whom the directory alone names, one lookup further.
pub(crate) fn one_further(
    parent: &[Other],
    way: &Rc<Link>,
    dir: &Component,
    accounts: &Accounts,
) -> Vec<Other> {
    let mut further: Vec<Other> = parent
        .iter()
        .map(|known| {
            // The parent's `through` is about names in it, so this lookup is searched already.
            let swap =
                known.swap.clone().or_else(|| way.go_on(&known.identity, known.through, None).1);
            let through = known.through && dir.grants(&known.identity, Perms::SEARCH);
            Other { through, swap, ..known.clone() }
        })
        .collect();
    further.extend(strangers(&further, dir, &Some(Rc::clone(way)), dir, accounts));
    further
}

/// Returns those whom a file names and its directory does not know.
pub(crate) fn strangers(
    known: &[Other],
    component: &Component,
    way: &Option<Rc<Link>>,
    dir: &Component,
    accounts: &Accounts,
) -> Vec<Other> {
    let mut names = Vec::new();
    named(component, &mut names);
    names.retain(|who| !known.iter().any(|other| other.who == *who));
    names.into_iter().map(|who| other(who, way, dir, accounts)).collect()
}

fn other(who: Who, way: &Option<Rc<Link>>, dir: &Component, accounts: &Accounts) -> Other {
    let identity = match who {
        Who::Anyone => Identity { uid: NO_ID, gid: NO_ID, groups: Vec::new() },
        Who::Group(gid) => Identity { uid: NO_ID, gid, groups: Vec::new() },
        Who::User(uid) => accounts.identity(uid),
    };
    let (through, swap) = way.as_ref().map_or((true, None), |link| link.reach(&identity));
    let through = through && dir.grants(&identity, Perms::SEARCH);
    Other { who, identity, through, swap }
}

/// Adds those whom a file names: its owner, its group, and those of its ACL. Uid 0 may do everything everywhere, so it is nobody else.
fn named(component: &Component, names: &mut Vec<Who>) {
    let mut add = |who: Who| {
        if who != Who::User(0) && !names.contains(&who) {
            names.push(who);
        }
    };
    add(Who::User(component.uid));
    add(Who::Group(component.gid));
    for entry in component.acl.iter().flat_map(|acl| acl.entries()) {
        match entry.tag {
            Tag::User(uid) => add(Who::User(uid)),
            Tag::Group(gid) => add(Who::Group(gid)),
            Tag::UserObj | Tag::GroupObj | Tag::Mask | Tag::Other => {}
        }
    }
}
