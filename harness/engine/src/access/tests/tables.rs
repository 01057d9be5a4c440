//! The rules over plain data, corner by corner.

use crate::access::Access;
use crate::access::Location;
use crate::access::acl::{Acl, Entry, Perms, Tag};
use crate::access::component::Component;
use crate::principal::Identity;

const OWNER: u32 = 10;
const GROUP: u32 = 20;
const ALICE: u32 = 11;
const DIR: u32 = libc::S_IFDIR;
const FILE: u32 = libc::S_IFREG;

fn who(uid: u32, groups: &[u32]) -> Identity {
    Identity { uid, gid: 99, groups: groups.to_vec() }
}

fn component(mode: u32) -> Component {
    Component { mode, uid: OWNER, gid: GROUP, acl: None, read_only: false, mount_point: false }
}

/// A file of mode 0604 whose mode was made by an ACL: owner, users and groups as given, mask, others.
fn with_acl(owning_group: u16, named: &[(Tag, u16)], mask: u16, other: u16) -> Component {
    let fixed =
        [(Tag::UserObj, 6), (Tag::GroupObj, owning_group), (Tag::Mask, mask), (Tag::Other, other)];
    let entries = fixed
        .iter()
        .chain(named)
        .map(|(tag, perms)| Entry { tag: *tag, perms: Perms::from_bits(*perms).unwrap() });
    let mode = FILE | 0o600 | u32::from(mask) << 3 | u32::from(other);
    Component { acl: Some(Acl::new(entries).unwrap()), ..component(mode) }
}

/// What is granted, as a digit; asked for one permission at a time.
fn digit(component: &Component, identity: &Identity) -> u16 {
    let each = [Perms::READ, Perms::WRITE, Perms::SEARCH];
    each.into_iter().filter(|perm| component.grants(identity, *perm)).fold(0, |d, p| d | p.bits())
}

#[test]
fn one_class_of_the_mode_decides() {
    let lax_for_others = component(FILE | 0o007);
    assert_eq!(digit(&lax_for_others, &who(OWNER, &[])), 0);
    assert_eq!(digit(&lax_for_others, &who(OWNER, &[GROUP])), 0);
    assert_eq!(digit(&lax_for_others, &who(ALICE, &[GROUP])), 0);
    assert_eq!(digit(&lax_for_others, &who(ALICE, &[])), 7);
    let lax_for_group = component(FILE | 0o070);
    assert_eq!(digit(&lax_for_group, &who(OWNER, &[GROUP])), 0);
    assert_eq!(digit(&lax_for_group, &who(ALICE, &[1, GROUP])), 7);
    let primary = Identity { uid: ALICE, gid: GROUP, groups: vec![] };
    assert_eq!(digit(&lax_for_group, &primary), 7);
    assert_eq!(digit(&lax_for_group, &who(ALICE, &[1])), 0);
    // Without capabilities uid 0 is nobody special.
    assert_eq!(digit(&lax_for_group, &who(0, &[])), 0);
}

#[test]
fn setuid_setgid_and_sticky_grant_nothing() {
    assert_eq!(digit(&component(FILE | 0o7000), &who(ALICE, &[GROUP])), 0);
    assert_eq!(digit(&component(FILE | 0o7000), &who(OWNER, &[])), 0);
}

#[test]
fn the_acl_of_the_owner_is_the_mode() {
    let file = with_acl(7, &[(Tag::User(OWNER), 0)], 7, 7);
    assert_eq!(digit(&file, &who(OWNER, &[GROUP])), 6);
}

#[test]
fn a_named_user_gets_what_the_mask_leaves_and_nothing_else() {
    let named = [(Tag::User(ALICE), 6)];
    assert_eq!(digit(&with_acl(7, &named, 7, 7), &who(ALICE, &[])), 6);
    assert_eq!(digit(&with_acl(7, &named, 5, 7), &who(ALICE, &[])), 4);
    assert_eq!(digit(&with_acl(7, &named, 1, 7), &who(ALICE, &[])), 0);
    // Being in the group, or among the others, adds nothing.
    assert_eq!(digit(&with_acl(7, &named, 7, 7), &who(ALICE, &[GROUP])), 6);
    assert_eq!(digit(&with_acl(7, &[(Tag::User(ALICE), 0)], 7, 7), &who(ALICE, &[GROUP])), 0);
    assert_eq!(digit(&with_acl(7, &named, 7, 1), &who(ALICE + 1, &[])), 1);
}

