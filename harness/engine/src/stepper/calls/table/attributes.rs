//! Calls on modes, owners, times and attributes.

use super::super::call_class::Arg::{
    BytesIn, BytesOut, Count, DirFd, Fd, Flags, Id, Mode, Number, Opaque, Path, Text,
};
use super::super::call_class::Effect::{Attribute, Look};
use super::super::names;
use super::{Row, always};

/// The calls, by what they do.
pub(super) const CALLS: &[Row] = &[
    // Modes. The raw fchmodat(2) has no flags; fchmodat2(2) has.
    always("chmod", Attribute, &[Path, Mode]),
    always("fchmod", Attribute, &[Fd, Mode]),
    always("fchmodat", Attribute, &[DirFd, Path, Mode]),
    always("fchmodat2", Attribute, &[DirFd, Path, Mode, Flags(names::AT)]),
    // Owners.
    always("chown", Attribute, &[Path, Id, Id]),
    always("lchown", Attribute, &[Path, Id, Id]),
    always("fchown", Attribute, &[Fd, Id, Id]),
    always("fchownat", Attribute, &[DirFd, Path, Id, Id, Flags(names::AT)]),
    // Times.
    always("utime", Attribute, &[Path, Opaque]),
    always("utimes", Attribute, &[Path, Opaque]),
    always("futimesat", Attribute, &[DirFd, Path, Opaque]),
    always("utimensat", Attribute, &[DirFd, Path, Opaque, Flags(names::AT)]),
    always("utimensat_time64", Attribute, &[DirFd, Path, Opaque, Flags(names::AT)]),
    // Extended attributes, access lists among them.
    always("setxattr", Attribute, &[Path, Text, BytesIn { count: 3 }, Count, Flags(names::XATTR)]),
    always("lsetxattr", Attribute, &[Path, Text, BytesIn { count: 3 }, Count, Flags(names::XATTR)]),
    always("fsetxattr", Attribute, &[Fd, Text, BytesIn { count: 3 }, Count, Flags(names::XATTR)]),
    always("setxattrat", Attribute, &[DirFd, Path, Flags(names::AT), Text, Opaque, Number]),
    always("removexattr", Attribute, &[Path, Text]),
    always("lremovexattr", Attribute, &[Path, Text]),
    always("fremovexattr", Attribute, &[Fd, Text]),
    always("removexattrat", Attribute, &[DirFd, Path, Flags(names::AT), Text]),
    always("getxattr", Look, &[Path, Text, BytesOut { count: 3 }, Count]),
    always("lgetxattr", Look, &[Path, Text, BytesOut { count: 3 }, Count]),
    always("fgetxattr", Look, &[Fd, Text, BytesOut { count: 3 }, Count]),
    always("getxattrat", Look, &[DirFd, Path, Flags(names::AT), Text, Opaque, Number]),
    always("listxattr", Look, &[Path, BytesOut { count: 2 }, Count]),
    always("llistxattr", Look, &[Path, BytesOut { count: 2 }, Count]),
    always("flistxattr", Look, &[Fd, BytesOut { count: 2 }, Count]),
    always("listxattrat", Look, &[DirFd, Path, Flags(names::AT), BytesOut { count: 4 }, Count]),
    // The flags that chattr(1) sets.
    always("file_getattr", Look, &[DirFd, Path, Opaque, Number, Flags(names::AT)]),
    always("file_setattr", Attribute, &[DirFd, Path, Opaque, Number, Flags(names::AT)]),
];
