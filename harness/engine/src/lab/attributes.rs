//! Extended attributes: part of what a sandbox holds.

use std::ffi::{CString, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use rustix::fs::{XattrFlags, lgetxattr, llistxattr, lsetxattr};

/// The largest list of names and the largest value Linux keeps, xattr(7), in bytes.
const LIMIT: usize = 64 << 10;

/// Every attribute of a path; none where the file system keeps none.
pub(super) fn attributes(path: &Path) -> Vec<(OsString, Vec<u8>)> {
    // Most files have none: the first call says so without a buffer.
    let mut nothing = [0_u8; 0];
    if !matches!(llistxattr(path, &mut nothing), Ok(1..)) {
        return Vec::new();
    }
    let mut names = vec![0_u8; LIMIT];
    let Ok(length) = llistxattr(path, &mut names) else { return Vec::new() };
    names[..length]
        .split(|byte| *byte == 0)
        .filter(|name| !name.is_empty())
        .filter_map(|name| {
            let mut value = vec![0_u8; LIMIT];
            let length = lgetxattr(path, CString::new(name).ok()?, &mut value).ok()?;
            value.truncate(length);
            Some((OsString::from_vec(name.to_vec()), value))
        })
        .collect()
}

/// Sets an attribute.
pub(super) fn set_attribute(path: &Path, name: &OsString, value: &[u8]) -> std::io::Result<()> {
    Ok(lsetxattr(path, name, value, XattrFlags::empty())?)
}