#[test]
fn of_a_user_named_twice_the_first_entry_counts() {
    let file = with_acl(0, &[(Tag::User(ALICE), 4), (Tag::User(ALICE), 7)], 7, 0);
    assert_eq!(digit(&file, &who(ALICE, &[])), 4);
}

#[test]
fn the_mask_limits_the_owning_group_too() {
    assert_eq!(digit(&with_acl(7, &[], 4, 0), &who(ALICE, &[GROUP])), 4);
    assert_eq!(digit(&with_acl(4, &[], 7, 0), &who(ALICE, &[GROUP])), 4);
}

#[test]
fn without_a_mask_there_is_no_limit() {
    // The kernel keeps no such ACL beside a mode; the rule is acl(5)'s.
    let file = Component { acl: Some(Acl::of_mode(0o640)), ..component(FILE | 0o640) };
    assert_eq!(digit(&file, &who(ALICE, &[GROUP])), 4);
    assert_eq!(digit(&file, &who(ALICE, &[])), 0);
}

#[test]
fn the_mask_does_not_limit_others() {
    assert_eq!(digit(&with_acl(7, &[(Tag::Group(30), 7)], 1, 6), &who(ALICE, &[])), 6);
}

#[test]
fn any_group_entry_may_grant() {
    let file = with_acl(0, &[(Tag::Group(30), 4), (Tag::Group(31), 2)], 7, 0);
    assert_eq!(digit(&file, &who(ALICE, &[30])), 4);
    assert_eq!(digit(&file, &who(ALICE, &[31])), 2);
    assert_eq!(digit(&file, &who(ALICE, &[GROUP, 31, 30])), 6);
}

#[test]
fn one_group_entry_must_grant_all_that_is_wanted_at_once() {
    let file = with_acl(0, &[(Tag::Group(30), 4), (Tag::Group(31), 2)], 7, 0);
    let both = who(ALICE, &[30, 31]);
    assert!(!file.grants(&both, Perms::READ | Perms::WRITE));
    let file = with_acl(6, &[(Tag::Group(30), 4)], 7, 0);
    assert!(file.grants(&who(ALICE, &[GROUP, 30]), Perms::READ | Perms::WRITE));
}

#[test]
fn a_group_that_matches_and_does_not_grant_is_not_asked_again_as_others() {
    let file = with_acl(0, &[(Tag::Group(30), 1)], 7, 6);
    assert_eq!(digit(&file, &who(ALICE, &[30])), 1);
    assert_eq!(digit(&file, &who(ALICE, &[GROUP])), 0);
    assert_eq!(digit(&file, &who(ALICE, &[31])), 6);
}

#[test]
fn an_empty_mask_makes_the_kernel_forget_the_acl() {
    // acl(5) refuses both; the kernel asks the mode, in which they are others.
    let named = [(Tag::User(ALICE), 0), (Tag::Group(30), 0)];
    let file = with_acl(7, &named, 0, 4);
    assert_eq!(digit(&file, &who(ALICE, &[])), 4);
    assert_eq!(digit(&file, &who(ALICE + 1, &[30])), 4);
    // Members of the owning group have the group's digit, which is the mask.
    assert_eq!(digit(&file, &who(ALICE, &[GROUP])), 0);
}

fn place(dirs: &[u32], mode: u32) -> Location {
    let way: Vec<_> = dirs.iter().map(|mode| component(DIR | mode)).collect();
    Location { parent: way.last().cloned(), way, node: component(mode) }
}

const MOVE: Access = Access::REMOVE.union(Access::REPLACE);

