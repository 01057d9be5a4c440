//! Small random trees with random owners, modes and ACLs.

use std::fs;
use std::os::unix::fs::{PermissionsExt, lchown, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sys::stat::Mode;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};

use crate::access::Target;
use crate::access::acl::{Acl, Entry, Perms, Tag};
use crate::access::xattr::{AclKind, write_acl};
use crate::canary::Mint;
use crate::principal::Identity;
use crate::tree::NodeKind;

/// The ids that trees and identities are made of; both kinds have some that the other has not.
pub(super) const UIDS: [u32; 4] = [0, 5001, 5002, 5003];
pub(super) const GIDS: [u32; 5] = [0, 6001, 6002, 6003, 6004];
/// Whose canaries the files hold.
pub(super) const MINT: u64 = 7;

/// A directory of a test's own that goes with it.
pub(super) struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// On tmpfs where there is one, since that is where sandboxes are.
    pub(super) fn new(name: &str) -> Scratch {
        let shm = PathBuf::from("/dev/shm");
        let parent = if shm.is_dir() { shm } else { std::env::temp_dir() };
        Scratch::below(&parent.join(format!("interloper-{name}")))
    }

    /// One more, with a number of its own behind the path.
    pub(super) fn below(path: &Path) -> Scratch {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = PathBuf::from(format!("{}-{}-{number}", path.display(), std::process::id()));
        fs::create_dir(&path).unwrap();
        set_mode(&path, 0o755);
        Scratch { path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        open_up(&self.path);
        // Left over at the worst, in a directory for what may be left over.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// An ordinary user cannot remove what is in a directory of its own without permissions.
fn open_up(dir: &Path) {
    let _ = fs::set_permissions(dir, fs::Permissions::from_mode(0o700));
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&entry.path());
        }
    }
}

pub(super) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A file or directory to make.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    shape: Shape,
    looks: Looks,
}

#[derive(Clone, Debug)]
enum Shape {
    File { secret: Option<u16> },
    Dir { children: Vec<Spec>, inherited: Option<Acl> },
    Link(Leads),
    Fifo,
    Socket,
}

/// Where a symbolic link leads.
#[derive(Clone, Debug)]
enum Leads {
    Up,
    Here,
    Beside(usize),
    Absolute,
    Nowhere,
}

#[derive(Clone, Debug)]
struct Looks {
    uid: Index,
    gid: Index,
    mode: u32,
    acl: Option<Acl>,
    /// A mode set after the ACL changes its mask.
    mode_after: Option<u32>,
}

fn any_mode() -> impl Strategy<Value = u32> {
    let usual = vec![
        0o755, 0o750, 0o711, 0o700, 0o777, 0o1777, 0o775, 0o2775, 0o770, 0o1770, 0o710, 0o705,
        0o644, 0o640, 0o600, 0o666, 0o660, 0o604, 0o000, 0o005, 0o3777,
    ];
    prop_oneof![
        4 => select(usual),
        4 => (0_u32..0o10000).prop_map(|mode| mode | 0o111),
        3 => 0_u32..0o10000,
    ]
}

/// A valid ACL. Ids may be named twice, as the kernel allows.
pub(super) fn any_acl() -> impl Strategy<Value = Acl> {
    let perms = || (0_u16..8).prop_map(Perms::from_bits_truncate);
    let named =
        prop_oneof![select(&UIDS[..]).prop_map(Tag::User), select(&GIDS[..]).prop_map(Tag::Group)];
    let named = prop::collection::vec((named, perms()), 0..4);
    (perms(), perms(), perms(), prop::option::weighted(0.9, perms()), named).prop_map(
        |(owner, group, other, mask, named)| {
            let fixed = [(Tag::UserObj, owner), (Tag::GroupObj, group), (Tag::Other, other)];
            let mask = mask.or((!named.is_empty()).then_some(Perms::all()));
            let entries = fixed.into_iter().chain(named).chain(mask.map(|mask| (Tag::Mask, mask)));
            Acl::new(entries.map(|(tag, perms)| Entry { tag, perms })).unwrap()
        },
    )
}

fn any_looks() -> impl Strategy<Value = Looks> {
    let acl = prop::option::weighted(0.4, any_acl());
    let mode_after = prop::option::weighted(0.2, any_mode());
    (any::<Index>(), any::<Index>(), any_mode(), acl, mode_after)
        .prop_map(|(uid, gid, mode, acl, mode_after)| Looks { uid, gid, mode, acl, mode_after })
}

