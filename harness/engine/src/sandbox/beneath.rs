//! What the supervisor does to files that a store may exchange for others at any moment.
//!
//! The kernel's facts: the supervisor has rights over files that the store has not, and a path leads where whoever owns a directory on it
//! lets it lead. `openat2` with `RESOLVE_NO_SYMLINKS` (Linux 5.6) follows no link on the way, and a descriptor stays what it was.
//! `fchown` and `fchmod` take no descriptor of `O_PATH`; its name in `/proc/self/fd` does, chmod(2), and leads nowhere else.
//!
//! So everything goes: the node is opened, following nothing; it is looked at through the descriptor; it is changed through the descriptor.
//!
//! A hard link is no way out where the host lets one link files of others (`fs.protected_hardlinks` 0): a file with several names whose
//! owner is nobody of the sandbox is left alone.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::FileExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, FileType, Gid, Mode, OFlags, ResolveFlags, SeekFrom, Timespec, Timestamps, Uid,
    XattrFlags,
};

use super::reset::remove_dir;
use super::tier::Tier;
use crate::paths::pieces;
use crate::principal::Ids;

/// The largest list of attributes' names and the largest value Linux keeps, xattr(7), in bytes.
const ATTRIBUTE_LIMIT: usize = 64 << 10;

/// A part of a file that is there: a hole is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Offset of the segment, in bytes.
    pub(crate) offset: u64,
    pub(crate) bytes: Vec<u8>,
}

/// Opens a node, following no link on the way. A link at the end can be had with `O_PATH | O_NOFOLLOW` alone.
fn open(path: &Path, flags: OFlags, mode: u32) -> io::Result<OwnedFd> {
    // Without links `..` is the only way up, and the name of nothing in a sandbox.
    if path.components().any(|part| part == Component::ParentDir) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path has .. in it"));
    }
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let flags = flags | OFlags::CLOEXEC;
    let mode = Mode::from_raw_mode(mode);
    // A path that is too long for a call is walked in pieces, each from the one before it.
    let (ways, last) = pieces(path);
    let mut from: Option<OwnedFd> = None;
    for way in ways {
        let dir = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let at = from.as_ref().map_or(CWD, AsFd::as_fd);
        from = Some(rustix::fs::openat2(at, way, dir, Mode::empty(), resolve)?);
    }
    let at = from.as_ref().map_or(CWD, AsFd::as_fd);
    Ok(rustix::fs::openat2(at, last, flags, mode, resolve)?)
}

/// Opens the directory that a path's last name is in, and returns that name too.
fn parent(path: &Path) -> io::Result<(OwnedFd, &OsStr)> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path has no parent"));
    };
    Ok((open(parent, OFlags::PATH | OFlags::DIRECTORY, 0)?, name))
}

/// Opens the node that a path names, itself if it is a link.
fn node(path: &Path) -> io::Result<OwnedFd> {
    open(path, OFlags::PATH | OFlags::NOFOLLOW, 0)
}

/// Opens a Unix socket as a node, to be connected to through its name in /proc/self/fd.
///
/// # Errors
/// `InvalidData` where the path names something else.
pub(crate) fn socket(path: &Path) -> io::Result<OwnedFd> {
    let fd = node(path)?;
    match FileType::from_raw_mode(rustix::fs::fstat(&fd)?.st_mode) {
        FileType::Socket => Ok(fd),
        _ => Err(io::Error::new(io::ErrorKind::InvalidData, "it is no socket")),
    }
}

/// Returns a path that leads to what is open at a descriptor of this process, and nowhere else.
fn itself(fd: &impl AsFd) -> PathBuf {
    format!("/proc/self/fd/{}", fd.as_fd().as_raw_fd()).into()
}

/// Opens a regular file for reading.
pub(crate) fn open_file(path: &Path) -> io::Result<File> {
    // Who opens a FIFO waits, and who opens a device may start something.
    let file = File::from(open(path, OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK, 0)?);
    if file.metadata()?.is_file() { Ok(file) } else { Err(not_regular()) }
}

fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it is not a regular file any more")
}

/// Opens a directory for listing.
pub(crate) fn open_dir(path: &Path) -> io::Result<OwnedFd> {
    open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW, 0)
}

/// Reads the parts of a file that are no holes, and its length; at most so many bytes of them are read.
///
/// # Errors
/// `FileTooLarge` where there are more.
pub(crate) fn segments(path: &Path, limit: u64) -> io::Result<(Vec<Segment>, u64)> {
    let file = open_file(path)?;
    let length = file.metadata()?.len();
    let (mut segments, mut read) = (Vec::new(), 0);
    let mut at = 0;
    while at < length {
        // ENXIO: nothing but a hole from there on, lseek(2).
        let begin = match rustix::fs::seek(&file, SeekFrom::Data(at)) {
            Err(rustix::io::Errno::NXIO) => break,
            begin => begin?,
        };
        let end = rustix::fs::seek(&file, SeekFrom::Hole(begin))?;
        read += end - begin;
        if read > limit {
            return Err(io::Error::from_raw_os_error(libc::EFBIG));
        }
        let mut bytes = vec![0; (end - begin) as usize];
        let mut got = 0;
        // One that is shortened meanwhile ends where it ends.
        while let n @ 1.. = file.read_at(&mut bytes[got..], begin + got as u64)? {
            got += n;
        }
        bytes.truncate(got);
        segments.push(Segment { offset: begin, bytes });
        at = end;
    }
    Ok((segments, length))
}

/// Reads the contents of a file; holes, which take no room, are zeros that take none as long as nobody touches them.
///
/// # Errors
/// `FileTooLarge` where it is longer than the limit.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let (segments, length) = segments(path, limit)?;
    if length > limit {
        return Err(io::Error::from_raw_os_error(libc::EFBIG));
    }
    let mut bytes = vec![0; length as usize];
    for segment in segments {
        let begin = (segment.offset as usize).min(bytes.len());
        let end = (begin + segment.bytes.len()).min(bytes.len());
        bytes[begin..end].copy_from_slice(&segment.bytes[..end - begin]);
    }
    Ok(bytes)
}

/// Reads the target of a link.
pub(crate) fn read_link(path: &Path) -> io::Result<PathBuf> {
    let target = rustix::fs::readlinkat(node(path)?, c"", Vec::new())?;
    Ok(OsString::from_vec(target.into_bytes()).into())
}

/// Reads every extended attribute of a node that is no link; none if the file system keeps none.
pub(crate) fn attributes(path: &Path) -> Vec<(OsString, Vec<u8>)> {
    let Ok(node) = node(path) else { return Vec::new() };
    let path = itself(&node);
    // Most files have none: the first call says so without a buffer.
    if !matches!(rustix::fs::listxattr(&path, &mut [0_u8; 0]), Ok(1..)) {
        return Vec::new();
    }
    let mut names = vec![0_u8; ATTRIBUTE_LIMIT];
    let Ok(length) = rustix::fs::listxattr(&path, &mut names) else { return Vec::new() };
    let value = |name: &[u8]| {
        let mut value = vec![0_u8; ATTRIBUTE_LIMIT];
        let length = rustix::fs::getxattr(&path, OsStr::from_bytes(name), &mut value).ok()?;
        value.truncate(length);
        Some((OsString::from_vec(name.to_vec()), value))
    };
    names[..length]
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
        .filter_map(value)
        .collect()
}

/// Makes a symbolic link.
pub(crate) fn make_symlink(to: &Path, path: &Path) -> io::Result<()> {
    let (parent, name) = parent(path)?;
    Ok(rustix::fs::symlinkat(to, parent, name)?)
}

/// Makes a FIFO, or a socket that nobody listens at.
///
/// A node, since a name to bind to has no more than 107 bytes (unix(7)).
pub(crate) fn make_node(path: &Path, kind: FileType, mode: u32) -> io::Result<()> {
    let (parent, name) = parent(path)?;
    Ok(rustix::fs::mknodat(parent, name, kind, Mode::from_raw_mode(mode), 0)?)
}

