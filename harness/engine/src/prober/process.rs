//! The process of one principal.
//!
//! Invariant: it has the principal's ids in all four sets, no capabilities and no way to get any; a thread would share the harness's umask
//! and descriptors, and one with `setfsuid` would keep its capabilities.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, openat};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::{Mode, umask};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Gid, Pid, Uid, fork, setgroups, setresgid, setresuid};
use serde::{Deserialize, Serialize};

use super::attempt::{self, Sighting, Target, Tried};
use super::channel::Channel;
use super::plant::{self, Peers, Plant};
use crate::canary::Mint;
use crate::error::{Context, Error, Result};
use crate::principal::{Identity, Principal};
use crate::residue::Search;

/// What a prober can be asked.
#[derive(Debug, Serialize, Deserialize)]
enum Ask {
    /// Whether a path can be opened for reading.
    CanRead(PathBuf),
    /// Try everything on each target.
    Try { mint: u64, targets: Vec<Target> },
    /// Open what can be opened, and keep the descriptors.
    Keep(Vec<Target>),
    /// Use the kept descriptors.
    Use { mint: u64 },
    /// Close the kept descriptors.
    Forget,
    /// Whether something could be planted there.
    CanPlant(PathBuf),
    /// Plant something.
    Plant { what: Plant, at: PathBuf },
    /// Who is at the other side of a FIFO.
    Peers(PathBuf),
}

/// What it answers.
#[derive(Debug, Serialize, Deserialize)]
enum Say {
    Read(bool),
    Tried(Vec<Result<Tried, String>>),
    Kept(u32),
    Used(Vec<Used>),
    Forgotten,
    CanPlant(Result<bool, String>),
    Planted(Result<(), String>),
    Peers(Peers),
}

/// What a kept descriptor was still good for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// The path it was opened by.
    pub path: PathBuf,
    /// What it was opened for: `read`, `write`, `directory` or `fifo`.
    pub opened_for: String,
    /// Whether the path still leads to the same inode.
    pub same_inode: bool,
    /// The canaries that were read through it.
    pub seen: Vec<Sighting>,
    /// The names that were listed through it.
    pub names: Vec<OsString>,
    /// The files in the directory that could be opened through it.
    pub opened: Vec<OsString>,
}

/// A prober, seen from the supervisor. Dropping it ends the process.
pub(crate) struct Prober {
    principal: Principal,
    pid: Pid,
    channel: Channel,
}

/// How long a prober may take for one request.
const PATIENCE: Duration = Duration::from_secs(60);

impl Prober {
    /// Forks a prober off this process, which must be single-threaded and able to change ids.
    pub(crate) fn start(principal: Principal, identity: &Identity) -> Result<Prober> {
        let channel = Channel::new()?;
        // SAFETY: the supervisor has one thread, so the child may allocate.
        match unsafe { fork() }.doing("fork a prober")? {
            ForkResult::Parent { child } => Ok(Prober { principal, pid: child, channel }),
            ForkResult::Child => {
                let code = match become_principal(identity) {
                    Ok(()) => serve(&channel),
                    Err(errno) => errno as i32,
                };
                // SAFETY: ends without exit handlers, which are the supervisor's.
                unsafe { libc::_exit(code) }
            }
        }
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid.as_raw()
    }

    fn ask(&self, request: &Ask) -> Result<Say> {
        self.channel.ask(request, PATIENCE, || {
            matches!(waitpid(self.pid, Some(WaitPidFlag::WNOHANG)), Ok(WaitStatus::StillAlive))
        })
    }

    fn confused(&self, said: &Say) -> Error {
        Error::Prober { principal: self.principal.as_str(), why: format!("answered {said:?}") }
    }

    /// Whether the principal can open a path for reading.
    pub(crate) fn can_read(&self, path: PathBuf) -> Result<bool> {
        match self.ask(&Ask::CanRead(path))? {
            Say::Read(can) => Ok(can),
            other => Err(self.confused(&other)),
        }
    }

    /// Tries everything on each target.
    pub(crate) fn attempt(&self, mint: u64, targets: &[Target]) -> Result<Vec<Tried>> {
        match self.ask(&Ask::Try { mint, targets: targets.to_vec() })? {
            Say::Tried(tried) if tried.len() == targets.len() => tried
                .into_iter()
                .map(|tried| {
                    tried.map_err(|why| Error::Prober { principal: self.principal.as_str(), why })
                })
                .collect(),
            other => Err(self.confused(&other)),
        }
    }