/// A directory with up to three levels in it.
pub(super) fn any_tree() -> impl Strategy<Value = Spec> {
    let leads = prop_oneof![
        Just(Leads::Up),
        Just(Leads::Here),
        (0_usize..4).prop_map(Leads::Beside),
        Just(Leads::Absolute),
        Just(Leads::Nowhere),
    ];
    let leaf = prop_oneof![
        6 => prop::option::of(0_u16..4).prop_map(|secret| Shape::File { secret }),
        3 => leads.prop_map(Shape::Link),
        1 => Just(Shape::Fifo),
        1 => Just(Shape::Socket),
    ];
    let leaf = (leaf, any_looks()).prop_map(|(shape, looks)| Spec { shape, looks });
    let dir = |child: BoxedStrategy<Spec>, least| {
        let inherited = prop::option::weighted(0.2, any_acl());
        (prop::collection::vec(child, least..4), inherited, any_looks()).prop_map(
            |(children, inherited, looks)| Spec {
                shape: Shape::Dir { children, inherited },
                looks,
            },
        )
    };
    let inner = leaf.boxed().prop_recursive(3, 12, 3, move |child| dir(child, 0).boxed());
    dir(inner.boxed(), 1)
}

/// An identity of the ids that trees are made of.
pub(super) fn any_identity() -> impl Strategy<Value = Identity> {
    (select(&UIDS[..]), select(&GIDS[..]), subsequence(GIDS.to_vec(), 0..GIDS.len()))
        .prop_map(|(uid, gid, groups)| Identity { uid, gid, groups })
}

/// The ids that a tree may be given to.
#[derive(Clone)]
pub(super) struct Owners {
    pub(super) uids: Vec<u32>,
    pub(super) gids: Vec<u32>,
}

/// What was made.
struct Made<'a> {
    top: &'a Path,
    targets: Vec<Target>,
    /// Paths that lead to a directory by a link or by `..`, and its own path.
    ways: Vec<(PathBuf, PathBuf)>,
}

impl Spec {
    /// Makes it, and tells what there is to try in it: by its own path, through links and through `..`.
    pub(super) fn build(&self, top: &Path, owners: &Owners) -> Vec<Target> {
        let mut made = Made { top, targets: Vec::new(), ways: Vec::new() };
        self.make(top, owners, &mut made);
        let mut indirect = Vec::new();
        for (way, dir) in &made.ways {
            let inside = made.targets.iter().filter(|target| target.path.parent() == Some(dir));
            // What the way leads through cannot be moved away and back by it.
            let inside = inside.filter(|target| !way.starts_with(&target.path));
            indirect.extend(inside.map(|target| {
                let name = target.path.file_name().unwrap();
                Target { path: way.join(name), kind: target.kind }
            }));
        }
        made.targets.extend(indirect);
        made.targets
    }

    fn make(&self, at: &Path, owners: &Owners, made: &mut Made<'_>) {
        let dir = at.parent().unwrap();
        let kind = match &self.shape {
            Shape::File { secret } => {
                let secret = secret.map(|index| Mint::new(MINT).canary(index).text().to_owned());
                fs::write(at, secret.unwrap_or("nothing secret".into())).unwrap();
                NodeKind::File
            }
            Shape::Dir { children, inherited } => {
                fs::create_dir(at).unwrap();
                // A default ACL may have closed it to its own owner.
                set_mode(at, 0o700);
                if let Some(acl) = inherited {
                    write_acl(at, AclKind::Default, acl).unwrap();
                }
                for (n, child) in children.iter().enumerate() {
                    child.make(&at.join(format!("n{n}")), owners, made);
                }
                made.ways.push((at.join(".."), dir.to_owned()));
                NodeKind::Dir
            }
            Shape::Link(leads) => {
                let beside = |name: &str| (PathBuf::from(name), dir.join(name));
                let (to, is) = match leads {
                    Leads::Up => ("..".into(), dir.parent().unwrap().to_owned()),
                    Leads::Here => (".".into(), dir.to_owned()),
                    Leads::Beside(n) => beside(&format!("n{n}")),
                    Leads::Absolute => (made.top.to_owned(), made.top.to_owned()),
                    Leads::Nowhere => beside("absent"),
                };
                symlink(to, at).unwrap();
                made.ways.push((at.to_owned(), is));
                NodeKind::Symlink
            }
            Shape::Fifo => {
                nix::unistd::mkfifo(at, Mode::empty()).unwrap();
                NodeKind::Other
            }
            Shape::Socket => {
                drop(UnixListener::bind(at).unwrap());
                NodeKind::Other
            }
        };
        made.targets.push(Target { path: at.to_owned(), kind });
        // Last, so that whoever makes it can still make what is in it.
        self.looks.apply(at, kind, owners);
    }
}

impl Looks {
    fn apply(&self, at: &Path, kind: NodeKind, owners: &Owners) {
        let pick = |ids: &[u32], index: Index| *index.get(ids);
        let (uid, gid) = (pick(&owners.uids, self.uid), pick(&owners.gids, self.gid));
        // First: it takes setuid and setgid away.
        lchown(at, Some(uid), Some(gid)).unwrap();
        if kind == NodeKind::Symlink {
            return;
        }
        set_mode(at, self.mode);
        if let Some(acl) = &self.acl {
            write_acl(at, AclKind::Access, acl).unwrap();
        }
        if let Some(mode) = self.mode_after {
            set_mode(at, mode);
        }
    }
}
