//! Looking at files and reading them, so that nothing is changed and nothing can make the scan wait.
//!
//! The kernel's facts:
//! - an open of a FIFO waits for a writer, one of a device may rewind a tape, and both may happen between a look and an open (open(2), fifo(7));
//! - a descriptor of O_PATH opens nothing, stays with its file whatever becomes of the name, and /proc/self/fd opens that file (open(2));
//! - an open with O_DIRECTORY fails for whatever else is there ahead of opening it;
//! - a read sets the access time, except with O_NOATIME, which takes the owner or CAP_FOWNER (open(2)).
//!
//! So a file is opened in these steps:
//! 1. open the name with O_PATH and O_NOFOLLOW;
//! 2. look at the type through that descriptor;
//! 3. only if it is a regular file, open it through /proc/self/fd, with O_NONBLOCK, O_NOCTTY and O_NOATIME.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

use interloper_engine::NodeKind;
use interloper_engine::access::{Acl, AclKind, Component, read_acl};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, StatxAttributes, StatxFlags, openat, statx};
use rustix::io::{Errno, read};

/// The most that is read of a file, in bytes.
pub(crate) const READ_LIMIT: usize = 64 << 10;

/// What a look at a name shows.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) component: Component,
    pub(crate) size: u64,
    pub(crate) links: u32,
    /// Numbers of device and file: the same for every name of one file.
    pub(crate) id: (u32, u32, u64),
}

/// Looks at a name in an open directory; nothing is followed, mounted or asked of a server. The access ACL is read where it can matter.
pub(crate) fn look(dir: &OwnedFd, name: &CStr, read_only: bool) -> io::Result<Seen> {
    let mut seen = stat(dir, name, read_only)?;
    // The kernel looks at no ACL whose mask is empty, and the mask is the mode's group digit: `Component::grants`.
    if seen.component.mode & 0o070 != 0 && seen.component.kind() != NodeKind::Symlink {
        seen.component.acl = acl(dir, name, AclKind::Access)?;
    }
    Ok(seen)
}

fn stat(dir: impl AsFd, name: &CStr, read_only: bool) -> io::Result<Seen> {
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT | AtFlags::EMPTY_PATH;
    let stat = statx(dir, name, flags, StatxFlags::BASIC_STATS)?;
    let component = Component {
        mode: stat.stx_mode.into(),
        uid: stat.stx_uid,
        gid: stat.stx_gid,
        acl: None,
        read_only,
        mount_point: stat.stx_attributes.contains(StatxAttributes::MOUNT_ROOT),
    };
    let id = (stat.stx_dev_major, stat.stx_dev_minor, stat.stx_ino);
    Ok(Seen { component, size: stat.stx_size, links: stat.stx_nlink, id })
}

/// Reads an ACL of a name in an open directory: the attribute has no call that takes a directory before Linux 6.13, and /proc has paths.
pub(crate) fn acl(dir: &OwnedFd, name: &CStr, kind: AclKind) -> io::Result<Option<Acl>> {
    use std::os::unix::ffi::OsStrExt;
    let path = Path::new("/proc/self/fd").join(dir.as_raw_fd().to_string());
    let path = path.join(std::ffi::OsStr::from_bytes(name.to_bytes()));
    read_acl(&path, kind).map_err(io::Error::other)
}

const DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// Opens a directory for listing.
pub(crate) fn open_dir(
    dir: Option<&OwnedFd>,
    name: impl rustix::path::Arg + Copy,
) -> Result<OwnedFd, Errno> {
    let at = dir.map_or(CWD, AsFd::as_fd);
    match openat(at, name, DIRECTORY | OFlags::NOATIME, Mode::empty()) {
        // Another user's: listing it sets its access time, as `ls` does.
        Err(Errno::PERM) => openat(at, name, DIRECTORY, Mode::empty()),
        // What may be searched and not listed has names all the same.
        Err(Errno::ACCESS) => {
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            openat(at, name, flags, Mode::empty())
        }
        other => other,
    }
}

/// Reads the beginning of a regular file.
///
/// # Errors
/// When it is none by now, or cannot be read without setting its access time.
pub(crate) fn read_head(dir: &OwnedFd, name: &CStr, buffer: &mut Vec<u8>) -> io::Result<()> {
    let held = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let held = openat(dir, name, held, Mode::empty())?;
    if stat(&held, c"", false)?.component.kind() != NodeKind::File {
        return Err(io::ErrorKind::NotFound.into());
    }
    let flags =
        OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOATIME | OFlags::CLOEXEC;
    let path = format!("/proc/self/fd/{}", held.as_raw_fd());
    let file = openat(CWD, path, flags, Mode::empty())?;
    buffer.clear();
    buffer.resize(READ_LIMIT, 0);
    let mut filled = 0;
    while filled < READ_LIMIT {
        match read(&file, &mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
    buffer.truncate(filled);
    Ok(())
}