/// Makes another name of a node, itself where it is a link.
pub(crate) fn make_hard_link(to: &Path, path: &Path) -> io::Result<()> {
    let ((from, old), (into, new)) = (parent(to)?, parent(path)?);
    Ok(rustix::fs::linkat(from, old, into, new, AtFlags::empty())?)
}

/// Removes a node, with everything below it.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    let (parent, name) = parent(path)?;
    let name = std::ffi::CString::new(name.as_bytes())?;
    Ok(remove_dir(parent, &name)?)
}

/// Sets both times of a node, itself where it is a link, in seconds since 1970.
pub(crate) fn set_times(path: &Path, seconds: i64) -> io::Result<()> {
    let (parent, name) = parent(path)?;
    let time = Timespec { tv_sec: seconds, tv_nsec: 0 };
    let times = Timestamps { last_access: time, last_modification: time };
    Ok(rustix::fs::utimensat(parent, name, &times, AtFlags::SYMLINK_NOFOLLOW)?)
}

/// Sets an extended attribute of a node that is no link.
pub(crate) fn set_attribute(path: &Path, name: &OsStr, value: &[u8]) -> io::Result<()> {
    let node = node(path)?;
    Ok(rustix::fs::setxattr(itself(&node), name, value, XattrFlags::empty())?)
}

/// Changes nodes with the supervisor's rights, where they are the sandbox's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Beneath<'a> {
    pub(crate) tier: Tier,
    pub(crate) ids: &'a Ids,
}

impl Beneath<'_> {
    /// Refuses a file of somebody outside that only has a name in the sandbox.
    fn check(&self, fd: &impl AsFd) -> io::Result<()> {
        // In a namespace nobody else's files have another name; without other ids there are no rights to be careful with.
        if self.tier != Tier::Uids {
            return Ok(());
        }
        let stat = rustix::fs::fstat(fd)?;
        let is_dir = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
        if is_dir || stat.st_nlink == 1 || self.ids.has_user(stat.st_uid) {
            return Ok(());
        }
        Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "it is a hard link to a file of somebody outside the sandbox",
        ))
    }

    /// Makes a directory with this mode, and gives it away where somebody is named.
    pub(crate) fn make_dir(
        &self,
        path: &Path,
        mode: u32,
        owner: Option<(u32, u32)>,
    ) -> io::Result<()> {
        let (parent, name) = parent(path)?;
        rustix::fs::mkdirat(&parent, name, Mode::RWXU)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let dir = rustix::fs::openat(&parent, name, flags, Mode::empty())?;
        if let Some(owner) = owner {
            give_node(&dir, owner)?;
        }
        Ok(rustix::fs::fchmod(&dir, Mode::from_raw_mode(mode))?)
    }

    /// Makes a file, or gives one that is there new contents; mode and owner are changed where they are named, in that order.
    pub(crate) fn write(
        &self,
        path: &Path,
        bytes: &[u8],
        mode: Option<u32>,
        owner: Option<(u32, u32)>,
    ) -> io::Result<()> {
        self.put(path, bytes.len() as u64, [(0, bytes)].into_iter(), mode, owner)
    }

    /// Writes contents of a length, of which these parts are written, each at its offset; the rest are holes.
    pub(crate) fn put<'b>(
        &self,
        path: &Path,
        length: u64,
        parts: impl Iterator<Item = (usize, &'b [u8])>,
        mode: Option<u32>,
        owner: Option<(u32, u32)>,
    ) -> io::Result<()> {
        // Not `O_TRUNC`: that changes a file before it was looked at.
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = File::from(open(path, flags, 0o644)?);
        if !file.metadata()?.is_file() {
            return Err(not_regular());
        }
        self.check(&file)?;
        file.set_len(0)?;
        for (at, bytes) in parts {
            file.write_all_at(bytes, at as u64)?;
        }
        file.set_len(length)?;
        if let Some(mode) = mode {
            rustix::fs::fchmod(&file, Mode::from_raw_mode(mode))?;
        }
        owner.map_or(Ok(()), |owner| give_node(&file, owner))
    }

    /// Changes a file's length; what is added is a hole.
    pub(crate) fn set_length(&self, path: &Path, length: u64) -> io::Result<()> {
        let file = File::from(open(path, OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK, 0)?);
        self.check(&file)?;
        file.set_len(length)
    }

    /// Gives a node to a user and a group, itself where it is a link.
    pub(crate) fn give(&self, path: &Path, owner: (u32, u32)) -> io::Result<()> {
        let node = node(path)?;
        self.check(&node)?;
        give_node(&node, owner)
    }

    /// Sets the permission bits of a node that is no link.
    pub(crate) fn set_mode(&self, path: &Path, mode: u32) -> io::Result<()> {
        let node = node(path)?;
        self.check(&node)?;
        // chmod(2) on a link's own descriptor is refused: it has no mode.
        Ok(rustix::fs::chmod(itself(&node), Mode::from_raw_mode(mode))?)
    }
}

