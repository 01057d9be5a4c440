//! What each flaw does that the store it was made from does not, seen without the harness.

mod ids;
mod life;
mod seals;

use std::fs;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, chown, symlink};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use crate::common::{Home, chmod, in_time, mode, session};
use interloper_driver::{Open, Session, SessionStore};
use interloper_flawed::{hardened_plain, make};
use rustix::fs::{CWD, FileType, Mode, XattrFlags, mknodat, setxattr};

/// What only root can show: it takes a change of owner.
pub(crate) const ROOT_ALONE: [&str; 3] =
    ["service-relies-on-umask", "trusts-foreign-file", "trusts-foreign-directory"];

pub(crate) type Store = Box<dyn SessionStore>;
/// Whether the store does it, in a fresh home.
pub(crate) type Shows = fn(&Home, &mut Store) -> bool;

/// Every line there is.
pub(crate) fn shows() -> impl Iterator<Item = &'static (&'static str, Shows)> {
    SHOWS.iter().chain(ids::SHOWS).chain(life::SHOWS).chain(seals::SHOWS)
}

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
    ("checks-the-first-key", |home, store| {
        saved(home, store);
        let whole = fs::read_to_string(home.file()).unwrap();
        let forged = r#","session":{"data":{"forged":true}}}"#;
        fs::write(home.file(), [whole.strip_suffix('}').unwrap(), forged].concat()).unwrap();
        store.load("alpha").is_ok_and(|found| found.unwrap().data["forged"] == true)
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
    ("retries-for-ever", |home, store| {
        saved(home, store);
        let path = home.file();
        fs::remove_file(&path).unwrap();
        mknodat(CWD, &path, FileType::Socket, Mode::from_raw_mode(0o600), 0).unwrap();
        let (name, at) = (store.hello().name, home.at());
        let retries = !in_time(move || drop(opened(named(&name), &at).load("alpha")));
        // Lets it go.
        fs::remove_file(&path).unwrap();
        retries
    }),
    ("writes-where-links-lead", |home, store| {
        saved(home, store);
        let alpha = home.file();
        fs::rename(&alpha, home.data().join("other")).unwrap();
        std::os::unix::fs::symlink("other", &alpha).unwrap();
        saved(home, store);
        fs::symlink_metadata(&alpha).unwrap().is_symlink()
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

/// Flaws that end the process they are in, which is this one.
pub(crate) const ENDS_THE_PROCESS: [&str; 1] = ["recurses-without-limit"];

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

pub(crate) fn opened(mut store: Store, at: &Open) -> Store {
    store.open(at).unwrap();
    store
}

pub(crate) fn named(name: &str) -> Store {
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
