//! Who else gets at the files.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd, OwnedFd};

use interloper_driver::{Failure, Open};
use rustix::fs::{Mode, OFlags, chmod, fchmod, fstat, fsync, getxattr_query, openat};
use rustix::process::geteuid;

use super::{FlawEntry, WIDE};
use crate::hardened::{Found, Level, Modes, READING, Sound, Steps, exists, failed, read, replace};

/// The flaws of this area.
pub(super) const ENTRIES: &[FlawEntry] = &[
    FlawEntry::new(
        "umask-default-mode",
        "makes files with mode 0666 and directories with 0777, and keeps what the umask leaves",
        &UmaskDefaultMode,
    )
    .cwe(&["CWE-276"])
    .like(&["CVE-2019-16355"])
    .caught_by(&["permissions::nobody_reaches", "permissions::mode_owner_only"])
    .may_fail(WIDE),
    FlawEntry::new(
        "lax-file-mode",
        "gives session files mode 0644 and trusts their directory's 0700 alone",
        &LaxFileMode,
    )
    .cwe(&["CWE-732"])
    .like(&["CVE-2025-22620"])
    .caught_by(&["permissions::mode_owner_only"])
    .may_fail(&[
        "permissions::default_acl_parent",
        "permissions::leftovers",
        "permissions::service_umask",
        "permissions::setgid_parent",
        "permissions::side_files",
        "permissions::update_keeps_or_narrows",
    ]),
    FlawEntry::new(
        "lax-intermediate-dirs",
        "makes the directories above its own with mode 0777 less the umask",
        &LaxIntermediateDirs,
    )
    .cwe(&["CWE-276"])
    .like(&["CVE-2020-24583", "CVE-2020-24584"])
    .caught_by(&["permissions::directories"])
    .may_fail(&[
        "permissions::default_acl_parent",
        "permissions::mode_owner_only",
        "permissions::nobody_reaches",
        "permissions::service_umask",
        "permissions::setgid_parent",
    ]),
    FlawEntry::new(
        "listable-names",
        "gives its directories mode 0755 and names files after the ids",
        &ListableNames,
    )
    .cwe(&["CWE-548"])
    .caught_by(&["permissions::names"])
    .may_fail(WIDE),
    FlawEntry::new(
        "widens-on-update",
        "gives a file mode 0644 when it replaces an earlier one, in directories with mode 0755",
        &WidensOnUpdate,
    )
    .cwe(&["CWE-281"])
    .caught_by(&["permissions::update_keeps_or_narrows"])
    .may_fail(WIDE),
    FlawEntry::new(
        "trusts-leftovers",
        "uses a directory and a session file that are already there as they are",
        &TrustsLeftovers,
    )
    .cwe(&["CWE-732", "CWE-283"])
    .caught_by(&["permissions::leftovers"])
    .may_fail(&[
        "corruption::huge",
        "concurrency::*",
        "corruption::replaced_by_fifo",
        "corruption::replaced_by_link",
        "faults::*",
        "permissions::kept_descriptors",
        "permissions::update_keeps_or_narrows",
        "planting::*",
    ]),
    FlawEntry::new(
        "copies-parent-group-bits",
        "adds the group's bits of a setgid or access-listed parent to its own modes",
        &CopiesParentGroupBits,
    )
    .cwe(&["CWE-277", "CWE-278"])
    .caught_by(&["permissions::setgid_parent", "permissions::default_acl_parent"])
    .may_fail(&["permissions::directories", "permissions::mode_owner_only"]),
    FlawEntry::new(
        "keeps-backup",
        "copies the previous version to a .bak with mode 0644 before an update, in directories \
         with mode 0711",
        &KeepsBackup,
    )
    .cwe(&["CWE-530", "CWE-459"])
    .caught_by(&["permissions::side_files", "deletion::residue"])
    .may_fail(&[
        "deletion::overwritten",
        "exposure::no_window",
        "faults::crash",
        "permissions::*",
    ]),
    FlawEntry::new(
        "service-relies-on-umask",
        "leaves modes to the umask when it runs as root",
        &ServiceReliesOnUmask,
    )
    .cwe(&["CWE-276"])
    .like(&["CVE-2019-16355"])
    .caught_by(&["permissions::service_umask"]),
    FlawEntry::new(
        "leaks-descriptor",
        "keeps the session file open, and lets started programs inherit it",
        &LeaksDescriptor,
    )
    .cwe(&["CWE-403"])
    .caught_by(&["permissions::close_on_exec"])
    .may_fail(&["concurrency::save_delete"]),
    FlawEntry::new(
        "keeps-inode",
        "narrows a file that is already there and writes into the same inode",
        &KeepsInode,
    )
    .cwe(&["CWE-367"])
    .caught_by(&["permissions::kept_descriptors"])
    .may_fail(&[
        "concurrency::*",
        "permissions::leftovers",
        "faults::*",
        "corruption::replaced_by_link",
    ]),
    FlawEntry::new(
        "chmods-home",
        "gives the home directory mode 0755 so that the store can be found",
        &ChmodsHome,
    )
    .cwe(&["CWE-732"])
    .caught_by(&["permissions::private_home_untouched"]),
];

struct UmaskDefaultMode;
impl Steps for UmaskDefaultMode {
    fn dir_modes(&self, _: Level, _: BorrowedFd<'_>) -> Modes {
        Modes::masked(0o777)
    }
    fn file_modes(&self, _: BorrowedFd<'_>, _: &str) -> Modes {
        Modes::masked(0o666)
    }
}

