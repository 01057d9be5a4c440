//! ACLs of files: the extended attributes they are in.

use std::io;
use std::path::Path;

use rustix::fs::{XattrFlags, lgetxattr, lremovexattr, lsetxattr};
use rustix::io::Errno;

use super::acl::Acl;
use crate::error::{Context, Result};

/// One of a file's two ACLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AclKind {
    /// Says who may use the file.
    Access,
    /// A directory's: what new files in it begin with, instead of the umask.
    Default,
}

impl AclKind {
    /// Returns the name of the extended attribute.
    pub fn attribute(self) -> &'static str {
        match self {
            AclKind::Access => "system.posix_acl_access",
            AclKind::Default => "system.posix_acl_default",
        }
    }
}

/// The longest value that an extended attribute can have, `xattr(7)`.
const VALUE_LIMIT: usize = 64 << 10;

/// Reads an ACL of a file; `None` if it has none beside its mode, or its file system keeps none. Symbolic links are not followed.
///
/// # Errors
/// When the file cannot be looked at, or the value is malformed.
pub fn read_acl(path: &Path, kind: AclKind) -> Result<Option<Acl>> {
    let mut value: Vec<u8> = Vec::with_capacity(VALUE_LIMIT);
    match lgetxattr(path, kind.attribute(), rustix::buffer::spare_capacity(&mut value)) {
        Ok(_) => Acl::from_bytes(&value)
            .map(Some)
            .map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))
            .on("understand the ACL of", path),
        Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(None),
        Err(errno) => Err(errno).on("read the ACL of", path),
    }
}

/// Gives a file an ACL. An access ACL also sets the mode: its group digit is the mask then.
///
/// # Errors
/// When the kernel refuses: not the owner, no such file, no ACLs on the file system, an id that has no meaning here.
pub fn write_acl(path: &Path, kind: AclKind, acl: &Acl) -> Result<()> {
    lsetxattr(path, kind.attribute(), &acl.to_bytes(), XattrFlags::empty())
        .on("set the ACL of", path)
}

/// Takes an ACL away; the mode stays. It is no error if there was none.
///
/// # Errors
/// When the kernel refuses.
pub fn remove_acl(path: &Path, kind: AclKind) -> Result<()> {
    match lremovexattr(path, kind.attribute()) {
        Err(Errno::NODATA) => Ok(()),
        other => other.on("take the ACL from", path),
    }
}
