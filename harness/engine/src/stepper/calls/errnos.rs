//! How each call can fail: because of the state of the system, not of its arguments.
//!
//! A store must survive these. Left out are errors that arguments exclude or cause (EBADF, EINVAL, EFAULT, ENAMETOOLONG), and those that
//! another process's hand on the same names causes (ENOENT, EEXIST, ENOTDIR, EISDIR, ELOOP, ENOTEMPTY): planting and races make these for
//! real.

use nix::errno::Errno;

use super::names::ACCESS_BITS;
use super::show::makes;

/// A way in which a call can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The error.
    pub(crate) errno: Errno,
    /// The manual page that has it: `write(2)`.
    pub source: &'static str,
    /// Description for people: `the disk is full`.
    pub what: &'static str,
}

impl Fault {
    /// Returns the error's name: `ENOSPC`.
    pub fn name(self) -> String {
        format!("{:?}", self.errno)
    }

    /// Returns a fault whose error says what happened.
    const fn new(source: &'static str, errno: Errno) -> Fault {
        Fault { errno, source, what: what(errno) }
    }
}

/// Returns the description of an error, for people.
const fn what(errno: Errno) -> &'static str {
    match errno {
        Errno::EACCES => "permission is denied",
        Errno::EAGAIN => "another process has the lock",
        Errno::EBUSY => "it is in use",
        Errno::ECONNREFUSED => "nobody listens",
        Errno::EDEADLK => "waiting for the lock would never end",
        Errno::EDQUOT => "the quota is used up",
        Errno::EFBIG => "the file would be larger than files may be",
        Errno::EINTR => "a signal interrupts it",
        Errno::EIO => "the disk fails",
        Errno::EMFILE => "the process has as many descriptors as it may",
        Errno::EMLINK => "there are as many links as there may be",
        Errno::ENFILE => "the system has as many open files as it may",
        Errno::ENOLCK => "the kernel has no more locks",
        Errno::ENOMEM => "the kernel has no more memory",
        Errno::ENOSPC => "the disk is full",
        Errno::EOPNOTSUPP => "the file system cannot do it",
        Errno::EPERM => "the file is another's, or may not be changed",
        Errno::EROFS => "the file system is read-only",
        Errno::ESTALE => "the file is there no more",
        Errno::EXDEV => "the two are on different file systems",
        _ => "",
    }
}

/// A list of faults: pages, and the errors that each has.
macro_rules! faults {
    ($($page:literal: $($errno:ident)+),+) => {
        const { &[$($(Fault::new($page, Errno::$errno)),+),+] }
    };
}

/// Returns the ways in which a call can fail.
///
/// `flags` is what decides on that, where it is known: the flags of an open, the operation of flock(2), the command of fcntl(2). Without,
/// the answer is what is possible with any.
pub(crate) fn errnos(name: &str, flags: Option<u64>) -> &'static [Fault] {
    let flags = flags.map(|flags| flags & 0xffff_ffff);
    match name {
        "creat" => OPEN_MAKING,
        "open" | "openat" | "openat2" => open(flags),
        // A handle is of a file that is there, and of none on another kind of file system.
        "open_by_handle_at" => OPEN_BY_HANDLE,
        "flock" => flock(flags),
        "fcntl" => fcntl(flags),
        _ => {
            let rows = FAULTS.iter().find(|(names, _)| names.contains(&name));
            rows.map_or(&[], |(_, faults)| faults)
        }
    }
}

/// Returns the faults of open(2): a file that it makes may find no room; a file that it does not open for writing, a read-only file system
/// allows.
fn open(flags: Option<u64>) -> &'static [Fault] {
    let flags = flags.unwrap_or(0);
    let writes = flags & ACCESS_BITS != libc::O_RDONLY as u64 || flags & libc::O_TRUNC as u64 != 0;
    if flags & libc::O_PATH as u64 != 0 {
        OPEN_PATH
    } else if makes(flags) {
        OPEN_MAKING
    } else if writes {
        OPEN_WRITING
    } else {
        OPEN_READING
    }
}

/// Returns the faults of flock(2): it waits, or it does not.
fn flock(operation: Option<u64>) -> &'static [Fault] {
    let has = |bit: i32| operation.is_some_and(|bits| bits & bit as u64 != 0);
    match operation {
        Some(_) if has(libc::LOCK_UN) => faults!("flock(2)": ENOLCK),
        Some(_) if has(libc::LOCK_NB) => faults!("flock(2)": EWOULDBLOCK ENOLCK),
        Some(_) => faults!("flock(2)": EINTR ENOLCK),
        None => faults!("flock(2)": ENOLCK),
    }
}

