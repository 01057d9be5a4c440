//! The names of bits and values in arguments.
//!
//! A name of several bits stands before the names of each: the first that fits is printed. A name of no bits is printed where no other fits.

/// Named values of an argument.
pub(crate) type Names = &'static [(u64, &'static str)];

/// The bits of open(2) that say how a file is accessed.
pub(crate) const ACCESS_BITS: u64 = libc::O_ACCMODE as u64;
/// Names of each value of the access mode.
pub(crate) const ACCESS_MODE: Names = &[
    (libc::O_RDONLY as u64, "O_RDONLY"),
    (libc::O_WRONLY as u64, "O_WRONLY"),
    (libc::O_RDWR as u64, "O_RDWR"),
];
/// The other bits of open(2).
pub(crate) const OPEN: Names = &[
    (libc::O_CREAT as u64, "O_CREAT"),
    (libc::O_EXCL as u64, "O_EXCL"),
    (libc::O_NOCTTY as u64, "O_NOCTTY"),
    (libc::O_TRUNC as u64, "O_TRUNC"),
    (libc::O_APPEND as u64, "O_APPEND"),
    (libc::O_NONBLOCK as u64, "O_NONBLOCK"),
    (libc::O_SYNC as u64, "O_SYNC"),
    (libc::O_DSYNC as u64, "O_DSYNC"),
    (libc::O_ASYNC as u64, "O_ASYNC"),
    (libc::O_DIRECT as u64, "O_DIRECT"),
    (libc::O_TMPFILE as u64, "O_TMPFILE"),
    (libc::O_DIRECTORY as u64, "O_DIRECTORY"),
    (libc::O_NOFOLLOW as u64, "O_NOFOLLOW"),
    (libc::O_NOATIME as u64, "O_NOATIME"),
    (libc::O_CLOEXEC as u64, "O_CLOEXEC"),
    (libc::O_PATH as u64, "O_PATH"),
];
/// The kernel's O_LARGEFILE, which says nothing where offsets have 64 bits: it is not printed. The C library's constant is 0.
#[cfg(target_arch = "aarch64")]
pub(crate) const LARGE_FILE: u64 = 0o400_000;
/// The kernel's O_LARGEFILE, which says nothing where offsets have 64 bits: it is not printed. The C library's constant is 0.
#[cfg(not(target_arch = "aarch64"))]
pub(crate) const LARGE_FILE: u64 = 0o100_000;

/// Flags that say how far openat2(2) follows a path.
pub(crate) const RESOLVE: Names = &[
    (0x01, "RESOLVE_NO_XDEV"),
    (0x02, "RESOLVE_NO_MAGICLINKS"),
    (0x04, "RESOLVE_NO_SYMLINKS"),
    (0x08, "RESOLVE_BENEATH"),
    (0x10, "RESOLVE_IN_ROOT"),
    (0x20, "RESOLVE_CACHED"),
];

/// Flags that say how a call takes its path: statx(2), fchownat(2), utimensat(2) and others.
pub(crate) const AT: Names = &[
    (0x100, "AT_SYMLINK_NOFOLLOW"),
    (0x400, "AT_SYMLINK_FOLLOW"),
    (0x800, "AT_NO_AUTOMOUNT"),
    (0x1000, "AT_EMPTY_PATH"),
    (0x2000, "AT_STATX_FORCE_SYNC"),
    (0x4000, "AT_STATX_DONT_SYNC"),
];
/// The same bits for faccessat2(2), where one has another meaning.
pub(crate) const AT_ACCESS: Names =
    &[(0x100, "AT_SYMLINK_NOFOLLOW"), (0x200, "AT_EACCESS"), (0x1000, "AT_EMPTY_PATH")];
/// The same bits for unlinkat(2).
pub(crate) const AT_REMOVE: Names = &[(0x200, "AT_REMOVEDIR")];
/// The same bits for name_to_handle_at(2).
pub(crate) const AT_HANDLE: Names =
    &[(0x200, "AT_HANDLE_FID"), (0x400, "AT_SYMLINK_FOLLOW"), (0x1000, "AT_EMPTY_PATH")];

/// Access modes of access(2).
pub(crate) const ACCESS: Names = &[(4, "R_OK"), (2, "W_OK"), (1, "X_OK"), (0, "F_OK")];

/// Request mask of statx(2).
pub(crate) const STATX: Names = &[
    (0xfff, "STATX_ALL"),
    (0x7ff, "STATX_BASIC_STATS"),
    (0x001, "STATX_TYPE"),
    (0x002, "STATX_MODE"),
    (0x004, "STATX_NLINK"),
    (0x008, "STATX_UID"),
    (0x010, "STATX_GID"),
    (0x020, "STATX_ATIME"),
    (0x040, "STATX_MTIME"),
    (0x080, "STATX_CTIME"),
    (0x100, "STATX_INO"),
    (0x200, "STATX_SIZE"),
    (0x400, "STATX_BLOCKS"),
    (0x800, "STATX_BTIME"),
    (0x1000, "STATX_MNT_ID"),
];

