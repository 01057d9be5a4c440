//! Paths: what is followed, what is searched, what is refused.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::others::{become_identity, in_child};
use super::trees::{Scratch, set_mode};
use crate::access::predict::{Predictor, may, predict};
use crate::access::{Access, Target};
use crate::canary::Mint;
use crate::principal::Identity;
use crate::residue::Search;
use crate::tree::NodeKind;

const NOBODY: Identity = Identity { uid: 5009, gid: 6009, groups: Vec::new() };

/// `dir/file`, both readable for everybody.
fn tree(name: &str) -> (Scratch, PathBuf) {
    let scratch = Scratch::new(name);
    let (dir, file) = (scratch.path().join("dir"), scratch.path().join("dir/file"));
    fs::create_dir(&dir).unwrap();
    fs::write(&file, b"contents").unwrap();
    set_mode(&dir, 0o755);
    set_mode(&file, 0o644);
    (scratch, file)
}

fn access(path: impl AsRef<Path>, kind: NodeKind) -> Access {
    may(&NOBODY, path.as_ref(), kind).unwrap()
}

const READS: Access = Access::SEE.union(Access::READ);

#[test]
fn the_tree_begins_at_the_root() {
    assert!(access("/", NodeKind::Dir).contains(Access::SEE));
    assert!(!access("/", NodeKind::Dir).intersects(Access::REMOVE | Access::CREATE));
}

#[test]
fn links_on_the_way_are_followed_and_searched() {
    let (scratch, file) = tree("links");
    let at = scratch.path();
    symlink("dir", at.join("relative")).unwrap();
    symlink(at.join("relative"), at.join("absolute")).unwrap();
    symlink("../dir/../relative", at.join("dir/around")).unwrap();
    for way in ["relative", "absolute", "dir/around", "dir/around/around", "dir/..//./dir"] {
        assert_eq!(access(at.join(way).join("file"), NodeKind::File), READS, "{way}");
    }
    // Nothing of a link that nobody may search up to.
    set_mode(file.parent().unwrap(), 0o700);
    for way in ["relative", "absolute", "dir/around"] {
        assert_eq!(access(at.join(way).join("file"), NodeKind::File), Access::empty(), "{way}");
    }
}

#[test]
fn a_link_at_the_end_is_not_followed() {
    let (scratch, file) = tree("last");
    let link = scratch.path().join("link");
    symlink(&file, &link).unwrap();
    assert_eq!(access(&link, NodeKind::Symlink), Access::SEE);
}

#[test]
fn what_is_not_there_is_not_reached() {
    let (scratch, file) = tree("absent");
    let at = scratch.path();
    symlink("loop", at.join("loop")).unwrap();
    symlink("absent", at.join("dangling")).unwrap();
    let long = "x".repeat(300);
    for name in ["absent", "absent/file", "dir/absent", "loop/file", "dangling/file", &long] {
        assert_eq!(access(at.join(name), NodeKind::File), Access::empty(), "{name}");
    }
    assert_eq!(access(file.join("below"), NodeKind::File), Access::empty());
    assert_eq!(access(file.join("../file"), NodeKind::File), Access::empty());
}

#[test]
fn links_are_counted() {
    let (scratch, _) = tree("forty");
    let at = scratch.path();
    symlink("dir", at.join("1")).unwrap();
    for n in 2..=41 {
        symlink(format!("{}", n - 1), at.join(n.to_string())).unwrap();
    }
    for (n, reached) in [(40, READS), (41, Access::empty())] {
        let path = at.join(n.to_string()).join("file");
        assert_eq!(fs::read(&path).is_ok(), reached == READS, "the kernel, {n} links");
        assert_eq!(access(&path, NodeKind::File), reached, "{n} links");
    }
}