/// Returns the faults of those commands of fcntl(2) that lock. Whether it gives a lock back stands in memory; then it is not refused for
/// another's.
fn fcntl(command: Option<u64>) -> &'static [Fault] {
    match command.map(|command| command as i32) {
        Some(libc::F_SETLK | libc::F_OFD_SETLK) => faults!("fcntl(2)": EAGAIN EINTR ENOLCK),
        Some(libc::F_SETLKW) => faults!("fcntl(2)": EDEADLK EINTR ENOLCK),
        Some(libc::F_OFD_SETLKW) => faults!("fcntl(2)": EINTR ENOLCK),
        Some(libc::F_SETLEASE) => faults!("fcntl(2)": EAGAIN),
        _ => faults!("fcntl(2)": ENOLCK),
    }
}

const OPEN_PATH: &[Fault] = faults!("open(2)": EACCES EMFILE ENFILE ENOMEM);
// The manual page has no EIO; read(2) has, of the directories on the way too.
const OPEN_READING: &[Fault] =
    faults!("open(2)": EACCES EMFILE ENFILE ENOMEM EINTR, "read(2)": EIO);
const OPEN_WRITING: &[Fault] =
    faults!("open(2)": EACCES EROFS EMFILE ENFILE ENOMEM EINTR, "read(2)": EIO);
const OPEN_MAKING: &[Fault] =
    faults!("open(2)": EACCES ENOSPC EDQUOT EROFS EMFILE ENFILE ENOMEM EINTR, "read(2)": EIO);
const OPEN_BY_HANDLE: &[Fault] =
    faults!("open_by_handle_at(2)": EPERM ESTALE, "open(2)": EACCES EMFILE ENFILE ENOMEM);

/// close(2): whatever it answers, the descriptor is gone, and to close it again may close another's.
const CLOSE: &[Fault] = &[
    closed(Errno::EIO, "the disk fails; the descriptor is closed all the same"),
    closed(Errno::ENOSPC, "the disk is full; the descriptor is closed all the same"),
    closed(Errno::EDQUOT, "the quota is used up; the descriptor is closed all the same"),
    closed(Errno::EINTR, "a signal interrupts it; the descriptor is closed all the same"),
];

/// Returns a fault of close(2).
const fn closed(errno: Errno, what: &'static str) -> Fault {
    Fault { errno, source: "close(2)", what }
}

