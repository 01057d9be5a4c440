//! What of this host's sessions and credentials is in other users' reach: the model of access of `interloper-engine`, on real files.
//!
//! | file | what |
//! |---|---|
//! | [`places`] | the table `scenarios/places`: which files matter, and what each is worth |
//! | [`accounts`], [`mounts`], [`limits`] | users and groups; mounts that are not entered; where a scan ends early |
//! | [`node`] | the system calls: nothing is followed, changed or waited for |
//! | [`walk`] | from open directory to open directory |
//! | [`files`], [`known`] | what is done with a file; the way to the places of the table |
//! | [`others`] | how far each other user comes on the way to a directory |
//! | [`judge`] | who can do what with a file: causes |
//! | [`findings`], [`shown`] | causes as sentences and commands |

mod accounts;
mod files;
mod findings;
mod judge;
mod known;
mod limits;
mod mounts;
mod node;
mod others;
mod places;
mod shown;
mod walk;

use std::collections::BTreeSet;
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use interloper_engine::NodeKind;
use interloper_record::{Interrupted, LeftOutKind, SCAN_FORMAT, Scan};
use nix::unistd::geteuid;

use crate::run::Stop;
use accounts::{Accounts, User};
use judge::Judge;
use limits::Limits;
use places::{Place, Places};
use shown::text;
use walk::Walk;

/// What to scan.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// The paths; the known places if there is none.
    pub(crate) paths: Vec<PathBuf>,
    /// Every file of a tree is taken for a credential.
    pub(crate) all: bool,
    /// Network file systems are entered.
    pub(crate) network: bool,
    /// Most names to see.
    pub(crate) max_entries: u64,
}

/// Scans.
///
/// # Errors
/// The sentence that says which path cannot be scanned, and why.
pub(crate) fn scan(order: &Order, stop: &Stop) -> Result<Scan, String> {
    let (began, clock) = (SystemTime::now(), Instant::now());
    let started = began.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
    let table = Places::read()?;
    let accounts = Accounts::read();
    let mut walk = Walk::new(
        &table,
        Judge::new(accounts.clone()),
        Limits::new(stop, order.max_entries),
        started,
    );
    (walk.network, walk.all) = (order.network, order.all);
    let paths =
        order.paths.iter().map(|path| checked(&mut walk, path)).collect::<Result<Vec<_>, _>>()?;
    let paths: BTreeSet<PathBuf> = paths.into_iter().flatten().collect();
    let uid = geteuid().as_raw();
    if order.paths.is_empty() {
        known_places(&mut walk, &table, &accounts, uid);
    }
    for path in &paths {
        // A tree is walked once, however often it is named.
        if !path.ancestors().skip(1).any(|above| paths.contains(above)) {
            one_path(&mut walk, &accounts, path);
        }
    }
    walk.finish();
    if !order.paths.is_empty() && walk.counts.judged == 0 && walk.left.is_empty() {
        let path = order.paths.first().map_or(Path::new("/"), PathBuf::as_path);
        walk.leave(
            LeftOutKind::Nothing,
            path,
            "no file there has a name or format that is known; name the file itself, or use --all",
        );
    }
    let interrupted = walk.limits.ended().map(|by| Interrupted {
        by: by.to_owned(),
        done: walk.counts.entries,
        of: walk.counts.entries,
    });
    let mut counts = walk.counts;
    counts.entries = counts.entries.max(counts.judged);
    Ok(Scan {
        format: SCAN_FORMAT,
        interloper: env!("CARGO_PKG_VERSION").into(),
        started,
        millis: clock.elapsed().as_millis() as u64,
        uid,
        paths: paths.iter().map(text).collect(),
        counts,
        findings: findings::findings(walk.judge.groups, &accounts),
        left_out: walk.left.into_values().collect(),
        interrupted,
    })
}

/// Returns the absolute path of a path that is there; `None` if a mount on the way is not entered, which is noted ahead of asking its server.
fn checked(walk: &mut Walk<'_>, path: &Path) -> Result<Option<PathBuf>, String> {
    let wrong = |why: &str| format!("{}: {why}", text(path));
    let absolute = std::path::absolute(path).map_err(|error| wrong(&error.to_string()))?;
    if absolute.components().next_back() == Some(std::path::Component::ParentDir) {
        return Err(wrong("ends in `..`; name the directory"));
    }
    if walk.is_closed_at(&absolute) {
        return Ok(None);
    }
    match std::fs::symlink_metadata(&absolute) {
        Ok(_) => Ok(Some(absolute)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(wrong("there is no such file or directory"))
        }
        Err(error) => Err(wrong(&format!("cannot be looked at: {error}; scan as a user who may"))),
    }
}

