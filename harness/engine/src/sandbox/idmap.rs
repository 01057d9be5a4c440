//! Which ids of the host a sandbox's ids are.
//!
//! Ids that somebody uses would make the sandbox's principals somebody: `kill`, `ptrace` and files of that user would be in reach.

use std::fs::{self, File};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::Path;
use std::process::Command;

use super::namespace::{Extent, is_initial, mapped};
use crate::error::{Context, Error, Result};
use crate::principal::IDS_NEEDED;

/// Number of ids that a sandbox gets.
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
    _lock: Option<Lock>,
}

/// Lock that marks a range as taken, for as long as the process lives.
#[derive(Debug)]
enum Lock {
    /// A lock on one byte of a file in root's own directory, where nobody else can hold it.
    File { _file: File },
    /// An abstract socket, where there is no such directory: it leaves no file, and anybody can be before us.
    Socket { _socket: UnixListener },
}

/// The directory of the locks, which is root's alone.
const LOCKS: &str = "/run/interloper";

impl IdRange {
    /// Takes a range for root that no account, container or other sandbox has.
    ///
    /// Root of a user namespace has the ids that are mapped there; of those the upper half, in smaller ranges.
    pub(crate) fn unused() -> Result<IdRange> {
        let whole = is_initial();
        let ranges =
            if whole { unallocated() } else { upper_halves(&mapped("uid"), &mapped("gid")) };
        if ranges.is_empty() {
            return Err(Error::Refused {
                what: "user ids to play others with",
                why: format!(
                    "this user namespace has too few: {} are needed beside those in use; start it with more (unshare --map-auto, or subordinate ids for the container's user)",
                    2 * SLICE
                ),
            });
        }
        let count = if whole { RANGE } else { SLICE };
        for (n, first) in ranges.into_iter().enumerate() {
            if let Some(lock) = try_lock(first, n as i64) {
                return Ok(IdRange {
                    first_uid: first,
                    first_gid: first,
                    count,
                    helper: false,
                    _lock: Some(lock),
                });
            }
        }
        Err(Error::Refused {
            what: "an unused range of user ids",
            why: "every one of them is taken by another sandbox".into(),
        })
    }

    /// Returns the range that `/etc/subuid` and `/etc/subgid` give an ordinary user.
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
            fs::write(&path, format!("0 {first} {}\n", self.count)).map_err(|error| {
                // Root without CAP_SETUID, or of a namespace that lacks these ids.
                match error.raw_os_error() {
                    Some(libc::EPERM | libc::EINVAL) => Error::Refused {
                        what: "mapping other user ids",
                        why: format!("{file}: {error}; it takes CAP_SETUID and CAP_SETGID"),
                    },
                    _ => Error::Path { doing: "map user ids in", path: path.into(), source: error },
                }
            })?;
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

/// Returns the ranges that common allocation schemes leave unused, by their first ids.
fn unallocated() -> Vec<u32> {
    // The last first: systemd gives from the first on to its containers (UIDS-GIDS), and locks them where we do not look.
    (FIRST_UNUSED..LAST_UNUSED).step_by(RANGE as usize).rev().collect()
}

/// Number of ids that a sandbox gets if few are available.
const SLICE: u32 = 2048;
const _: () = assert!(SLICE >= IDS_NEEDED);
/// The id of nobody, and of whoever has none here.
const NOBODY: u32 = 65_534;

/// Ranges in the upper half of each run of ids, as both users and groups have them: a container's own accounts have the lower ids.
fn upper_halves(uids: &[Extent], gids: &[Extent]) -> Vec<u32> {
    let within = |extents: &[Extent], first: u32| {
        extents.iter().any(|(from, to)| *from <= first && first + SLICE <= *to)
    };
    let slices = uids.iter().flat_map(|(from, to)| {
        let middle = from + (to - from) / 2;
        (middle..*to).step_by(SLICE as usize)
    });
    let is_free = |first: &u32| {
        let has_nobody = (*first..first.saturating_add(SLICE)).contains(&NOBODY);
        first.checked_add(SLICE).is_some()
            && !has_nobody
            && within(uids, *first)
            && within(gids, *first)
    };
    slices.filter(is_free).take(1024).collect()
}

/// Locks the n-th range.
fn try_lock(first: u32, n: i64) -> Option<Lock> {
    match lock_file() {
        Some(file) => lock_byte(&file, n).then_some(Lock::File { _file: file }),
        None => {
            let name = format!("interloper-ids-{first:x}");
            let address = SocketAddr::from_abstract_name(name.as_bytes()).ok()?;
            let socket = UnixListener::bind_addr(&address).ok()?;
            Some(Lock::Socket { _socket: socket })
        }
    }
}

/// Opens the file whose bytes are locked, one for each range; `None` if that cannot be root's alone.
fn lock_file() -> Option<File> {
    let dir = Path::new(LOCKS);
    let _ = fs::DirBuilder::new().mode(0o700).create(dir);
    let metadata = fs::symlink_metadata(dir).ok()?;
    let own = nix::unistd::geteuid().as_raw();
    if !metadata.is_dir() || metadata.uid() != own || metadata.mode() & 0o022 != 0 {
        return None;
    }
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options.custom_flags(libc::O_NOFOLLOW).open(dir.join("ids")).ok()
}

/// Locks a byte for this open file, fcntl_locking(2): the kernel gives it back when the last descriptor is closed.
fn lock_byte(file: &File, n: i64) -> bool {
    let range = libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: n,
        l_len: 1,
        l_pid: 0,
    };
    nix::fcntl::fcntl(file, nix::fcntl::FcntlArg::F_OFD_SETLK(&range)).is_ok()
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

/// Returns the first range of at least the ids a sandbox needs; subuid(5): `name or uid:first:count`.
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
                "{file} gives {user} none; let root run: usermod --add-subuids 100000-165535 \
                 --add-subgids 100000-165535 {user}"
            ),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_s_own_accounts_and_nobody_are_left_out() {
        let rootless = [(0, 1), (1, 65_537)];
        let ranges = upper_halves(&rootless, &rootless);
        assert!(ranges.len() >= 8);
        for first in ranges {
            assert!(first >= 32_768 && first + SLICE <= 65_537, "{first}");
            assert!(!(first..first + SLICE).contains(&NOBODY), "{first}");
        }
        assert!(upper_halves(&[(0, 1)], &[(0, 1)]).is_empty());
        assert!(upper_halves(&rootless, &[(0, 1)]).is_empty());
    }

    #[test]
    fn a_byte_is_locked_for_one_open_file() {
        let path = std::env::temp_dir().join(format!("interloper-lock-{}", std::process::id()));
        let open =
            || File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let (Ok(one), Ok(two)) = (open(), open()) else { panic!("no file for a lock") };
        assert!(lock_byte(&one, 3));
        assert!(!lock_byte(&two, 3));
        assert!(lock_byte(&two, 4));
        drop(one);
        assert!(lock_byte(&two, 3));
        let _ = fs::remove_file(&path);
    }
}