/// The calls whose arguments decide nothing, and how they can fail.
///
/// Not here are sync(2), which always succeeds, and close_range(2), which keeps the errors of what it closes to itself.
const FAULTS: &[(&[&str], &[Fault])] = &[
    (&["close"], CLOSE),
    // Contents. The manual page of getdents(2) names none of these; it reads as read(2) does.
    (&["read", "pread64", "readv", "preadv", "preadv2"], faults!("read(2)": EIO EINTR)),
    (&["getdents", "getdents64"], faults!("read(2)": EIO)),
    (
        &["write", "pwrite64", "writev", "pwritev", "pwritev2"],
        faults!("write(2)": ENOSPC EDQUOT EIO EFBIG EINTR),
    ),
    (&["sendfile"], faults!("sendfile(2)": EIO ENOMEM, "write(2)": ENOSPC EDQUOT EFBIG EINTR)),
    (
        &["copy_file_range"],
        faults!("copy_file_range(2)": ENOSPC EIO EFBIG ENOMEM EOPNOTSUPP EXDEV, "write(2)": EDQUOT),
    ),
    (&["splice"], faults!("splice(2)": ENOMEM, "write(2)": ENOSPC EDQUOT EIO EFBIG EINTR)),
    (&["truncate"], faults!("truncate(2)": EACCES EROFS EIO EFBIG EINTR)),
    (&["ftruncate"], faults!("truncate(2)": EIO EFBIG EINTR)),
    (
        &["fallocate"],
        faults!("fallocate(2)": ENOSPC EIO EFBIG EINTR EOPNOTSUPP EPERM, "write(2)": EDQUOT),
    ),
    // What it is asked to do decides; these are of what shares contents.
    (&["ioctl"], faults!("ioctl_ficlonerange(2)": EOPNOTSUPP EPERM EXDEV, "write(2)": ENOSPC EIO)),
    (&["madvise", "process_madvise"], faults!("fallocate(2)": EIO EINTR EOPNOTSUPP)),
    // Durability. msync(2) starts the same writing as fsync(2), and its manual page leaves that out.
    (&["fsync", "fdatasync"], faults!("fsync(2)": EIO ENOSPC EDQUOT EINTR)),
    (&["msync"], faults!("fsync(2)": EIO ENOSPC EDQUOT)),
    (&["sync_file_range"], faults!("sync_file_range(2)": EIO ENOSPC ENOMEM)),
    (&["syncfs"], faults!("sync(2)": EIO ENOSPC EDQUOT)),
    // Names. The manual page of rename(2) has no EIO, POSIX has; directories change as in link(2) and unlink(2).
    (
        &["rename", "renameat", "renameat2"],
        faults!(
            "rename(2)": EACCES EBUSY EDQUOT EMLINK ENOMEM ENOSPC EPERM EROFS EXDEV,
            "unlink(2)": EIO
        ),
    ),
    (
        &["link", "linkat"],
        faults!("link(2)": EACCES EDQUOT EIO EMLINK ENOMEM ENOSPC EPERM EROFS EXDEV),
    ),
    (&["symlink", "symlinkat"], faults!("symlink(2)": EACCES EDQUOT EIO ENOMEM ENOSPC EPERM EROFS)),
    (&["unlink", "unlinkat"], faults!("unlink(2)": EACCES EBUSY EIO ENOMEM EPERM EROFS)),
    (&["rmdir"], faults!("rmdir(2)": EACCES EBUSY ENOMEM EPERM EROFS, "unlink(2)": EIO)),
    (
        &["mkdir", "mkdirat"],
        faults!("mkdir(2)": EACCES EDQUOT EMLINK ENOMEM ENOSPC EPERM EROFS, "link(2)": EIO),
    ),
    (
        &["mknod", "mknodat"],
        faults!("mknod(2)": EACCES EDQUOT ENOMEM ENOSPC EPERM EROFS, "link(2)": EIO),
    ),
    (&["bind"], faults!("bind(2)": EACCES ENOMEM EROFS, "mknod(2)": EDQUOT ENOSPC)),
    // Attributes. What acts on a descriptor looks no directory up, and is denied nothing there.
    (&["chmod", "fchmodat", "fchmodat2"], faults!("chmod(2)": EACCES EIO ENOMEM EPERM EROFS)),
    (&["fchmod"], faults!("chmod(2)": EIO EPERM EROFS)),
    (&["chown", "lchown", "fchownat"], faults!("chown(2)": EACCES EIO ENOMEM EPERM EROFS)),
    (&["fchown"], faults!("chown(2)": EIO EPERM EROFS)),
    (&["utime", "utimes", "futimesat"], faults!("utime(2)": EACCES EPERM EROFS)),
    (&["utimensat", "utimensat_time64"], faults!("utimensat(2)": EACCES EPERM EROFS)),
    (
        &["setxattr", "lsetxattr", "setxattrat"],
        faults!("setxattr(2)": EDQUOT ENOSPC EOPNOTSUPP EPERM, "stat(2)": EACCES ENOMEM),
    ),
    (&["fsetxattr"], faults!("setxattr(2)": EDQUOT ENOSPC EOPNOTSUPP EPERM)),
    (
        &["removexattr", "lremovexattr", "removexattrat"],
        faults!("removexattr(2)": EOPNOTSUPP, "setxattr(2)": EPERM, "stat(2)": EACCES ENOMEM),
    ),
    (&["fremovexattr"], faults!("removexattr(2)": EOPNOTSUPP, "setxattr(2)": EPERM)),
    // It has no manual page here; it does by name what setxattr(2) and chmod(2) are stopped by.
    (
        &["file_setattr"],
        faults!("chmod(2)": EACCES EIO ENOMEM EPERM EROFS, "setxattr(2)": EOPNOTSUPP),
    ),
    // Looking. The manual page of stat(2) has no EIO; access(2), which finds the same, has.
    (
        &["stat", "lstat", "newfstatat", "fstatat", "statx"],
        faults!("stat(2)": EACCES ENOMEM, "access(2)": EIO),
    ),
    (&["access", "faccessat", "faccessat2"], faults!("access(2)": EACCES EIO ENOMEM)),
    (&["readlink", "readlinkat"], faults!("readlink(2)": EACCES EIO ENOMEM)),
    (&["chdir"], faults!("chdir(2)": EACCES EIO ENOMEM)),
    (&["name_to_handle_at"], faults!("open_by_handle_at(2)": EOPNOTSUPP, "open(2)": EACCES ENOMEM)),
    (&["connect"], faults!("connect(2)": EACCES ECONNREFUSED EINTR)),
    (
        &["getxattr", "lgetxattr", "getxattrat"],
        faults!("getxattr(2)": EOPNOTSUPP, "stat(2)": EACCES ENOMEM),
    ),
    (&["fgetxattr"], faults!("getxattr(2)": EOPNOTSUPP)),
    (
        &["listxattr", "llistxattr", "listxattrat"],
        faults!("listxattr(2)": EOPNOTSUPP, "stat(2)": EACCES ENOMEM),
    ),
    (&["flistxattr"], faults!("listxattr(2)": EOPNOTSUPP)),
    (&["file_getattr"], faults!("stat(2)": EACCES ENOMEM, "getxattr(2)": EOPNOTSUPP)),
];
