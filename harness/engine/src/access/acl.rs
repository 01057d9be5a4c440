//! POSIX access control lists, and their form in an extended attribute.
//!
//! The form is the kernel's (`uapi/linux/posix_acl_xattr.h`): a little-endian version, then for each entry tag, permissions and id.
//! What is accepted is what the kernel accepts: the entries of `acl(5)` in their order, and a mask where users or groups are named.

use thiserror::Error;

bitflags::bitflags! {
    /// Permissions of an entry: one octal digit of a mode.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub struct Perms: u16 {
        /// Execute a file; search a directory, which is to look names up in it.
        const SEARCH = 1;
        /// Write a file; make, rename and remove names in a directory.
        const WRITE = 1 << 1;
        /// Read a file; list a directory.
        const READ = 1 << 2;
    }
}

impl Perms {
    /// Returns the last digit of a mode.
    pub(super) fn of_digit(mode: u32) -> Perms {
        // Three bits fit.
        Perms::from_bits_truncate((mode & 0o7) as u16)
    }
}

/// Whom an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tag {
    /// The file's owner.
    UserObj,
    /// A named user.
    User(u32),
    /// The file's group.
    GroupObj,
    /// A named group.
    Group(u32),
    /// The most that named users and all groups get.
    Mask,
    /// Everybody else.
    Other,
}

/// The id that entries without one carry.
const NO_ID: u32 = u32::MAX;

impl Tag {
    /// Returns the kernel's number for it, and the id.
    fn to_numbers(self) -> (u16, u32) {
        match self {
            Tag::UserObj => (0x01, NO_ID),
            Tag::User(uid) => (0x02, uid),
            Tag::GroupObj => (0x04, NO_ID),
            Tag::Group(gid) => (0x08, gid),
            Tag::Mask => (0x10, NO_ID),
            Tag::Other => (0x20, NO_ID),
        }
    }

    /// Returns the tag for the kernel's number; the id is ignored where the tag names nobody.
    fn from_numbers(tag: u16, id: u32) -> Option<Tag> {
        Some(match tag {
            0x01 => Tag::UserObj,
            0x02 => Tag::User(id),
            0x04 => Tag::GroupObj,
            0x08 => Tag::Group(id),
            0x10 => Tag::Mask,
            0x20 => Tag::Other,
            _ => return None,
        })
    }
}

/// One line of an ACL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// Whom it is about.
    pub tag: Tag,
    /// Permissions that the entry grants.
    pub perms: Perms,
}

/// Reason why bytes are not an ACL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AclError {
    /// Not a header and a number of entries.
    #[error("{0} bytes are no header with whole entries")]
    Length(usize),
    /// Not version 2.
    #[error("version {0} of the format is not known, only 2")]
    Version(u32),
    /// Not a tag of `acl(5)`.
    #[error("an entry has the unknown tag {0:#x}")]
    Tag(u16),
    /// More than read, write and execute.
    #[error("an entry has the unknown permissions {0:#x}")]
    Perms(u16),
    /// An entry that must be there is not, is there twice, or is in another place.
    #[error("the entries are not owner, users, group, groups, mask, other")]
    Entries,
    /// Users or groups are named, and no mask limits them.
    #[error("users or groups are named without a mask")]
    NoMask,
}

/// A valid access control list, its entries in the kernel's order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Acl {
    entries: Vec<Entry>,
}

const VERSION: u32 = 2;
const HEADER: usize = 4;
const ENTRY: usize = 8;

impl Acl {
    /// Returns an ACL of entries in any order.
    ///
    /// # Errors
    /// When the owner's, the group's or the others' entry is missing or there twice, or a needed mask is missing.
    pub fn new(entries: impl IntoIterator<Item = Entry>) -> Result<Acl, AclError> {
        let mut entries: Vec<Entry> = entries.into_iter().collect();
        // Stable: the kernel lets an id be named twice, and the first of a user's entries counts.
        entries.sort_by_key(|entry| entry.tag.to_numbers().0);
        Acl::in_order(entries)
    }

    /// Returns the ACL that says what a mode says. As a default ACL it makes every new file as open as the mode, whatever the umask.
    pub fn of_mode(mode: u32) -> Acl {
        let entry = |tag, shift| Entry { tag, perms: Perms::of_digit(mode >> shift) };
        Acl { entries: vec![entry(Tag::UserObj, 6), entry(Tag::GroupObj, 3), entry(Tag::Other, 0)] }
    }

    /// Returns the entries, in the kernel's order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the upper limit of what named users and all groups get.
    pub fn mask(&self) -> Option<Perms> {
        self.entries.iter().find(|entry| entry.tag == Tag::Mask).map(|entry| entry.perms)
    }

    /// Checks entries as the kernel's `posix_acl_valid` does.
    fn in_order(entries: Vec<Entry>) -> Result<Acl, AclError> {
        let number = |entry: &Entry| entry.tag.to_numbers().0;
        if !entries.is_sorted_by_key(number) {
            return Err(AclError::Entries);
        }
        let count = |tag: Tag| entries.iter().filter(|entry| entry.tag == tag).count();
        let once = [Tag::UserObj, Tag::GroupObj, Tag::Other].map(count) == [1; 3];
        if !once || count(Tag::Mask) > 1 {
            return Err(AclError::Entries);
        }
        let named = entries.iter().any(|entry| matches!(entry.tag, Tag::User(_) | Tag::Group(_)));
        if named && count(Tag::Mask) == 0 {
            return Err(AclError::NoMask);
        }
        Ok(Acl { entries })
    }

    /// Returns the value of the extended attribute.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = VERSION.to_le_bytes().to_vec();
        for entry in &self.entries {
            let (tag, id) = entry.tag.to_numbers();
            bytes.extend(tag.to_le_bytes());
            bytes.extend(entry.perms.bits().to_le_bytes());
            bytes.extend(id.to_le_bytes());
        }
        bytes
    }

    /// Reads the value of the extended attribute.
    ///
    /// # Errors
    /// When it is not of the kernel's form; the kernel never returns such a value.
    pub fn from_bytes(bytes: &[u8]) -> Result<Acl, AclError> {
        let length = AclError::Length(bytes.len());
        let (header, rest) = bytes.split_first_chunk::<HEADER>().ok_or(length)?;
        let version = u32::from_le_bytes(*header);
        if version != VERSION {
            return Err(AclError::Version(version));
        }
        if rest.len() % ENTRY != 0 {
            return Err(length);
        }
        let entries = rest.chunks_exact(ENTRY).map(|chunk| {
            let tag = u16::from_le_bytes([chunk[0], chunk[1]]);
            let perms = u16::from_le_bytes([chunk[2], chunk[3]]);
            let id = u32::from_le_bytes([chunk[4], chunk[5], chunk[6], chunk[7]]);
            Ok(Entry {
                tag: Tag::from_numbers(tag, id).ok_or(AclError::Tag(tag))?,
                perms: Perms::from_bits(perms).ok_or(AclError::Perms(perms))?,
            })
        });
        Acl::in_order(entries.collect::<Result<_, _>>()?)
    }
}
