//! Calls that take a name: they look it up, open it, make it, move it, remove it, execute it.

use super::super::call_class::Arg::{
    Address, Argv, Count, DirFd, Fd, Flags, Mode, Number, Opaque, OpenFlags, OpenHow, Path, Text,
};
use super::super::call_class::Arg::{Bytes, BytesOut};
use super::super::call_class::Effect::{Execute, Look, Name, Open, Write};
use super::super::names;
use super::{Row, always};

/// The calls, by what they do.
pub(super) const CALLS: &[Row] = &[
    // Opening. A handle is resolved on the mount of the descriptor, open_by_handle_at(2).
    always("open", Open, &[Path, OpenFlags, Mode]),
    always("openat", Open, &[DirFd, Path, OpenFlags, Mode]),
    always("openat2", Open, &[DirFd, Path, OpenHow, Number]),
    always("creat", Open, &[Path, Mode]),
    always("open_by_handle_at", Open, &[Fd, Opaque, OpenFlags]),
    // Looking. What was true of a name at a check may be another's doing at its use.
    always("stat", Look, &[Path, Opaque]),
    always("lstat", Look, &[Path, Opaque]),
    always("newfstatat", Look, &[DirFd, Path, Opaque, Flags(names::AT)]),
    // The same call under its older name, which some lists have for aarch64.
    always("fstatat", Look, &[DirFd, Path, Opaque, Flags(names::AT)]),
    always("statx", Look, &[DirFd, Path, Flags(names::AT), Flags(names::STATX), Opaque]),
    always("access", Look, &[Path, Flags(names::ACCESS)]),
    always("faccessat", Look, &[DirFd, Path, Flags(names::ACCESS)]),
    always("faccessat2", Look, &[DirFd, Path, Flags(names::ACCESS), Flags(names::AT_ACCESS)]),
    always("readlink", Look, &[Path, BytesOut { count: 2 }, Count]),
    always("readlinkat", Look, &[DirFd, Path, BytesOut { count: 3 }, Count]),
    always("chdir", Look, &[Path]),
    always("name_to_handle_at", Look, &[DirFd, Path, Opaque, Opaque, Flags(names::AT_HANDLE)]),
    // A socket in a shared directory may be anybody's, and secrets are told to it.
    always("connect", Look, &[Fd, Address, Number]),
    // Names. bind(2) makes one where the address is a path.
    always("rename", Name, &[Path, Path]),
    always("renameat", Name, &[DirFd, Path, DirFd, Path]),
    always("renameat2", Name, &[DirFd, Path, DirFd, Path, Flags(names::RENAME)]),
    always("link", Name, &[Path, Path]),
    always("linkat", Name, &[DirFd, Path, DirFd, Path, Flags(names::AT)]),
    always("symlink", Name, &[Text, Path]),
    always("symlinkat", Name, &[Text, DirFd, Path]),
    always("unlink", Name, &[Path]),
    always("unlinkat", Name, &[DirFd, Path, Flags(names::AT_REMOVE)]),
    always("mkdir", Name, &[Path, Mode]),
    always("mkdirat", Name, &[DirFd, Path, Mode]),
    always("rmdir", Name, &[Path]),
    always("mknod", Name, &[Path, Mode, Number]),
    always("mknodat", Name, &[DirFd, Path, Mode, Number]),
    always("bind", Name, &[Fd, Address, Number]),
    // A size that is changed by name.
    always("truncate", Write, &[Path, Bytes]),
    // Programs.
    always("execve", Execute, &[Path, Argv, Opaque]),
    always("execveat", Execute, &[DirFd, Path, Argv, Opaque, Flags(names::AT)]),
];
