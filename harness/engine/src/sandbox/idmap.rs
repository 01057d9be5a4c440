//! Which ids of the host a sandbox's ids are.
//!
//! Ids that somebody uses would make the sandbox's principals somebody: `kill`, `ptrace` and files of that user would be in reach.

use std::fs;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::process::Command;

use crate::error::{Context, Error, Result};
use crate::principal::IDS_NEEDED;

/// How many ids a sandbox gets.
const RANGE: u32 = 65_536;
/// The ids that the common allocation schemes leave unused (systemd's "UIDs and GIDs on systemd systems": 0x70000000 to 0x7FFDFFFF).
const FIRST_UNUSED: u32 = 0x7000_0000;
const LAST_UNUSED: u32 = 0x7ffd_0000;

/// A range of host ids that is this sandbox's alone for as long as the value lives.
#[derive(Debug)]
pub(crate) struct IdRange {
    pub(crate) first_uid: u32,
    pub(crate) first_gid: u32,
    pub(crate) count: u32,
    helper: bool,
    /// An abstract socket is a lock that leaves no file and goes with the process.
    _lock: Option<UnixListener>,
}

impl IdRange {
    /// For root: a range that no account, container or other sandbox has.
    pub(crate) fn unused() -> Result<IdRange> {
        let mut first = FIRST_UNUSED;
        while first < LAST_UNUSED {
            if let Some(lock) = try_lock(first) {
                return Ok(IdRange {
                    first_uid: first,
                    first_gid: first,
                    count: RANGE,
                    helper: false,
                    _lock: Some(lock),
                });
            }
            first += RANGE;
        }
        Err(Error::Refused {
            what: "an unused range of user ids",
            why: "every one of them is taken by another sandbox".into(),
        })
    }

    /// For an ordinary user: the range that `/etc/subuid` and `/etc/subgid` give them.
    ///
    /// All of a user's sandboxes share it: they are apart by their pid namespaces.
    pub(crate) fn delegated() -> Result<IdRange> {
        let user = own_name();
        let (first_uid, uids) = delegated_range("/etc/subuid", &user)?;
        let (first_gid, gids) = delegated_range("/etc/subgid", &user)?;
        for helper in ["newuidmap", "newgidmap"] {
            if !on_path(helper) {
                return Err(Error::Refused {
                    what: "mapping other user ids",
                    why: format!("{helper} is not installed; it is in Debian's package uidmap"),
                });
            }
        }
        Ok(IdRange {
            first_uid,
            first_gid,
            count: uids.min(gids).min(RANGE),
            helper: true,
            _lock: None,
        })
    }

    /// Maps the range into the user namespace of a process: id 0 there is the range's first.
    pub(crate) fn map(&self, pid: i32) -> Result<()> {
        if self.helper {
            self.map_with("newuidmap", pid, self.first_uid)?;
            return self.map_with("newgidmap", pid, self.first_gid);
        }
        for (file, first) in [("gid_map", self.first_gid), ("uid_map", self.first_uid)] {
            let path = format!("/proc/{pid}/{file}");
            fs::write(&path, format!("0 {first} {}\n", self.count)).on("map user ids in", path)?;
        }
        Ok(())
    }

    fn map_with(&self, helper: &'static str, pid: i32, first: u32) -> Result<()> {
        let output = Command::new(helper)
            .args([pid.to_string(), "0".into(), first.to_string(), self.count.to_string()])
            .output()
            .doing("run newuidmap")?;
        if output.status.success() {
            return Ok(());
        }
        Err(Error::Refused {
            what: "mapping other user ids",
            why: format!("{helper}: {}", String::from_utf8_lossy(&output.stderr).trim()),
        })
    }
}

fn try_lock(first: u32) -> Option<UnixListener> {
    let name = format!("interloper-ids-{first:x}");
    let address = SocketAddr::from_abstract_name(name.as_bytes()).ok()?;
    UnixListener::bind_addr(&address).ok()
}

fn own_name() -> String {
    let uid = nix::unistd::getuid();
    nix::unistd::User::from_uid(uid)
        .ok()
        .flatten()
        .map_or_else(|| uid.to_string(), |user| user.name)
}

pub(crate) fn on_path(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

/// The first range of at least the ids a sandbox needs; subuid(5): `name or uid:first:count`.
fn delegated_range(file: &'static str, user: &str) -> Result<(u32, u32)> {
    let text = fs::read_to_string(file).unwrap_or_default();
    let uid = nix::unistd::getuid().to_string();
    text.lines()
        .filter_map(|line| {
            let mut fields = line.trim().split(':');
            let name = fields.next()?;
            let first: u32 = fields.next()?.parse().ok()?;
            let count: u32 = fields.next()?.parse().ok()?;
            ((name == user || name == uid) && count >= IDS_NEEDED).then_some((first, count))
        })
        .next()
        .ok_or_else(|| Error::Refused {
            what: "user ids to play others with",
            why: format!(
                "{file} gives {user} none; let root run: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 {user}"
            ),
        })
}
