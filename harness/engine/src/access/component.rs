//! One file or directory on the way, and what its ids, mode and ACL grant.

use super::acl::{Acl, Perms, Tag};
use super::result::Access;
use crate::principal::Identity;
use crate::tree::NodeKind;

/// Attributes of one file or directory that decide access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Type and permission bits, as in `inode(7)`.
    pub mode: u32,
    /// The owner.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// The access ACL, where there is one beside the mode.
    pub acl: Option<Acl>,
    /// On a mount that is read-only.
    pub read_only: bool,
    /// Whether it is a mount point.
    pub mount_point: bool,
}

impl Component {
    /// Returns the kind of the node.
    pub fn kind(&self) -> NodeKind {
        NodeKind::of_mode(self.mode)
    }

    /// Returns whether all of the wanted permissions are granted at once, `acl(5)`.
    ///
    /// One class decides, never several together: an owner whose digit says no is not asked again as a member of the group.
    /// Of the groups' entries one must grant all that is wanted; if entries match and none does, it is refused and not the others' to grant.
    ///
    /// Where the mask (the mode's group digit) is empty the kernel does not look at the ACL at all, and what `acl(5)` refuses to a named
    /// user is granted if others get it (`acl_permission_check` in `fs/namei.c`). So it is here.
    pub fn grants(&self, identity: &Identity, wanted: Perms) -> bool {
        if identity.uid == self.uid {
            return Perms::of_digit(self.mode >> 6).contains(wanted);
        }
        match &self.acl {
            Some(acl) if self.mode & 0o070 != 0 => self.acl_grants(acl, identity, wanted),
            _ => {
                let shift = if identity.in_group(self.gid) { 3 } else { 0 };
                Perms::of_digit(self.mode >> shift).contains(wanted)
            }
        }
    }

    /// Decides by the ACL, for whoever is not the owner.
    fn acl_grants(&self, acl: &Acl, identity: &Identity, wanted: Perms) -> bool {
        let unmasked = acl.mask().unwrap_or(Perms::all()).contains(wanted);
        let mut in_a_group = false;
        for entry in acl.entries() {
            let grants = entry.perms.contains(wanted);
            match entry.tag {
                Tag::User(uid) if uid == identity.uid => return grants && unmasked,
                Tag::GroupObj if identity.in_group(self.gid) => in_a_group = true,
                Tag::Group(gid) if identity.in_group(gid) => in_a_group = true,
                Tag::Other => return grants && !in_a_group,
                Tag::UserObj | Tag::User(_) | Tag::GroupObj | Tag::Group(_) | Tag::Mask => continue,
            }
            if grants {
                return unmasked;
            }
        }
        false
    }

    /// Returns whether the file can be opened for writing.
    pub fn is_writable(&self, identity: &Identity) -> bool {
        self.grants(identity, Perms::WRITE) && !self.read_only
    }

    /// Returns whether names can be made in the directory.
    pub fn takes_names(&self, identity: &Identity) -> bool {
        self.grants(identity, Perms::WRITE | Perms::SEARCH) && !self.read_only
    }

    /// Returns whether a name can be taken out of this directory or exchanged, `rename(2)`.
    ///
    /// The permissions of what is renamed do not matter: a directory that keeps its parent need not be written to.
    pub fn gives_up(&self, identity: &Identity, node: &Component) -> bool {
        let sticky = self.mode & libc::S_ISVTX != 0;
        self.takes_names(identity)
            && !node.mount_point
            && (!sticky || identity.uid == node.uid || identity.uid == self.uid)
    }
}

/// A file or directory, and the directories that lead to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Every directory that must be searched, in the order of the lookups.
    pub way: Vec<Component>,
    /// The directory that the last name is in; none for `/`.
    pub parent: Option<Component>,
    /// File or directory at the end of the path.
    pub node: Component,
}

impl Location {
    /// Returns the access of an identity without capabilities, by the pure rules: no file is looked at.
    pub fn access(&self, identity: &Identity) -> Access {
        if !self.way.iter().all(|dir| dir.grants(identity, Perms::SEARCH)) {
            return Access::empty();
        }
        let node = &self.node;
        let mut access = Access::SEE;
        match node.kind() {
            NodeKind::File => {
                access.set(Access::READ, node.grants(identity, Perms::READ));
                access.set(Access::WRITE, node.is_writable(identity));
            }
            NodeKind::Dir => {
                access.set(Access::LIST, node.grants(identity, Perms::READ));
                access.set(Access::CREATE, node.takes_names(identity));
            }
            // Nobody opens these to see, so neither does the model.
            NodeKind::Symlink | NodeKind::Other => {}
        }
        // A file of one's own can be made in every directory that a name can be taken out of, so the two go together.
        if self.parent.as_ref().is_some_and(|parent| parent.gives_up(identity, node)) {
            access |= Access::REMOVE | Access::REPLACE;
        }
        access
    }
}