fn give_node(fd: &impl AsFd, (uid, gid): (u32, u32)) -> io::Result<()> {
    let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
    Ok(rustix::fs::chownat(fd, c"", Some(uid), Some(gid), AtFlags::EMPTY_PATH)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn beneath(ids: &Ids) -> Beneath<'_> {
        Beneath { tier: Tier::Uids, ids }
    }

    #[test]
    fn nothing_is_changed_through_a_link() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().canonicalize().unwrap();
        let (outside, link) = (dir.join("outside"), dir.join("link"));
        fs::write(&outside, "theirs").unwrap();
        fs::create_dir(dir.join("place")).unwrap();
        fs::write(dir.join("place/file"), "theirs").unwrap();
        symlink(&outside, &link).unwrap();
        symlink(dir.join("place"), dir.join("way")).unwrap();
        let ids = Ids::from_base(0x7000_0000);
        for path in [link, dir.join("way/file")] {
            assert!(beneath(&ids).write(&path, b"ours", None, None).is_err(), "{path:?}");
            assert!(beneath(&ids).set_mode(&path, 0o666).is_err(), "{path:?}");
            assert!(beneath(&ids).set_length(&path, 0).is_err(), "{path:?}");
            assert!(read(&path, 100).is_err(), "{path:?}");
        }
        assert!(make_symlink(&outside, &dir.join("way/other")).is_err());
        assert!(remove(&dir.join("way/file")).is_err());
        assert_eq!(fs::read(&outside).unwrap(), b"theirs");
        assert_eq!(fs::read(dir.join("place/file")).unwrap(), b"theirs");
    }

    #[test]
    fn a_file_of_somebody_outside_is_left_alone_under_another_name() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().canonicalize().unwrap();
        let (theirs, name) = (dir.join("theirs"), dir.join("name"));
        fs::write(&theirs, "theirs").unwrap();
        fs::hard_link(&theirs, &name).unwrap();
        let ids = Ids::from_base(0x7000_0000);
        assert!(beneath(&ids).write(&name, b"ours", None, None).is_err());
        assert!(beneath(&ids).set_mode(&name, 0o666).is_err());
        assert_eq!(fs::read(&theirs).unwrap(), b"theirs");
    }

    #[test]
    fn a_hole_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap().join("sparse");
        let file = File::create(&path).unwrap();
        file.set_len(1 << 40).unwrap();
        file.write_at(b"secret", 1 << 30).unwrap();
        let (segments, length) = segments(&path, 1 << 20).unwrap();
        assert_eq!(length, 1 << 40);
        assert_eq!(segments.len(), 1);
        assert_eq!(segments[0].offset, 1 << 30);
        assert!(segments[0].bytes.starts_with(b"secret"));
        assert_eq!(read(&path, 1 << 20).unwrap_err().raw_os_error(), Some(libc::EFBIG));
    }
}
