//! Calls on descriptors: contents, sizes, durability, locks, closing; and mappings of contents.
//!
//! Raw calls: preadv(2) and its like have the position in two arguments, of which the kernel needs the first where registers have 64 bits.

use super::super::call_class::Arg::{
    Bytes, BytesIn, BytesOut, Choice, Count, Fd, Flags, Number, Opaque, VectorIn, VectorOut,
};
use super::super::call_class::Effect::{Close, Lock, Map, Read, Sync, Write};
use super::super::call_class::When;
use super::super::names;
use super::{Row, always, only};

/// madvise(2): the advice that punches a hole in the file below a mapping.
const REMOVE: u32 = libc::MADV_REMOVE as u32;

/// A writable mapping that others see: the only one whose changes reach the file.
const SHARED_WRITABLE: When =
    When::Bits(&[(2, libc::PROT_WRITE as u32), (3, libc::MAP_SHARED as u32)]);

/// The commands of fcntl(2) that take and give back locks; the others are about the descriptor.
const LOCKING: When = When::OneOf(1, &[6, 7, 37, 38, 1024]);

/// The requests of ioctl(2) that share, punch, allocate or flag what is in a file.
///
/// `FS_IOC_RESVSP` and its like came with XFS, but the kernel does them for every regular file as fallocate(2). Requests that only file
/// systems know of which no sandbox is made are left out.
const CHANGING: When = When::OneOf(
    1,
    &[
        0x4004_9409,
        0x4020_940d,
        0xc018_9436,
        0x4008_6602,
        0x401c_5820,
        0x4030_5828,
        0x4030_5829,
        0x4030_582a,
        0x4030_582b,
        0x4030_5839,
    ],
);

/// The calls, by what they do.
pub(super) const CALLS: &[Row] = &[
    // Reading.
    always("read", Read, &[Fd, BytesOut { count: 2 }, Count]),
    always("pread64", Read, &[Fd, BytesOut { count: 2 }, Count, Bytes]),
    always("readv", Read, &[Fd, VectorOut { count: 2 }, Count]),
    always("preadv", Read, &[Fd, VectorOut { count: 2 }, Count, Bytes, Opaque]),
    always(
        "preadv2",
        Read,
        &[Fd, VectorOut { count: 2 }, Count, Bytes, Opaque, Flags(names::READ_WRITE)],
    ),
    always("getdents", Read, &[Fd, BytesOut { count: 2 }, Count]),
    always("getdents64", Read, &[Fd, BytesOut { count: 2 }, Count]),
    // Writing.
    always("write", Write, &[Fd, BytesIn { count: 2 }, Count]),
    always("pwrite64", Write, &[Fd, BytesIn { count: 2 }, Count, Bytes]),
    always("writev", Write, &[Fd, VectorIn { count: 2 }, Count]),
    always("pwritev", Write, &[Fd, VectorIn { count: 2 }, Count, Bytes, Opaque]),
    always(
        "pwritev2",
        Write,
        &[Fd, VectorIn { count: 2 }, Count, Bytes, Opaque, Flags(names::READ_WRITE)],
    ),
    // From one descriptor to another. The one that is written comes first in sendfile(2), and second in the others.
    always("sendfile", Write, &[Fd, Fd, Opaque, Bytes]),
    always("copy_file_range", Write, &[Fd, Opaque, Fd, Opaque, Bytes, Flags(&[])]),
    always("splice", Write, &[Fd, Opaque, Fd, Opaque, Bytes, Flags(names::SPLICE)]),
    // Sizes.
    always("ftruncate", Write, &[Fd, Bytes]),
    always("fallocate", Write, &[Fd, Flags(names::ALLOCATE), Bytes, Bytes]),
    only("ioctl", Write, CHANGING, &[Fd, Choice(names::IOCTL), Opaque]),
    // Holes, by way of a mapping.
    only("madvise", Write, When::OneOf(2, &[REMOVE]), &[Opaque, Bytes, Choice(names::ADVICE)]),
    only(
        "process_madvise",
        Write,
        When::OneOf(3, &[REMOVE]),
        &[Number, Opaque, Number, Choice(names::ADVICE), Flags(&[])],
    ),
    // Mappings: what is written through one is shown by no call.
    only(
        "mmap",
        Map,
        SHARED_WRITABLE,
        &[Opaque, Bytes, Flags(names::PROTECTION), Flags(names::MAPPING), Fd, Bytes],
    ),
    // Durability.
    always("fsync", Sync, &[Fd]),
    always("fdatasync", Sync, &[Fd]),
    always("sync_file_range", Sync, &[Fd, Bytes, Bytes, Flags(names::SYNC_RANGE)]),
    always("sync", Sync, &[]),
    always("syncfs", Sync, &[Fd]),
    always("msync", Sync, &[Opaque, Bytes, Flags(names::MSYNC)]),
    // Locks.
    always("flock", Lock, &[Fd, Flags(names::LOCK)]),
    only("fcntl", Lock, LOCKING, &[Fd, Choice(names::FCNTL), Opaque]),
    // Closing. With CLOSE_RANGE_CLOEXEC nothing is closed yet.
    always("close", Close, &[Fd]),
    always(
        "close_range",
        Close,
        &[Number, Choice(names::LAST_DESCRIPTOR), Flags(names::CLOSE_RANGE)],
    ),
];