#[test]
fn every_directory_on_the_way_must_be_searched() {
    let other = who(ALICE, &[]);
    assert_eq!(place(&[0o755, 0o711], FILE | 0o604).access(&other), Access::SEE | Access::READ);
    assert_eq!(place(&[0o700, 0o777], FILE | 0o666).access(&other), Access::empty());
    assert_eq!(place(&[0o777, 0o776], FILE | 0o666).access(&other), Access::empty());
    // To read names takes no search permission, and to search takes none to read.
    let listed = place(&[0o711], DIR | 0o704).access(&other);
    assert_eq!(listed, Access::SEE | Access::LIST);
}

#[test]
fn a_directory_takes_names_from_who_may_write_and_search() {
    let other = who(ALICE, &[]);
    let created = |mode| place(&[0o755], DIR | mode).access(&other).contains(Access::CREATE);
    assert!(created(0o703));
    assert!(!created(0o702));
    assert!(!created(0o705));
    // Each by another group's entry is not both.
    let acl = [(Tag::Group(30), 2), (Tag::Group(31), 1)];
    let node = Component { mode: DIR | 0o670, ..with_acl(0, &acl, 7, 0) };
    let split = Location { node, ..place(&[0o755], DIR) };
    assert!(!split.access(&who(ALICE, &[30, 31])).contains(Access::CREATE));
}

#[test]
fn who_may_write_the_parent_moves_what_is_in_it() {
    let other = who(ALICE, &[]);
    for mode in [FILE, DIR, libc::S_IFLNK | 0o777, libc::S_IFIFO, libc::S_IFSOCK] {
        assert_eq!(place(&[0o703], mode).access(&other), Access::SEE | MOVE);
        assert_eq!(place(&[0o702], mode).access(&other), Access::empty());
        assert_eq!(place(&[0o701], mode).access(&other), Access::SEE);
    }
}

#[test]
fn in_a_sticky_directory_only_owners_move() {
    let sticky = place(&[0o1777], FILE | 0o600);
    assert_eq!(sticky.access(&who(ALICE, &[])), Access::SEE);
    assert_eq!(sticky.access(&who(OWNER, &[])), Access::SEE | Access::READ | Access::WRITE | MOVE);
    let of_alice = |mut place: Location, parent: bool| {
        let component = if parent { place.parent.as_mut().unwrap() } else { &mut place.node };
        component.uid = ALICE;
        place
    };
    let own_file = of_alice(sticky.clone(), false);
    assert!(own_file.access(&who(ALICE, &[])).contains(MOVE));
    let own_dir = of_alice(sticky.clone(), true);
    assert!(own_dir.access(&who(ALICE, &[])).contains(MOVE));
    // Owning what is in it does not replace permission to write to it.
    let closed = of_alice(place(&[0o1755], FILE | 0o600), false);
    assert!(!closed.access(&who(ALICE, &[])).intersects(MOVE));
}

#[test]
fn mounts_hold_what_is_on_them() {
    let lax = place(&[0o777], FILE | 0o666);
    let with = |change: fn(&mut Component, &mut Component)| {
        let mut place = lax.clone();
        change(place.parent.as_mut().unwrap(), &mut place.node);
        place.access(&who(ALICE, &[]))
    };
    let all = Access::SEE | Access::READ | Access::WRITE | MOVE;
    assert_eq!(with(|_, _| ()), all);
    assert_eq!(with(|_, node| node.mount_point = true), all - MOVE);
    assert_eq!(with(|parent, _| parent.mount_point = true), all);
    assert_eq!(with(|_, node| node.read_only = true), all - Access::WRITE);
    assert_eq!(with(|parent, _| parent.read_only = true), all - MOVE);
    let mut dir = place(&[0o777], DIR | 0o777);
    dir.node.read_only = true;
    assert!(!dir.access(&who(ALICE, &[])).contains(Access::CREATE));
}

#[test]
fn the_root_directory_has_no_parent() {
    let top = Location { way: vec![], parent: None, node: component(DIR | 0o777) };
    assert_eq!(top.access(&who(ALICE, &[])), Access::SEE | Access::LIST | Access::CREATE);
}