    /// Opens what can be opened of the targets and keeps it; how many descriptors that made.
    pub(crate) fn keep(&self, targets: &[Target]) -> Result<u32> {
        match self.ask(&Ask::Keep(targets.to_vec()))? {
            Say::Kept(count) => Ok(count),
            other => Err(self.confused(&other)),
        }
    }

    /// Uses the kept descriptors.
    pub(crate) fn use_kept(&self, mint: u64) -> Result<Vec<Used>> {
        match self.ask(&Ask::Use { mint })? {
            Say::Used(used) => Ok(used),
            other => Err(self.confused(&other)),
        }
    }

    /// Closes the kept descriptors.
    pub(crate) fn forget(&self) -> Result<()> {
        match self.ask(&Ask::Forget)? {
            Say::Forgotten => Ok(()),
            other => Err(self.confused(&other)),
        }
    }

    /// Whether the principal could plant something there: nothing is left of the attempt.
    pub(crate) fn can_plant(&self, at: PathBuf) -> Result<bool> {
        match self.ask(&Ask::CanPlant(at))? {
            Say::CanPlant(can) => {
                can.map_err(|why| Error::Prober { principal: self.principal.as_str(), why })
            }
            other => Err(self.confused(&other)),
        }
    }

    /// Plants something; the inner error is what the kernel said.
    pub(crate) fn plant(
        &self,
        what: Plant,
        at: PathBuf,
    ) -> Result<std::result::Result<(), String>> {
        match self.ask(&Ask::Plant { what, at })? {
            Say::Planted(planted) => Ok(planted),
            other => Err(self.confused(&other)),
        }
    }

    /// Who is at the other side of a FIFO.
    pub(crate) fn peers(&self, at: PathBuf) -> Result<Peers> {
        match self.ask(&Ask::Peers(at))? {
            Say::Peers(peers) => Ok(peers),
            other => Err(self.confused(&other)),
        }
    }
}

impl Drop for Prober {
    fn drop(&mut self) {
        // Both fail only when it is gone already.
        let _ = kill(self.pid, Signal::SIGKILL);
        let _ = waitpid(self.pid, None);
    }
}

/// Takes the principal's ids; as uid 0 of the namespace this drops every capability.
pub(crate) fn become_principal(identity: &Identity) -> nix::Result<()> {
    let groups: Vec<Gid> = identity.groups.iter().copied().map(Gid::from_raw).collect();
    let (uid, gid) = (Uid::from_raw(identity.uid), Gid::from_raw(identity.gid));
    setgroups(&groups)?;
    setresgid(gid, gid, gid)?;
    setresuid(uid, uid, uid)?;
    nix::sys::prctl::set_no_new_privs()
}

/// Serves until killed.
fn serve(channel: &Channel) -> i32 {
    // Created files take the mode they are asked for, whatever the supervisor's umask is.
    umask(Mode::empty());
    // A prober that goes before its supervisor must not be left over in the tiers without namespaces.
    if nix::sys::prctl::set_pdeathsig(Signal::SIGKILL).is_err() {
        return 1;
    }
    let mut searches = BTreeMap::new();
    let mut kept = Vec::new();
    loop {
        if channel.answer(|ask: Ask| respond(ask, &mut searches, &mut kept)).is_err() {
            return 2;
        }
    }
}

struct Kept {
    path: PathBuf,
    opened_for: &'static str,
    fd: OwnedFd,
}

fn respond(ask: Ask, searches: &mut BTreeMap<u64, Search>, kept: &mut Vec<Kept>) -> Say {
    match ask {
        Ask::CanRead(path) => {
            let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
            Say::Read(openat(AT_FDCWD, &path, flags, Mode::empty()).is_ok())
        }
        Ask::Try { mint, targets } => {
            let search = searches.entry(mint).or_insert_with(|| Search::new(&Mint::new(mint)));
            Say::Tried(targets.iter().map(|target| attempt::attempt(target, search)).collect())
        }
        Ask::Keep(targets) => {
            for target in targets {
                keep(&target, kept);
            }
            Say::Kept(kept.len() as u32)
        }
        Ask::Use { mint } => {
            let search = searches.entry(mint).or_insert_with(|| Search::new(&Mint::new(mint)));
            Say::Used(kept.iter().map(|kept| use_kept(kept, search)).collect())
        }
        Ask::Forget => {
            kept.clear();
            Say::Forgotten
        }
        Ask::CanPlant(at) => Say::CanPlant(plant::can_plant(&at)),
        Ask::Plant { what, at } => Say::Planted(plant::plant(&what, &at).map(|planted| {
            let keep = |(opened_for, fd)| Kept { path: at.clone(), opened_for, fd };
            kept.extend(planted.kept.map(keep));
        })),
        Ask::Peers(at) => Say::Peers(plant::peers(&at)),
    }
}

