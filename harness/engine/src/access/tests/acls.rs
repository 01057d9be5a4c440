//! The form of ACLs, and ACLs of real files.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use proptest::prelude::*;

use super::trees::{Scratch, any_acl};
use crate::access::acl::{Acl, AclError, Entry, Perms, Tag};
use crate::access::xattr::{AclKind, read_acl, remove_acl, write_acl};

fn entry(tag: Tag, perms: u16) -> Entry {
    Entry { tag, perms: Perms::from_bits(perms).unwrap() }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(acl in any_acl()) {
        prop_assert_eq!(Acl::from_bytes(&acl.to_bytes()), Ok(acl));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(acl) = Acl::from_bytes(&bytes) {
            prop_assert_eq!(Acl::from_bytes(&acl.to_bytes()), Ok(acl));
        }
    }

    #[test]
    fn a_changed_byte_is_read_or_refused(acl in any_acl(), at in any::<prop::sample::Index>(), to: u8) {
        let mut bytes = acl.to_bytes();
        let at = at.index(bytes.len());
        bytes[at] = to;
        if let Ok(acl) = Acl::from_bytes(&bytes) {
            prop_assert_eq!(Acl::from_bytes(&acl.to_bytes()), Ok(acl));
        }
    }
}

#[test]
fn the_form_is_the_kernels() {
    // What `setfacl -m u:1001:r f` makes of a 0640 file, by `getfattr -e hex`.
    let bytes = [
        [0x02, 0, 0, 0].as_slice(),
        &[0x01, 0, 6, 0, 0xff, 0xff, 0xff, 0xff],
        &[0x02, 0, 4, 0, 0xe9, 0x03, 0, 0],
        &[0x04, 0, 4, 0, 0xff, 0xff, 0xff, 0xff],
        &[0x10, 0, 4, 0, 0xff, 0xff, 0xff, 0xff],
        &[0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],
    ]
    .concat();
    let acl = Acl::new([
        entry(Tag::Other, 0),
        entry(Tag::Mask, 4),
        entry(Tag::User(1001), 4),
        entry(Tag::GroupObj, 4),
        entry(Tag::UserObj, 6),
    ]);
    assert_eq!(acl.clone().unwrap().to_bytes(), bytes);
    assert_eq!(Acl::from_bytes(&bytes), acl);
}

#[test]
fn what_is_malformed_is_refused() {
    let good = Acl::of_mode(0o640).to_bytes();
    assert_eq!(Acl::from_bytes(&good).unwrap(), Acl::of_mode(0o640));
    assert_eq!(Acl::from_bytes(&[]), Err(AclError::Length(0)));
    assert_eq!(Acl::from_bytes(&good[..3]), Err(AclError::Length(3)));
    assert_eq!(Acl::from_bytes(&good[..27]), Err(AclError::Length(27)));
    assert_eq!(Acl::from_bytes(&good[..4]), Err(AclError::Entries));
    assert_eq!(Acl::from_bytes(&good[..20]), Err(AclError::Entries));
    let changed = |at: usize, to: u8| {
        let mut bytes = good.clone();
        bytes[at] = to;
        Acl::from_bytes(&bytes)
    };
    assert_eq!(changed(0, 1), Err(AclError::Version(1)));
    assert_eq!(changed(4, 3), Err(AclError::Tag(3)));
    assert_eq!(changed(6, 8), Err(AclError::Perms(8)));
    assert_eq!(changed(4, 4), Err(AclError::Entries));
    assert_eq!(changed(12, 2), Err(AclError::Entries));
}

#[test]
fn a_name_needs_a_mask() {
    let mode = Acl::of_mode(0o640);
    let with = |more: &[Entry]| Acl::new(mode.entries().iter().chain(more).copied());
    assert_eq!(with(&[entry(Tag::User(1), 4)]), Err(AclError::NoMask));
    assert_eq!(with(&[entry(Tag::Group(1), 4)]), Err(AclError::NoMask));
    assert!(with(&[entry(Tag::Group(1), 4), entry(Tag::Mask, 4)]).is_ok());
    assert!(with(&[entry(Tag::Mask, 4)]).is_ok());
    assert_eq!(with(&[entry(Tag::Mask, 4), entry(Tag::Mask, 4)]), Err(AclError::Entries));
    assert_eq!(with(&[entry(Tag::UserObj, 4)]), Err(AclError::Entries));
    assert_eq!(Acl::new([]), Err(AclError::Entries));
}

#[test]
fn files_keep_them() {
    let scratch = Scratch::new("acls");
    let (file, dir) = (scratch.path().join("file"), scratch.path().join("dir"));
    fs::write(&file, b"").unwrap();
    fs::create_dir(&dir).unwrap();
    for path in [&file, &dir] {
        assert_eq!(read_acl(path, AclKind::Access).unwrap(), None);
        assert_eq!(read_acl(path, AclKind::Default).unwrap(), None);
        remove_acl(path, AclKind::Access).unwrap();
    }
    let uid = nix::unistd::geteuid().as_raw();
    let named = [entry(Tag::User(uid), 7), entry(Tag::Mask, 5)];
    let acl = Acl::new(Acl::of_mode(0o741).entries().iter().copied().chain(named)).unwrap();

    write_acl(&file, AclKind::Access, &acl).unwrap();
    assert_eq!(read_acl(&file, AclKind::Access).unwrap(), Some(acl.clone()));
    // The group's digit of the mode is the mask.
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o751);
    write_acl(&file, AclKind::Default, &acl).unwrap_err();
    remove_acl(&file, AclKind::Access).unwrap();
    assert_eq!(read_acl(&file, AclKind::Access).unwrap(), None);

    // What a default ACL is for: the umask no longer counts.
    write_acl(&dir, AclKind::Default, &acl).unwrap();
    assert_eq!(read_acl(&dir, AclKind::Default).unwrap(), Some(acl.clone()));
    let inherits = dir.join("inherits");
    fs::write(&inherits, b"").unwrap();
    assert!(read_acl(&inherits, AclKind::Access).unwrap().is_some());
    assert_eq!(fs::metadata(&inherits).unwrap().permissions().mode() & 0o777, 0o640);

    let link = scratch.path().join("link");
    symlink(&inherits, &link).unwrap();
    assert_eq!(read_acl(&link, AclKind::Access).unwrap(), None);
    read_acl(&scratch.path().join("absent"), AclKind::Access).unwrap_err();
}