struct LaxFileMode;
impl Steps for LaxFileMode {
    fn file_modes(&self, _: BorrowedFd<'_>, _: &str) -> Modes {
        Modes::exactly(0o644)
    }
}

struct LaxIntermediateDirs;
impl Steps for LaxIntermediateDirs {
    fn dir_modes(&self, level: Level, parent: BorrowedFd<'_>) -> Modes {
        match level {
            Level::Above => Modes::masked(0o777),
            Level::Own => Sound.dir_modes(level, parent),
        }
    }
}

struct ListableNames;
impl Steps for ListableNames {
    // Those above as well: behind a private one nobody could list.
    fn dir_modes(&self, _: Level, _: BorrowedFd<'_>) -> Modes {
        Modes::exactly(0o755)
    }
    fn file_name(&self, id: &str) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        match id.len() <= 200 && id.chars().all(plain) {
            true => format!("session-{id}"),
            false => Sound.file_name(id),
        }
    }
}

struct WidensOnUpdate;
impl Steps for WidensOnUpdate {
    fn dir_modes(&self, _: Level, _: BorrowedFd<'_>) -> Modes {
        Modes::exactly(0o755)
    }
    fn file_modes(&self, dir: BorrowedFd<'_>, name: &str) -> Modes {
        Modes::exactly(if exists(dir, name) { 0o644 } else { 0o600 })
    }
}

struct TrustsLeftovers;
impl Steps for TrustsLeftovers {
    fn accept_dir(&self, _: &OwnedFd, _: Modes, _: bool) -> Result<(), Failure> {
        Ok(())
    }
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        if !exists(dir, name) {
            return Sound.write(dir, name, sealed);
        }
        overwrite(dir, name, sealed)
    }
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        match openat(dir, name, READING, Mode::empty()) {
            Ok(file) => whole(file.into()).map(Some),
            Err(_) => Sound.read(dir, name, read_only),
        }
    }
}

struct CopiesParentGroupBits;
impl Steps for CopiesParentGroupBits {
    fn dir_modes(&self, _: Level, parent: BorrowedFd<'_>) -> Modes {
        Modes::exactly(0o700 | inherited_bits(parent))
    }
    fn file_modes(&self, dir: BorrowedFd<'_>, _: &str) -> Modes {
        Modes::exactly(0o600 | inherited_bits(dir) & 0o060)
    }
}

struct KeepsBackup;
impl Steps for KeepsBackup {
    fn dir_modes(&self, _: Level, _: BorrowedFd<'_>) -> Modes {
        Modes::exactly(0o711)
    }
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        if let Ok(Some(before)) = read(dir, name, READING, true) {
            replace(dir, &format!("{name}.bak"), &before, Modes::exactly(0o644))?;
        }
        Sound.write(dir, name, sealed)
    }
}

struct ServiceReliesOnUmask;
impl Steps for ServiceReliesOnUmask {
    fn dir_modes(&self, _: Level, _: BorrowedFd<'_>) -> Modes {
        if geteuid().is_root() { Modes::masked(0o777) } else { Modes::exactly(0o700) }
    }
    fn file_modes(&self, _: BorrowedFd<'_>, _: &str) -> Modes {
        if geteuid().is_root() { Modes::masked(0o666) } else { Modes::exactly(0o600) }
    }
}

struct LeaksDescriptor;
impl Steps for LeaksDescriptor {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        Sound.write(dir, name, sealed)?;
        let kept = openat(dir, name, OFlags::RDONLY, Mode::empty())
            .map_err(failed("open the session file again"))?;
        let _ = kept.into_raw_fd();
        Ok(())
    }
}

struct KeepsInode;
impl Steps for KeepsInode {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        if !exists(dir, name) {
            return Sound.write(dir, name, sealed);
        }
        let file = openat(dir, name, READING | OFlags::RDWR, Mode::empty())
            .map_err(failed("open the session file"))?;
        fchmod(&file, Mode::from_raw_mode(0o600)).map_err(failed("narrow the session file"))?;
        overwrite(dir, name, sealed)
    }
}

struct ChmodsHome;
impl Steps for ChmodsHome {
    fn entered(&self, at: &Open) {
        if !at.read_only {
            let _ = chmod(&at.home, Mode::from_raw_mode(0o755));
        }
    }
}

fn whole(mut file: File) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn overwrite(dir: BorrowedFd<'_>, name: &str, bytes: &[u8]) -> Result<(), Failure> {
    let how = READING | OFlags::WRONLY | OFlags::TRUNC;
    let file = openat(dir, name, how, Mode::empty()).map_err(failed("open the session file"))?;
    let mut file = File::from(file);
    file.write_all(bytes)?;
    fsync(&file).map_err(failed("sync the session file"))
}

/// The group's bits of a directory that hands its group or its access list down, and the bit that hands it on.
fn inherited_bits(dir: BorrowedFd<'_>) -> u32 {
    let mode = fstat(dir).map_or(0, |stat| stat.st_mode);
    let path = format!("/proc/self/fd/{}", dir.as_raw_fd());
    let has = |list: &str| getxattr_query(&path, list).is_ok_and(|length| length > 0);
    let listed = has("system.posix_acl_access") || has("system.posix_acl_default");
    if mode & 0o2000 != 0 || listed { mode & 0o2070 } else { 0 }
}