#[test]
fn what_cannot_be_answered_is_an_error() {
    let (_scratch, file) = tree("errors");
    for path in [Path::new("relative"), &file.parent().unwrap().join(".."), Path::new("/a\0b")] {
        may(&NOBODY, path, NodeKind::Dir).unwrap_err();
    }
    let error = may(&NOBODY, &file, NodeKind::Dir).unwrap_err();
    assert!(error.to_string().contains("was a Dir and is a File"), "{error}");
    Predictor::below(Path::new("/absent")).unwrap_err();
}

#[test]
fn contents_and_names_are_told_as_if_they_had_been_got() {
    let (_scratch, file) = tree("contents");
    let canary = Mint::new(3).canary(1).text().to_owned();
    fs::write(&file, format!("before {canary}")).unwrap();
    let search = Search::new(&Mint::new(3));
    let tried = |path: &Path, kind| {
        predict(&NOBODY, &Target { path: path.to_owned(), kind }, &search).unwrap()
    };
    let read = tried(&file, NodeKind::File);
    assert_eq!((read.access, read.read), (READS, 7 + canary.len() as u64));
    assert_eq!((read.seen.len(), read.seen[0].canary, read.seen[0].offset), (1, 1, 7));
    let listed = tried(file.parent().unwrap(), NodeKind::Dir);
    assert_eq!((listed.access, listed.names), (Access::SEE | Access::LIST, vec!["file".into()]));
    set_mode(&file, 0o600);
    let seen = tried(&file, NodeKind::File);
    assert_eq!((seen.access, seen.read, seen.seen), (Access::SEE, 0, vec![]));
}

#[test]
fn what_is_above_a_root_hides_nothing_below_it() {
    let (scratch, file) = tree("root");
    set_mode(scratch.path(), 0o700);
    assert_eq!(access(&file, NodeKind::File), Access::empty());
    let below = |root: &Path, path: &Path, kind| {
        Predictor::below(root).unwrap().may(&NOBODY, path, kind).unwrap()
    };
    let dir = file.parent().unwrap();
    assert_eq!(below(dir, &file, NodeKind::File), READS);
    assert_eq!(below(dir, dir, NodeKind::Dir), Access::SEE | Access::LIST);
    // The root itself hides what its mode hides.
    assert_eq!(below(scratch.path(), &file, NodeKind::File), Access::empty());
    set_mode(dir, 0o700);
    assert_eq!(below(dir, &file, NodeKind::File), Access::empty());
    assert_eq!(below(dir, dir, NodeKind::Dir), Access::SEE);
    // Above it only the search is given.
    assert_eq!(below(dir, scratch.path(), NodeKind::Dir), Access::SEE);
}

/// An owner may be refused what others may: with a umask of 0400, say. Then nobody knows what they would read.
#[test]
fn what_the_harness_itself_cannot_look_at_is_an_error() {
    let (_scratch, file) = tree("refused");
    let dir = file.parent().unwrap();
    let predicted = |path: &Path, kind| {
        in_child(|| {
            become_identity(None)?;
            let search = Search::new(&Mint::new(3));
            let target = Target { path: path.to_owned(), kind };
            let predicted = predict(&NOBODY, &target, &search);
            predicted.map(|tried| tried.names).map_err(|error| error.to_string())
        })
    };
    assert_eq!(predicted(&file, NodeKind::File), Ok(vec![]));
    set_mode(&file, 0o044);
    let error = predicted(&file, NodeKind::File).unwrap_err();
    assert!(error.contains("uid 5009 could open") && error.contains("EACCES"), "{error}");
    set_mode(dir, 0o305);
    let error = predicted(dir, NodeKind::Dir).unwrap_err();
    assert!(error.contains("uid 5009 could open"), "{error}");
    set_mode(dir, 0o405);
    let error = predicted(&file, NodeKind::File).unwrap_err();
    assert!(error.contains("look, as the harness itself, at"), "{error}");
    // What neither may look at is refused without looking.
    set_mode(dir, 0o000);
    assert_eq!(predicted(&file, NodeKind::File), Ok(vec![]));
}