/// renameat2(2).
pub(crate) const RENAME: Names =
    &[(1, "RENAME_NOREPLACE"), (2, "RENAME_EXCHANGE"), (4, "RENAME_WHITEOUT")];

/// setxattr(2).
pub(crate) const XATTR: Names = &[(1, "XATTR_CREATE"), (2, "XATTR_REPLACE")];

/// preadv2(2) and pwritev2(2).
pub(crate) const READ_WRITE: Names = &[
    (0x01, "RWF_HIPRI"),
    (0x02, "RWF_DSYNC"),
    (0x04, "RWF_SYNC"),
    (0x08, "RWF_NOWAIT"),
    (0x10, "RWF_APPEND"),
];

/// splice(2).
pub(crate) const SPLICE: Names =
    &[(1, "SPLICE_F_MOVE"), (2, "SPLICE_F_NONBLOCK"), (4, "SPLICE_F_MORE")];

/// fallocate(2).
pub(crate) const ALLOCATE: Names = &[
    (0x01, "FALLOC_FL_KEEP_SIZE"),
    (0x02, "FALLOC_FL_PUNCH_HOLE"),
    (0x08, "FALLOC_FL_COLLAPSE_RANGE"),
    (0x10, "FALLOC_FL_ZERO_RANGE"),
    (0x20, "FALLOC_FL_INSERT_RANGE"),
    (0x40, "FALLOC_FL_UNSHARE_RANGE"),
];

/// sync_file_range(2).
pub(crate) const SYNC_RANGE: Names = &[
    (1, "SYNC_FILE_RANGE_WAIT_BEFORE"),
    (2, "SYNC_FILE_RANGE_WRITE"),
    (4, "SYNC_FILE_RANGE_WAIT_AFTER"),
];

/// msync(2).
pub(crate) const MSYNC: Names = &[(1, "MS_ASYNC"), (2, "MS_INVALIDATE"), (4, "MS_SYNC")];

/// close_range(2).
pub(crate) const CLOSE_RANGE: Names = &[(2, "CLOSE_RANGE_UNSHARE"), (4, "CLOSE_RANGE_CLOEXEC")];
/// The last descriptor there can be, close_range(2).
pub(crate) const LAST_DESCRIPTOR: Names = &[(0xffff_ffff, "~0")];

/// Protection of a mapping, mmap(2).
pub(crate) const PROTECTION: Names =
    &[(1, "PROT_READ"), (2, "PROT_WRITE"), (4, "PROT_EXEC"), (0, "PROT_NONE")];
/// Flags of a mapping, mmap(2).
pub(crate) const MAPPING: Names = &[
    (0x03, "MAP_SHARED_VALIDATE"),
    (0x01, "MAP_SHARED"),
    (0x02, "MAP_PRIVATE"),
    (0x10, "MAP_FIXED"),
    (0x20, "MAP_ANONYMOUS"),
    (0x4000, "MAP_NORESERVE"),
    (0x8000, "MAP_POPULATE"),
    (0x8_0000, "MAP_SYNC"),
    (0x10_0000, "MAP_FIXED_NOREPLACE"),
];
/// The advice of madvise(2) that changes a file.
pub(crate) const ADVICE: Names = &[(9, "MADV_REMOVE")];

/// flock(2).
pub(crate) const LOCK: Names = &[(1, "LOCK_SH"), (2, "LOCK_EX"), (8, "LOCK_UN"), (4, "LOCK_NB")];

/// The commands of fcntl(2) that take and give back locks.
pub(crate) const FCNTL: Names = &[
    (6, "F_SETLK"),
    (7, "F_SETLKW"),
    (37, "F_OFD_SETLK"),
    (38, "F_OFD_SETLKW"),
    (1024, "F_SETLEASE"),
];

/// The requests of ioctl(2) that change a file, on every file system that has them.
pub(crate) const IOCTL: Names = &[
    (0x4004_9409, "FICLONE"),
    (0x4020_940d, "FICLONERANGE"),
    (0xc018_9436, "FIDEDUPERANGE"),
    (0x4008_6602, "FS_IOC_SETFLAGS"),
    (0x401c_5820, "FS_IOC_FSSETXATTR"),
    (0x4030_5828, "FS_IOC_RESVSP"),
    (0x4030_5829, "FS_IOC_UNRESVSP"),
    (0x4030_582a, "FS_IOC_RESVSP64"),
    (0x4030_582b, "FS_IOC_UNRESVSP64"),
    (0x4030_5839, "FS_IOC_ZERO_RANGE"),
];