/// Scans what was named: a tree, or a file.
fn one_path(walk: &mut Walk<'_>, accounts: &Accounts, path: &Path) {
    let home = home_of(walk, accounts, path);
    let kind = std::fs::symlink_metadata(path).map(|metadata| {
        use std::os::unix::fs::MetadataExt;
        NodeKind::of_mode(metadata.mode())
    });
    if matches!(kind, Ok(NodeKind::Dir)) {
        if let Some(open) = walk.start(path, home, false) {
            walk.tree(open);
        }
        return;
    }
    named_file(walk, path, home, None);
}

fn named_file(walk: &mut Walk<'_>, path: &Path, home: Option<u32>, place: Option<&Place>) {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return };
    let Ok(name) = CString::new(name.as_bytes()) else { return };
    if let Some(open) = walk.start(parent, home, false) {
        walk.named(&open, &name, place);
    }
}

/// Returns the user whose home a path is below, if the user owns it; of several, the deepest home's.
fn home_of(walk: &Walk<'_>, accounts: &Accounts, path: &Path) -> Option<u32> {
    let above = accounts.users().iter().filter(|user| path.starts_with(&user.home));
    let homes = above.filter(|user| walk.may_ask(&user.home) && is_home(user));
    homes.max_by_key(|user| user.home.as_os_str().len()).map(|user| user.uid)
}

/// Returns whether a user has a home directory: system users have `/`, `/usr/sbin`, or one that is not there.
fn is_home(user: &User) -> bool {
    use std::os::unix::fs::MetadataExt;
    let is_own =
        std::fs::metadata(&user.home).is_ok_and(|there| there.is_dir() && there.uid() == user.uid);
    user.home.is_absolute() && user.home != Path::new("/") && is_own && !is_system(&user.home)
}

/// Returns whether a directory is the system's, which uid 0 and system users have for a home.
fn is_system(path: &Path) -> bool {
    ["/bin", "/sbin", "/usr", "/dev", "/proc", "/etc"].iter().any(|dir| path.starts_with(dir))
}

/// Scans the places of the table: in each home that may be scanned, and the host's own.
fn known_places(walk: &mut Walk<'_>, table: &Places, accounts: &Accounts, uid: u32) {
    let own = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    let own = own.filter(|home| !walk.is_closed_at(home));
    let mut homes: Vec<(PathBuf, u32, bool)> = Vec::new();
    homes.extend(own.map(|home| (home, uid, true)));
    // A home on a server is noted, and its server not asked whether there is one.
    for user in accounts.users().iter().filter(|user| uid == 0 || user.uid == uid) {
        if !is_system(&user.home) && !walk.is_closed_at(&user.home) && is_home(user) {
            homes.push((user.home.clone(), user.uid, false));
        }
    }
    let mut seen: BTreeSet<PathBuf> = BTreeSet::new();
    for (home, user, is_own) in homes {
        // A home is the administrator's to link; what is in it is not.
        let Ok(home) = home.canonicalize() else { continue };
        if !seen.insert(home.clone()) {
            continue;
        }
        let Some(open) = walk.start(&home, Some(user), true) else { continue };
        for place in table.all.iter().filter(|place| place.is_of_a_home()) {
            let variable = |name: &str| {
                std::env::var(name).ok().filter(|value| is_own && value.starts_with('/'))
            };
            match place.names(variable) {
                Some((true, names)) => walk.place(&open, place, &names),
                Some((false, names)) => {
                    if let Some(root) = walk.start(Path::new("/"), Some(user), true) {
                        walk.place(&root, place, &names);
                    }
                }
                None => {}
            }
            if is_own {
                from_variable(walk, place, user);
            }
        }
    }
    // Another user could not list them, and would have to be told so each time.
    let host = (uid == 0).then(|| walk.start(Path::new("/"), None, false)).flatten();
    if let Some(root) = host {
        for place in table.all.iter().filter(|place| !place.is_of_a_home()) {
            if let Some((_, names)) = place.names(|_| None) {
                walk.place(&root, place, &names);
            }
        }
    }
}

/// Judges the files that a variable of this process's environment names in place of the usual one.
fn from_variable(walk: &mut Walk<'_>, place: &Place, user: u32) {
    let Some(value) = place.variable.as_ref().and_then(std::env::var_os) else { return };
    for path in value.as_bytes().split(|&byte| byte == b':').filter(|path| path.starts_with(b"/")) {
        let path = Path::new(OsStr::from_bytes(path));
        let is_closed = walk.is_closed_at(path);
        if !is_closed && path.symlink_metadata().is_ok_and(|there| there.is_file()) {
            named_file(walk, path, Some(user), Some(place));
        }
    }
}
