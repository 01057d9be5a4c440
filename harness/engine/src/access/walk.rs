//! From a path to the files on the way, as `path_resolution(7)` has it.
//!
//! Nothing is looked at beyond a directory that the identity may not search: the harness, often the same user, could not either.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Component as Part, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, StatVfsMountFlags, StatxAttributes, StatxFlags, statvfs, statx};

use super::acl::Perms;
use super::component::Component;
use super::component::Location;
use super::xattr::{AclKind, read_acl};
use crate::error::{Context, Result};
use crate::principal::Identity;
use crate::tree::NodeKind;

/// Upper limit of symbolic links that the kernel follows for one path.
const LINKS_LIMIT: usize = 40;

/// Returns the node that a path leads to for an identity; `None` if something is missing, or a directory on the way may not be searched.
///
/// Directories above `root` are taken to be searchable. The last name is not followed if it is a symbolic link.
pub(super) fn walk(root: &Path, identity: &Identity, path: &Path) -> Result<Option<Location>> {
    let (mut way, mut parent) = (Vec::new(), None);
    let search = |at: &Path, dir: &Component| {
        let given = root != at && root.starts_with(at);
        if given {
            return true;
        }
        let searched = dir.grants(identity, Perms::SEARCH);
        if searched {
            way.push(dir.clone());
        }
        searched
    };
    let node = resolve(path, search, |dir, _, _| parent = Some(dir.clone()))?;
    Ok(node.map(|node| Location { way, parent, node }))
}

/// Returns the node that a path leads to; `None` if something is missing, or `search` does not let a directory be searched.
///
/// `search` is asked ahead of each lookup, `found` gets each that succeeded: the directory, the path, and what is there, or `None` for `..`.
pub(super) fn resolve(
    path: &Path,
    mut search: impl FnMut(&Path, &Component) -> bool,
    mut found: impl FnMut(&Component, &Path, Option<&Component>),
) -> Result<Option<Component>> {
    let unusable = |why| Err(io::Error::new(io::ErrorKind::InvalidInput, why)).on("predict", path);
    if !path.is_absolute() {
        return unusable("not an absolute path");
    }
    let mut names = Vec::new();
    push_names(&mut names, path);
    let mut at = PathBuf::from("/");
    let Some(mut here) = look(&at)? else { return Ok(None) };
    if names.is_empty() {
        return Ok(Some(here));
    }
    if names.first().is_some_and(|last| last == "..") {
        return unusable("ends in `..`, which names nothing that could be moved");
    }
    let mut links = 0;
    while let Some(name) = names.pop() {
        // Looking any name up, `..` too, takes search permission on the directory it is looked up in.
        if here.kind() != NodeKind::Dir || !search(&at, &here) {
            return Ok(None);
        }
        if name == ".." {
            found(&here, &at, None);
            at.pop();
            match look(&at)? {
                Some(above) => here = above,
                None => return Ok(None),
            }
            continue;
        }
        let next = at.join(&name);
        let Some(node) = look(&next)? else { return Ok(None) };
        found(&here, &next, Some(&node));
        if names.is_empty() {
            return Ok(Some(node));
        }
        if node.kind() != NodeKind::Symlink {
            (at, here) = (next, node);
            continue;
        }
        links += 1;
        if links > LINKS_LIMIT {
            return Ok(None);
        }
        let leads_to = fs::read_link(&next).on("read the link", &next)?;
        if leads_to.is_absolute() {
            at = PathBuf::from("/");
            match look(&at)? {
                Some(top) => here = top,
                None => return Ok(None),
            }
        }
        push_names(&mut names, &leads_to);
    }
    Ok(None)
}

/// Puts the names of a path before those that are still to be looked up; the next one is last.
fn push_names(names: &mut Vec<OsString>, path: &Path) {
    names.extend(path.components().rev().filter_map(|part| match part {
        Part::Normal(name) => Some(name.to_owned()),
        Part::ParentDir => Some("..".into()),
        Part::RootDir | Part::CurDir | Part::Prefix(_) => None,
    }));
}

/// Looks at one file without following it; `None` if it is not there.
fn look(path: &Path) -> Result<Option<Component>> {
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT;
    let stat = match statx(CWD, path, flags, StatxFlags::BASIC_STATS).map_err(io::Error::from) {
        Ok(stat) => stat,
        Err(error) if is_absence(&error) => return Ok(None),
        Err(error) => return Err(error).on("look, as the harness itself, at", path),
    };
    let mut component = Component {
        mode: stat.stx_mode.into(),
        uid: stat.stx_uid,
        gid: stat.stx_gid,
        acl: None,
        read_only: false,
        mount_point: stat.stx_attributes.contains(StatxAttributes::MOUNT_ROOT),
    };
    // A link has no ACL, and nobody writes to it.
    if component.kind() != NodeKind::Symlink {
        component.acl = read_acl(path, AclKind::Access)?;
        let mount = statvfs(path).on("look, as the harness itself, at the mount of", path)?;
        component.read_only = mount.f_flag.contains(StatVfsMountFlags::RDONLY);
    }
    Ok(Some(component))
}

fn is_absence(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::ENOENT | libc::ENOTDIR | libc::ENAMETOOLONG))
}