fn keep(target: &Target, kept: &mut Vec<Kept>) {
    let base = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    let ways: &[(&str, OFlag)] = match target.kind {
        attempt::NodeKind::File => &[("read", OFlag::O_RDONLY), ("write", OFlag::O_WRONLY)],
        attempt::NodeKind::Dir => &[("directory", OFlag::O_RDONLY)],
        _ => &[],
    };
    for (opened_for, flags) in ways {
        let Ok(fd) = openat(AT_FDCWD, &target.path, *flags | base, Mode::empty()) else { continue };
        let Ok(stat) = nix::sys::stat::fstat(&fd) else { continue };
        // One is enough of each: after each step of a store there may be hundreds.
        let has = |kept: &Kept| {
            kept.opened_for == *opened_for
                && nix::sys::stat::fstat(&kept.fd)
                    .is_ok_and(|other| attempt::same_inode(&other, &stat))
        };
        if !kept.iter().any(has) {
            kept.push(Kept { path: target.path.clone(), opened_for, fd });
        }
    }
}

fn use_kept(kept: &Kept, search: &Search) -> Used {
    let mut used = Used {
        path: kept.path.clone(),
        opened_for: kept.opened_for.to_owned(),
        same_inode: false,
        seen: Vec::new(),
        names: Vec::new(),
        opened: Vec::new(),
    };
    if let (Ok(now), Ok(then)) =
        (nix::sys::stat::lstat(&kept.path), nix::sys::stat::fstat(&kept.fd))
    {
        used.same_inode = attempt::same_inode(&now, &then);
    }
    match kept.opened_for {
        "read" => {
            let bytes = attempt::read_from_start(&kept.fd);
            used.seen = attempt::sightings(search, &bytes);
        }
        "fifo" => {
            let mut chunk = [0_u8; 16 << 10];
            let mut bytes = Vec::new();
            // Without waiting: it ends with EAGAIN or with the last writer.
            while let Ok(n @ 1..) = nix::unistd::read(&kept.fd, &mut chunk) {
                bytes.extend_from_slice(&chunk[..n]);
            }
            used.seen = attempt::sightings(search, &bytes);
        }
        "directory" => {
            let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
            for name in list_through(&kept.fd) {
                if let Ok(file) = openat(&kept.fd, name.as_os_str(), flags, Mode::empty()) {
                    used.seen.extend(attempt::sightings(search, &attempt::read_from_start(&file)));
                    used.opened.push(name.clone());
                }
                used.names.push(name);
            }
        }
        _ => {}
    }
    used
}

fn list_through(fd: &OwnedFd) -> Vec<OsString> {
    use std::os::unix::ffi::OsStrExt;
    let Ok(copy) = nix::unistd::dup(fd) else { return Vec::new() };
    let Ok(mut dir) = nix::dir::Dir::from_fd(copy) else { return Vec::new() };
    let mut names: Vec<OsString> = dir
        .iter()
        .filter_map(Result::ok)
        .map(|entry| std::ffi::OsStr::from_bytes(entry.file_name().to_bytes()).to_owned())
        .filter(|name| name != "." && name != "..")
        .take(attempt::NAMES_LIMIT)
        .collect();
    names.sort();
    // The position is shared with the descriptor that was copied: the next listing begins at the start.
    let _ = nix::unistd::lseek(fd, 0, nix::unistd::Whence::SeekSet);
    names
}

/// Forks a process of a principal that kills every process of that principal.
///
/// `kill(-1)` is one pass under the kernel's lock: a process that forks meanwhile does not slip through.
pub(crate) fn kill_all_of(identity: &Identity) -> Result<()> {
    // SAFETY: single-threaded, and the child makes system calls only.
    match unsafe { fork() }.doing("fork")? {
        ForkResult::Parent { child } => {
            while waitpid(child, None) == Err(Errno::EINTR) {}
            Ok(())
        }
        ForkResult::Child => {
            if identity.uid != 0 && become_principal(identity).is_ok() {
                let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
            }
            // SAFETY: as in `start`.
            unsafe { libc::_exit(0) }
        }
    }
}
