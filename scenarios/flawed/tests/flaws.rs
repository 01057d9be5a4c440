//! Each flaw shows, without the harness, where the store it was made from does not.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{Home, Put, chmod, in_time, is_root, mode, session};
use interloper_driver::{Open, Session, SessionStore};
use interloper_flawed::{FLAWS, hardened_plain, make};
use rustix::fs::{CWD, FileType, Mode, XattrFlags, mknodat, setxattr};

/// What only root can show: it takes a change of owner.
const ROOT_ALONE: [&str; 3] =
    ["service-relies-on-umask", "trusts-foreign-file", "trusts-foreign-directory"];

type Store = Box<dyn SessionStore>;
/// Whether the store does it, in a fresh home.
type Shows = fn(&Home, &mut Store) -> bool;

const SHOWS: &[(&str, Shows)] = &[
    ("umask-default-mode", |home, store| saved(home, store) && reached(home) > 0),
    ("lax-file-mode", |home, store| saved(home, store) && mode(&home.file()) == 0o644),
    ("lax-intermediate-dirs", |home, store| {
        saved(home, store) && mode(&home.data()) == 0o700 && mode(&home.home.join("work")) == 0o755
    }),
    ("listable-names", |home, store| {
        saved(home, store) && reached(home) > 0 && home.file().ends_with("session-alpha")
    }),
    ("widens-on-update", |home, store| {
        let first = saved(home, store) && mode(&home.file()) == 0o600;
        first && saved(home, store) && mode(&home.file()) == 0o644 && reached(home) > 0
    }),
    ("trusts-leftovers", |home, store| {
        saved(home, store);
        chmod(&home.data(), 0o777);
        chmod(&home.file(), 0o666);
        let inode = fs::metadata(home.file()).unwrap().ino();
        saved(home, store)
            && (mode(&home.data()), mode(&home.file())) == (0o777, 0o666)
            && fs::metadata(home.file()).unwrap().ino() == inode
    }),
    ("copies-parent-group-bits", |home, store| {
        fs::create_dir_all(home.home.join("work/deep")).unwrap();
        chmod(&home.home.join("work/deep"), 0o2770);
        saved(home, store)
            && mode(&home.data()) == 0o2770
            && mode(&home.file()) == 0o660
            && mode(&home.home.join(".config")) == 0o700
    }),
    ("copies-parent-group-bits", |home, store| {
        let parent = home.home.join("work/deep");
        fs::create_dir_all(&parent).unwrap();
        chmod(&parent, 0o750);
        hand_down_to(&parent, 4242);
        saved(home, store) && mode(&home.data()) == 0o750 && mode(&home.file()) == 0o640
    }),
    ("keeps-backup", |home, store| {
        saved(home, store);
        store.save("alpha", &session("other")).unwrap();
        store.delete("alpha").unwrap();
        home.holds("canary") && mode(&home.file()) == 0o644 && mode(&home.data()) == 0o711
    }),
    ("service-relies-on-umask", |home, store| saved(home, store) && reached(home) > 0),
    ("leaks-descriptor", |home, store| {
        saved(home, store);
        let open = fs::read_dir("/proc/self/fd").unwrap().filter_map(|entry| {
            let path = entry.unwrap().path();
            let info = Path::new("/proc/self/fdinfo").join(path.file_name().unwrap());
            Some((fs::read_link(&path).ok()?, fs::read_to_string(info).ok()?))
        });
        let file = home.file();
        // O_CLOEXEC is 02000000: a descriptor without it survives exec(2).
        let inherited = |info: &str| {
            let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap();
            u32::from_str_radix(flags.trim(), 8).unwrap() & 0o2000000 == 0
        };
        open.into_iter().any(|(path, info)| path == file && inherited(&info))
    }),
    ("keeps-inode", |home, store| {
        saved(home, store);
        chmod(&home.file(), 0o666);
        let inode = fs::metadata(home.file()).unwrap().ino();
        saved(home, store)
            && mode(&home.file()) == 0o600
            && fs::metadata(home.file()).unwrap().ino() == inode
    }),
    ("chmods-home", |home, store| {
        chmod(&home.home, 0o700);
        saved(home, store) && mode(&home.home) == 0o755
    }),
    ("delete-does-nothing", |home, store| {
        saved(home, store)
            && store.delete("alpha").is_ok()
            && store.load("alpha").unwrap().is_some()
    }),
    ("delete-twice-fails", |home, store| {
        saved(home, store) && store.delete("alpha").is_ok() && store.delete("alpha").is_err()
    }),
    ("deletes-by-prefix", |home, store| {
        saved(home, store);
        store.save("alphabet", &session("other")).unwrap();
        store.delete("alpha").is_ok() && store.load("alphabet").unwrap().is_none()
    }),
    ("soft-delete", |home, store| {
        saved(home, store);
        store.delete("alpha").unwrap();
        store.load("alpha").unwrap().is_none() && home.holds("canary")
    }),
    ("panics-on-empty", |home, store| {
        saved(home, store);
        fs::write(home.file(), "").unwrap();
        panics(|| drop(store.load("alpha")))
    }),
    ("lenient-parse", |home, store| {
        saved(home, store);
        let whole = fs::read(home.file()).unwrap();
        fs::write(home.file(), &whole[..whole.len() / 2]).unwrap();
        store.load("alpha").is_ok_and(|found| found == Some(Session::default()))
    }),
    ("skips-integrity", |home, store| {
        rewritten(home, store, r#""nil":null"#, r#""nil":true"#);
        let forged = store.load("alpha").is_ok_and(|found| found.unwrap().data["nil"] == true);
        rewritten(home, store, r#"[["X-Token","canary"]]"#, r#""X-Token""#);
        forged && store.load("alpha").is_ok_and(|found| found.unwrap().headers.is_empty())
    }),
    ("retypes-panic", |home, store| {
        rewritten(home, store, r#"[["X-Token","canary"]]"#, "7");
        panics(|| drop(store.load("alpha")))
    }),
    ("clears-what-is-in-the-way", |home, store| {
        saved(home, store);
        let path = home.file();
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        fs::write(path.join("kept"), "kept").unwrap();
        store.load("alpha").is_ok() && !path.exists()
    }),
    ("blocks-on-fifo", |home, store| {
        saved(home, store);
        let path = home.file();
        fs::remove_file(&path).unwrap();
        mknodat(CWD, &path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        let (name, at) = (store.hello().name, home.at());
        let waits = !in_time(move || drop(opened(named(&name), &at).load("alpha")));
        // Lets it go.
        let _ = rustix::fs::open(
            &path,
            rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::NONBLOCK,
            Mode::empty(),
        );
        waits
    }),
    ("panics-on-denied", |home, store| {
        saved(home, store);
        // What others may write to is refused as well, to root, too.
        chmod(&home.file(), 0o666);
        panics(|| drop(store.load("alpha")))
    }),
    ("resurrects-after-delete", |home, store| {
        saved(home, store);
        let inode = fs::metadata(home.file()).unwrap().ino();
        store.load("alpha").unwrap();
        fs::metadata(home.file()).unwrap().ino() != inode
    }),
    ("lost-update", |home, store| {
        let index = home.data().join("index");
        saved(home, store);
        let Ok(alone) = fs::read(&index) else { return false };
        store.save("beta", &session("canary")).unwrap();
        fs::write(&index, alone).unwrap();
        store.load("beta").unwrap().is_none() && store.load("alpha").unwrap().is_some()
    }),
    ("stale-lock", |home, store| {
        saved(home, store);
        fs::write(home.data().join("lock"), "").unwrap();
        store.save("alpha", &session("canary")).is_err()
    }),
    ("torn-read", |home, store| {
        saved(home, store);
        let inode = fs::metadata(home.file()).unwrap().ino();
        saved(home, store) && fs::metadata(home.file()).unwrap().ino() == inode
    }),
    ("deadlocks", |home, store| {
        saved(home, store);
        let above = fs::File::open(home.data().parent().unwrap()).unwrap();
        rustix::fs::flock(&above, rustix::fs::FlockOperation::LockExclusive).unwrap();
        let (name, at) = (store.hello().name, home.at());
        !in_time(move || drop(opened(named(&name), &at).save("alpha", &session("canary"))))
    }),
    ("drops-headers", |home, store| {
        saved(home, store) && store.load("alpha").unwrap().unwrap().headers.is_empty()
    }),
    ("writes-on-read-only", |home, store| {
        store.open(&Open { read_only: true, ..home.at() }).unwrap();
        store.save("alpha", &session("canary")).is_ok() && !home.tree().is_empty()
    }),
    ("id-as-path", |home, store| {
        saved(home, store);
        store.save("../../escaped", &session("canary")).is_ok()
            && home.home.join("work/escaped").exists()
    }),
    ("folds-separators", |home, store| {
        saved(home, store);
        store.save("a/b", &session("one")).unwrap();
        store.save("a_b", &session("two")).unwrap();
        store.load("a/b").unwrap() == Some(session("two"))
    }),
    ("folds-case", |_, store| {
        store.save("Alpha", &session("one")).unwrap();
        store.save("alpha", &session("two")).unwrap();
        store.load("Alpha").unwrap() == Some(session("two"))
    }),
    ("truncates-long-ids", |home, store| {
        saved(home, store);
        let (one, two) = (format!("{}1", "é".repeat(40)), format!("{}2", "é".repeat(40)));
        store.save(&one, &session("one")).unwrap();
        store.save(&two, &session("two")).unwrap();
        store.load(&one).unwrap() == Some(session("two"))
    }),
    ("follows-symlink", |home, store| {
        saved(home, store);
        let victim = home.home.join("victim");
        fs::write(&victim, "own words").unwrap();
        symlink(&victim, beside(home, ".session.tmp")).unwrap();
        store.save("alpha", &session("canary")).is_ok()
            && fs::read_to_string(victim).unwrap().contains("canary")
    }),
    ("predictable-temp", |home, store| {
        saved(home, store);
        let planted = beside(home, ".session.tmp");
        fs::write(&planted, "").unwrap();
        let inode = fs::metadata(&planted).unwrap().ino();
        saved(home, store) && fs::metadata(home.file()).unwrap().ino() == inode
    }),
    ("check-then-open", |home, store| {
        saved(home, store);
        let victim = home.home.join("victim");
        fs::write(&victim, "own words").unwrap();
        let (to, at, over) =
            (victim.clone(), beside(home, ".session.tmp"), Arc::new(AtomicBool::new(false)));
        let done = Arc::clone(&over);
        // Only between the look and the open does it show: somebody tries all the time.
        let attacker = std::thread::spawn(move || {
            while !done.load(Ordering::Relaxed) {
                let _ = symlink(&to, &at);
            }
        });
        let written = (0..1_000).any(|_| {
            let _ = store.save("alpha", &session("canary"));
            fs::read_to_string(&victim).unwrap() != "own words"
        });
        over.store(true, Ordering::Relaxed);
        attacker.join().unwrap();
        written
    }),
    ("trusts-foreign-file", |home, store| {
        saved(home, store);
        chown(home.file(), Some(4242), None).unwrap();
        store.load("alpha").is_ok_and(|found| found.is_some())
    }),
    ("trusts-foreign-directory", |home, store| {
        saved(home, store);
        chown(home.data(), Some(4242), None).unwrap();
        store.save("alpha", &session("canary")).is_ok()
    }),
    ("waits-on-fifo", |home, store| {
        saved(home, store);
        let lock = beside(home, ".lock");
        mknodat(CWD, &lock, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        let (name, at) = (store.hello().name, home.at());
        let waits = !in_time(move || drop(opened(named(&name), &at).save("alpha", &session("x"))));
        // Lets it go.
        let how = rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::NONBLOCK;
        let _ = rustix::fs::open(&lock, how, Mode::empty());
        waits
    }),
    ("clears-through-link", |home, store| {
        saved(home, store);
        let victim = home.home.join("victim");
        fs::create_dir(&victim).unwrap();
        fs::write(victim.join("kept"), "own words").unwrap();
        symlink(&victim, beside(home, ".scratch")).unwrap();
        store.delete("alpha").is_ok() && !victim.join("kept").exists()
    }),
];

/// A path beside the store's directory.
fn beside(home: &Home, name: &str) -> PathBuf {
    home.data().with_file_name(name)
}

fn saved(_: &Home, store: &mut Store) -> bool {
    store.save("alpha", &session("canary")).is_ok()
}

/// How many files others can read by way of the modes on their path.
fn reached(home: &Home) -> usize {
    let passes = |path: &Path| {
        path.ancestors().skip(1).take_while(|dir| *dir != home.root()).all(|dir| mode(dir) & 1 != 0)
    };
    let names = mode(&home.data()) & 0o005 == 0o005 && passes(&home.data());
    let files = home.tree().into_iter().filter(|(path, mode)| {
        path.is_file() && mode & 0o004 != 0 && path.parent().is_some() && passes(path)
    });
    files.count() + usize::from(names)
}

fn rewritten(home: &Home, store: &mut Store, from: &str, to: &str) {
    assert!(saved(home, store));
    let text = fs::read_to_string(home.file()).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(home.file(), text.replace(from, to)).unwrap();
}

fn panics(work: impl FnOnce()) -> bool {
    catch_unwind(AssertUnwindSafe(work)).is_err()
}

fn opened(mut store: Store, at: &Open) -> Store {
    store.open(at).unwrap();
    store
}

fn named(name: &str) -> Store {
    match name.strip_prefix("flawed-") {
        Some(flaw) => make(flaw).unwrap(),
        None => Box::new(hardened_plain()),
    }
}

/// Gives a directory a default access list with an entry for one user: acl(5), in the layout of `system.posix_acl_default`.
fn hand_down_to(dir: &Path, user: u32) {
    let nobody = u32::MAX;
    let entries = [
        (0x01, 7, nobody),
        (0x02, 7, user),
        (0x04, 5, nobody),
        (0x10, 7, nobody),
        (0x20, 0, nobody),
    ];
    let mut list = 2u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        list.extend(u16::to_le_bytes(tag));
        list.extend(u16::to_le_bytes(permissions));
        list.extend(id.to_le_bytes());
    }
    let dir = fs::File::open(dir).unwrap();
    let path = format!("/proc/self/fd/{}", dir.as_raw_fd());
    setxattr(path, "system.posix_acl_default", &list, XattrFlags::empty()).unwrap();
}

#[test]
fn each_flaw_shows_and_the_hardened_store_does_none_of_it() {
    rustix::process::umask(Mode::from_raw_mode(0o022));
    for (flaw, shows) in SHOWS {
        if ROOT_ALONE.contains(flaw) && !is_root() {
            continue;
        }
        for (name, due) in [(format!("flawed-{flaw}"), true), ("hardened-plain".into(), false)] {
            let home = Home::new(Put::Dir);
            let mut store = opened(named(&name), &home.at());
            assert_eq!(store.hello().name, name);
            assert_eq!(shows(&home, &mut store), due, "{flaw} in {name}");
        }
    }
}

#[test]
fn each_flawed_store_works_otherwise() {
    for entry in FLAWS {
        for put in [Put::Default, Put::Dir] {
            let home = Home::new(put);
            let plain = Session { headers: Vec::new(), ..session("canary") };
            opened(entry.store(), &home.at()).save("alpha", &plain).unwrap();
            let mut store = opened(entry.store(), &home.at());
            assert_eq!(store.load("alpha").unwrap(), Some(plain), "{}", entry.name);
            store.save("alpha", &session("update")).unwrap();
            store.delete("alpha").unwrap();
            assert_eq!(store.load("beta").unwrap(), None, "{}", entry.name);
        }
    }
}

#[test]
fn the_table_is_in_order() {
    let kebab = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let id = |id: &&str| id.split("::").count() == 2;
    let mut names = BTreeSet::new();
    for entry in FLAWS {
        assert!(kebab(entry.name) && names.insert(entry.name), "{}", entry.name);
        assert!(!entry.sentence.is_empty() && !entry.sentence.ends_with('.'));
        assert!(!entry.cwe.is_empty() && entry.cwe.iter().all(|id| id.starts_with("CWE-")));
        assert!(
            entry.cves.iter().all(|id| ["CVE-", "RUSTSEC-"].iter().any(|by| id.starts_with(by)))
        );
        assert!(!entry.caught_by.is_empty(), "{} proves nothing", entry.name);
        assert!(entry.caught_by.iter().chain(entry.may_fail).all(id));
        assert!(make(entry.name).is_some());
    }
    let shown: BTreeSet<&str> = SHOWS.iter().map(|(name, _)| *name).collect();
    // What is wrong only between two system calls shows only to who stops there.
    let stepped = |name: &&str| {
        let entry = FLAWS.iter().find(|entry| entry.name == *name);
        entry.is_some_and(|entry| entry.caught_by.iter().all(|id| is_stepped(id)))
    };
    let without: Vec<&&str> =
        names.iter().filter(|name| !shown.contains(**name) && !stepped(name)).collect();
    assert!(without.is_empty(), "each flaw has a line here: {without:?}");
    assert!(shown.is_subset(&names), "{:?}", shown.difference(&names));
    assert!(make("no-such-flaw").is_none());
}

fn is_stepped(id: &str) -> bool {
    ["exposure::", "faults::", "planting::", "concurrency::"]
        .iter()
        .any(|area| id.starts_with(area))
}

#[test]
fn no_flaw_changes_more_than_15_lines() {
    let mut flaws = 0;
    for area in [
        "concurrency",
        "corruption",
        "deletion",
        "exposure",
        "faults",
        "honesty",
        "identifiers",
        "permissions",
        "planting",
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/flaws").join(area);
        let text = fs::read_to_string(path.with_extension("rs")).unwrap();
        for block in text.split("\nimpl Steps for ").skip(1) {
            let (change, _) = block.split_once("\n}\n").unwrap();
            let lines = change.lines().skip(1).filter(|line| !line.trim().starts_with("//"));
            assert!(lines.count() <= 15, "{change}");
            flaws += 1;
        }
    }
    assert_eq!(flaws, FLAWS.len());
}
