//! The process of one principal.
//!
//! Invariant: it acts with the principal's ids, has no capabilities and no way to get any; a thread would share the harness's umask and
//! descriptors, and one with `setfsuid` would keep its capabilities.
//!
//! The kernel's facts: files are opened, made and removed with the effective uid and the groups (path_resolution(7), credentials(7)), and
//! a signal is let through by the real or saved uid of whom it is sent to (kill(2)). So a prober's real and saved uids are its own: it can
//! do what its principal can, and a store of that principal can neither kill nor stop it.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, openat};
use nix::sys::signal::{Signal, kill};
use nix::sys::stat::{Mode, umask};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, Pid, fork, geteuid, setresuid};
use serde::{Deserialize, Serialize};

use super::ask::{self, Ask, Asked, Door};
use super::attempt;
use super::channel::Channel;
use super::kept::{Kept, Reader, Used, keep, use_kept};
use super::plant::{self, Peers, Plant};
use crate::access::{ProbeResult, Target};
use crate::canary::Mint;
use crate::error::{Context, Error, Result};
use crate::principal::{Identity, Ids, Principal};
use crate::privilege::{become_principal, become_prober};
use crate::residue::Search;

/// Request to a prober.
#[derive(Debug, Serialize, Deserialize)]
enum ProbeRequest {
    /// Asks whether a path can be opened for reading.
    CanRead(#[serde(with = "crate::paths::bytes")] PathBuf),
    /// Try everything on each target.
    Try { mint: u64, targets: Vec<Target> },
    /// Open what can be opened, and keep the descriptors.
    Keep(Vec<Target>),
    /// Use the kept descriptors.
    Use { mint: u64 },
    /// All of it at one moment: between two steps each round trip counts.
    Look {
        mint: u64,
        /// Nodes on which everything is tried; those that can be opened are kept.
        targets: Vec<Target>,
        /// Files of which only the contents may have changed.
        written: Vec<Target>,
    },
    /// Close the kept descriptors.
    Forget,
    /// Asks whether something could be planted there.
    CanPlant(#[serde(with = "crate::paths::bytes")] PathBuf),
    /// Plant something.
    Plant {
        what: Plant,
        #[serde(with = "crate::paths::bytes")]
        at: PathBuf,
    },
    /// Asks which ends of a FIFO are open.
    Peers(#[serde(with = "crate::paths::bytes")] PathBuf),
    /// Ask a server.
    Ask { mint: u64, door: Door, ask: Ask },
}

/// Reply of a prober.
#[derive(Debug, Serialize, Deserialize)]
enum ProbeReply {
    Read(bool),
    Results(Vec<Result<ProbeResult, String>>),
    Kept(u32),
    Used(Vec<Used>),
    Round(Vec<Result<ProbeResult, String>>, ProbeRound),
    Forgotten,
    CanPlant(Result<bool, String>),
    Planted(Result<(), String>),
    Peers(Peers),
    Asked(Asked),
}

/// Results of one prober at one moment.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct ProbeRound {
    /// Result of all attempts, for each target.
    #[serde(skip)]
    pub(crate) tried: Vec<ProbeResult>,
    /// Result of reading, for each file that was only written.
    pub(crate) written: Vec<ProbeResult>,
    /// Use that each descriptor kept before this moment still had.
    pub(crate) used: Vec<Used>,
    /// Number of descriptors that are kept afterwards.
    pub(crate) kept: u32,
}

/// A prober, seen from the supervisor. Dropping it ends the process.
pub(crate) struct Prober {
    principal: Principal,
    pid: Pid,
    channel: Channel,
}

/// Upper limit for one request, on a machine that is as busy as can be.
const PATIENCE: Duration = Duration::from_secs(300);

impl Prober {
    /// Forks a prober off this process, which must be single-threaded and able to change ids.
    pub(crate) fn start(principal: Principal, ids: &Ids) -> Result<Prober> {
        let channel = Channel::new()?;
        // SAFETY: the supervisor has one thread, so the child may allocate.
        match unsafe { fork() }.doing("fork a prober")? {
            ForkResult::Parent { child } => Ok(Prober { principal, pid: child, channel }),
            ForkResult::Child => {
                let code = match become_prober(ids.of(principal), ids.prober) {
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

    fn ask(&self, request: &ProbeRequest) -> Result<ProbeReply> {
        self.channel.send(request)?;
        self.answer()
    }

    fn answer(&self) -> Result<ProbeReply> {
        let answer = self.channel.wait(PATIENCE, || {
            matches!(waitpid(self.pid, Some(WaitPidFlag::WNOHANG)), Ok(WaitStatus::StillAlive))
        })?;
        answer.map_err(|why| Error::Lost { principal: self.principal.as_str(), why })
    }

    fn confused(&self, said: &ProbeReply) -> Error {
        Error::Prober { principal: self.principal.as_str(), why: format!("answered {said:?}") }
    }

    /// Returns whether the principal can open a path for reading.
    pub(crate) fn can_read(&self, path: PathBuf) -> Result<bool> {
        match self.ask(&ProbeRequest::CanRead(path))? {
            ProbeReply::Read(can) => Ok(can),
            other => Err(self.confused(&other)),
        }
    }

    /// Tries everything on each target.
    pub(crate) fn attempt(&self, mint: u64, targets: &[Target]) -> Result<Vec<ProbeResult>> {
        match self.ask(&ProbeRequest::Try { mint, targets: targets.to_vec() })? {
            ProbeReply::Results(tried) if tried.len() == targets.len() => self.put_back(tried),
            other => Err(self.confused(&other)),
        }
    }

    /// Returns the results, if everything could be put back as it was.
    fn put_back(&self, tried: Vec<Result<ProbeResult, String>>) -> Result<Vec<ProbeResult>> {
        let principal = self.principal.as_str();
        let broke = |why| Error::Prober { principal, why };
        tried.into_iter().map(|tried| tried.map_err(broke)).collect()
    }

    /// Opens what can be opened of the targets and keeps it; how many descriptors that made.
    pub(crate) fn keep(&self, targets: &[Target]) -> Result<u32> {
        match self.ask(&ProbeRequest::Keep(targets.to_vec()))? {
            ProbeReply::Kept(count) => Ok(count),
            other => Err(self.confused(&other)),
        }
    }

    /// Uses the kept descriptors.
    pub(crate) fn use_kept(&self, mint: u64) -> Result<Vec<Used>> {
        match self.ask(&ProbeRequest::Use { mint })? {
            ProbeReply::Used(used) => Ok(used),
            other => Err(self.confused(&other)),
        }
    }

    /// Asks for a look; [`Prober::looked`] waits for what came of it.
    pub(crate) fn look(&self, mint: u64, targets: &[Target], written: &[Target]) -> Result<()> {
        let (targets, written) = (targets.to_vec(), written.to_vec());
        self.channel.send(&ProbeRequest::Look { mint, targets, written })
    }

    /// Receives the results of a look.
    pub(crate) fn looked(&self) -> Result<ProbeRound> {
        match self.answer()? {
            ProbeReply::Round(tried, looked) => {
                Ok(ProbeRound { tried: self.put_back(tried)?, ..looked })
            }
            other => Err(self.confused(&other)),
        }
    }

    /// Closes the kept descriptors.
    pub(crate) fn forget(&self) -> Result<()> {
        match self.ask(&ProbeRequest::Forget)? {
            ProbeReply::Forgotten => Ok(()),
            other => Err(self.confused(&other)),
        }
    }

    /// Returns whether the principal could plant something there: nothing is left of the attempt.
    pub(crate) fn can_plant(&self, at: PathBuf) -> Result<bool> {
        match self.ask(&ProbeRequest::CanPlant(at))? {
            ProbeReply::CanPlant(can) => {
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
        match self.ask(&ProbeRequest::Plant { what, at })? {
            ProbeReply::Planted(planted) => Ok(planted),
            other => Err(self.confused(&other)),
        }
    }

    /// Asks a server.
    pub(crate) fn ask_door(&self, mint: u64, door: Door, ask: Ask) -> Result<Asked> {
        match self.ask(&ProbeRequest::Ask { mint, door, ask })? {
            ProbeReply::Asked(asked) => Ok(asked),
            other => Err(self.confused(&other)),
        }
    }

    /// Asks which ends of a FIFO are open.
    pub(crate) fn peers(&self, at: PathBuf) -> Result<Peers> {
        match self.ask(&ProbeRequest::Peers(at))? {
            ProbeReply::Peers(peers) => Ok(peers),
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
        if channel.answer(|ask: ProbeRequest| respond(ask, &mut searches, &mut kept)).is_err() {
            return 2;
        }
    }
}

fn respond(
    ask: ProbeRequest,
    searches: &mut BTreeMap<u64, Search>,
    kept: &mut Vec<Kept>,
) -> ProbeReply {
    match ask {
        ProbeRequest::CanRead(path) => {
            let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK;
            ProbeReply::Read(openat(AT_FDCWD, &path, flags, Mode::empty()).is_ok())
        }
        ProbeRequest::Try { mint, targets } => {
            let search = searches.entry(mint).or_insert_with(|| Search::new(&Mint::new(mint)));
            ProbeReply::Results(
                targets.iter().map(|target| attempt::attempt(target, search)).collect(),
            )
        }
        ProbeRequest::Keep(targets) => {
            for target in targets {
                keep(&target, kept);
            }
            ProbeReply::Kept(kept.len() as u32)
        }
        ProbeRequest::Use { mint } => {
            let search = searches.entry(mint).or_insert_with(|| Search::new(&Mint::new(mint)));
            let mut reader = Reader::new(search);
            ProbeReply::Used(kept.iter().map(|kept| use_kept(kept, &mut reader)).collect())
        }
        ProbeRequest::Look { mint, targets, written } => {
            let search = searches.entry(mint).or_insert_with(|| Search::new(&Mint::new(mint)));
            let tried = targets.iter().map(|target| attempt::attempt(target, search)).collect();
            let mut reader = Reader::new(search);
            let written = written.iter().map(|target| reader.open_and_read(target)).collect();
            // First what it has, then what it can get: a descriptor that is got now shows nothing that the path does not.
            let used = kept.iter().map(|kept| use_kept(kept, &mut reader)).collect();
            for target in &targets {
                keep(target, kept);
            }
            ProbeReply::Round(
                tried,
                ProbeRound { written, used, kept: kept.len() as u32, ..ProbeRound::default() },
            )
        }
        ProbeRequest::Forget => {
            kept.clear();
            ProbeReply::Forgotten
        }
        ProbeRequest::CanPlant(at) => ProbeReply::CanPlant(plant::can_plant(&at)),
        ProbeRequest::Plant { what, at } => {
            ProbeReply::Planted(plant::plant(&what, &at).map(|planted| {
                let keep = |(opened_for, fd)| Kept::new(at.clone(), opened_for, fd).ok();
                kept.extend(planted.kept.and_then(keep));
            }))
        }
        ProbeRequest::Ask { mint, door, ask: how } => {
            let search = searches.entry(mint).or_insert_with(|| Search::new(&Mint::new(mint)));
            ProbeReply::Asked(ask::ask(&door, &how, search))
        }
        ProbeRequest::Peers(at) => ProbeReply::Peers(plant::peers(&at)),
    }
}

/// Has a program run with its effective uid as its real one too: it is one of the principal's processes, and no prober.
pub(super) fn with_one_uid(command: &mut Command) {
    let one_uid = || {
        let uid = geteuid();
        Ok(setresuid(uid, uid, uid)?)
    };
    // SAFETY: geteuid(2) and setresuid(2) alone, between fork and execve.
    unsafe { command.pre_exec(one_uid) };
}

/// Forks a process of a principal that kills every process of that principal.
///
/// Neither probers nor the supervisor are among them: their real and saved uids are others.
/// `kill(-1)` is one pass under the kernel's lock: a process that forks meanwhile does not slip through.
pub(crate) fn kill_all_of(identity: &Identity) -> Result<()> {
    // SAFETY: single-threaded, and the child makes system calls only.
    match unsafe { fork() }.doing("fork")? {
        ForkResult::Parent { child } => {
            while waitpid(child, None) == Err(Errno::EINTR) {}
            Ok(())
        }
        ForkResult::Child => {
            // Only pid 1 of a pid namespace has a uid 0 below it that is nobody else's.
            let reaches_others = identity.uid == 0 && std::os::unix::process::parent_id() != 1;
            if !reaches_others && become_principal(identity).is_ok() {
                let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
            }
            // SAFETY: as in `start`.
            unsafe { libc::_exit(0) }
        }
    }
}
