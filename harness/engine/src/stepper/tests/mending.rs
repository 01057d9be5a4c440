//! A program whose calls are changed does what a program with that change in its source would do.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use nix::errno::Errno;
use nix::sys::stat::Mode;

use super::held::{Program, ProgramRun, make_home};
use super::programs::Language;
use crate::access::tests::others::in_child;
use crate::principal::Principal;
use crate::record::{CallRole, Change, Rule};
use crate::stepper::{Hold, Release, Step};

use CallRole::{MakeDirectory, ReadFile, Remove, Rename, SetMode, WriteFile};

/// The program in Rust, under rules.
struct Changed {
    ran: ProgramRun,
    home: tempfile::TempDir,
}

impl Changed {
    fn run(rules: &[(CallRole, Change)], how: impl Fn(&Step) -> Release) -> Changed {
        let home = tempfile::tempdir().unwrap();
        let layout = make_home(home.path());
        let at = layout.home(Principal::Owner);
        fs::write(at.join("target"), "precious").unwrap();
        symlink("target", at.join("link")).unwrap();
        nix::unistd::mkfifo(&at.join("fifo"), Mode::S_IRWXU).unwrap();
        let rules: Vec<Rule> = rules.iter().map(|(at, change)| rule(*at, *change)).collect();
        let argv = Language::Rust.command(home.path(), "saves").unwrap();
        let environment = Language::Rust.environment();
        let ran = in_child(|| {
            Program::start_changed(Hold::Trace, &layout, argv, environment, &rules)?.go_through(how)
        });
        Changed { ran: ran.unwrap(), home }
    }

    /// What an action came to, by its name.
    fn said(&self, what: &str) -> &str {
        let line = self.ran.said.lines().find_map(|line| line.strip_prefix(what));
        line.unwrap_or_else(|| panic!("no {what:?} in {:?}", self.ran.said)).trim()
    }

    fn at(&self, name: &str) -> std::path::PathBuf {
        make_home(self.home.path()).home(Principal::Owner).join(name)
    }

    fn calls(&self) -> Vec<&str> {
        self.ran.calls.values().flatten().map(|call| call.text.as_str()).collect()
    }

    fn count(&self, begin: &str) -> usize {
        self.calls().iter().filter(|call| call.starts_with(begin)).count()
    }
}

fn rule(at: CallRole, change: Change) -> Rule {
    Rule { at, change }
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

/// What stops the program before it moves and removes its file.
fn until_rename(step: &Step) -> Release {
    match step.name.starts_with("rename") && step.paths.iter().any(|p| p.ends_with("d/b")) {
        true => Release::Fail(Errno::EXDEV),
        false => Release::Continue,
    }
}

/// Opening the FIFO would never end.
const READING: [(CallRole, Change); 2] =
    [(ReadFile, Change::RegularOnly), (ReadFile, Change::NoFollow)];

#[test]
fn a_narrower_mode_reaches_files_directories_and_chmod() {
    let rules = [WriteFile, MakeDirectory, SetMode].map(|at| (at, Change::PrivateMode));
    let changed = Changed::run(&[&rules[..], &READING].concat(), until_rename);
    assert_eq!(changed.said("mkdir"), "0");
    assert_eq!((mode(&changed.at("d")), mode(&changed.at("d/a"))), (0o700, 0o600));
    assert_eq!(changed.said("chmod"), "2", "the rename failed");
    // The same program, to its end: the chmod of what was renamed is narrower, too.
    let changed = Changed::run(&[&rules[..], &READING].concat(), |_| Release::Continue);
    assert_eq!((changed.said("chmod"), changed.said("unlink")), ("0", "0"));
    assert_eq!(changed.count("chmod(\"~/d/b\", 0600)"), 1, "{:?}", changed.calls());
}

#[test]
fn the_umask_holds_during_the_call_alone() {
    let rules = [WriteFile, MakeDirectory].map(|at| (at, Change::PrivateUmask));
    let changed = Changed::run(&[&rules[..], &READING].concat(), until_rename);
    assert_eq!((mode(&changed.at("d")), mode(&changed.at("d/a"))), (0o700, 0o600));
    assert_eq!(changed.count("umask"), 0, "an umask is no step");
    let begun = changed.ran.calls.values().flatten().find(|c| c.text.starts_with("mkdir")).unwrap();
    assert_eq!(begun.umask.map(|umask| umask.bits()), Some(0o077));
}

#[test]
fn reading_refuses_links_and_fifos_and_reads_files() {
    let changed = Changed::run(&READING, |_| Release::Continue);
    assert_eq!(changed.said("read a link"), libc::ELOOP.to_string());
    assert_eq!(changed.said("fifo"), libc::ENXIO.to_string());
    assert_eq!(changed.said("second read"), "0");
    assert_eq!(changed.said("unlink"), "0", "and goes on: {}", changed.ran.said);
}

#[test]
fn writing_does_not_follow_a_link_or_removes_it_first() {
    let rules = [(WriteFile, Change::NoFollow)];
    let changed = Changed::run(&[&rules[..], &READING].concat(), |_| Release::Continue);
    assert_eq!(changed.said("through a link"), libc::ELOOP.to_string());
    assert_eq!(fs::read_to_string(changed.at("target")).unwrap(), "precious");
    let rules = [(WriteFile, Change::Exclusive)];
    let changed = Changed::run(&[&rules[..], &READING].concat(), |_| Release::Continue);
    assert_eq!(changed.said("through a link"), "0");
    assert_eq!(fs::read_to_string(changed.at("target")).unwrap(), "precious");
    assert_eq!(fs::read_to_string(changed.at("link")).unwrap(), "third");
}

#[test]
fn a_file_is_replaced_when_it_is_closed() {
    let rules = [(WriteFile, Change::Replace)];
    let changed = Changed::run(&[&rules[..], &READING].concat(), until_rename);
    for what in ["first", "second", "through a link", "second read"] {
        assert_eq!(changed.said(what), "0", "{}", changed.ran.said);
    }
    assert_eq!(fs::read_to_string(changed.at("d/a")).unwrap(), "second");
    assert_eq!(mode(&changed.at("d/a")), 0o600);
    assert_eq!(fs::read_to_string(changed.at("target")).unwrap(), "precious");
    let names: Vec<_> =
        fs::read_dir(changed.at("d")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["a"], "nothing else is left");
    // Three saves: each synced, renamed, and its directory synced.
    assert_eq!(changed.count("fsync"), 6, "{:?}", changed.calls());
}

#[test]
fn what_fails_replaces_nothing_and_the_store_hears_of_it() {
    let rules = [&[(WriteFile, Change::Replace)], &READING[..]].concat();
    for (name, errno) in
        [("fsync", Errno::EIO), ("rename", Errno::ENOSPC), ("write", Errno::ENOSPC)]
    {
        let second = std::cell::Cell::new(0);
        let fail = |step: &Step| {
            let is_it = step.name.starts_with(name)
                && !step.opens_directory()
                && step.paths.iter().any(|p| p.components().any(|c| c.as_os_str() == "d"));
            second.set(second.get() + u32::from(is_it));
            // The directory is synced after the first save: the second sync of a file is the third of all.
            let at = if name == "fsync" { 3 } else { 2 };
            match is_it && second.get() == at {
                true => Release::Fail(errno),
                false => until_rename(step),
            }
        };
        let changed = Changed::run(&rules, fail);
        assert_eq!(changed.said("second"), (errno as i32).to_string(), "{name}");
        assert_eq!(fs::read_to_string(changed.at("d/a")).unwrap(), "first", "{name}");
        let names = fs::read_dir(changed.at("d")).unwrap().count();
        assert_eq!(names, 1, "{name} left something");
    }
}

#[test]
fn syncs_are_inserted_around_a_rename_and_after_an_unlink() {
    let rules = [
        (Rename, Change::SyncFile),
        (Rename, Change::SyncDirectory),
        (Remove, Change::SyncDirectory),
    ];
    let changed = Changed::run(&[&rules[..], &READING].concat(), |_| Release::Continue);
    let names: Vec<&str> =
        changed.calls().iter().map(|call| call.split('(').next().unwrap()).collect();
    let from = names.iter().rposition(|name| name.starts_with("rename")).unwrap();
    assert_eq!(names[from - 3..from], ["openat", "fsync", "close"]);
    assert_eq!(names[from + 1..from + 4], ["openat", "fsync", "close"]);
    assert_eq!(names[names.len() - 3..], ["openat", "fsync", "close"]);
    assert!(names.iter().all(|name| !["mmap", "munmap"].contains(name)), "{names:?}");
    // Where the sync fails the file keeps its name.
    let fail = |step: &Step| match step.syncs() && step.paths[0].ends_with("d/a") {
        true => Release::Fail(Errno::EIO),
        false => Release::Continue,
    };
    let changed = Changed::run(&[&rules[..], &READING].concat(), fail);
    assert_eq!(changed.said("rename"), (Errno::EIO as i32).to_string());
    assert!(changed.at("d/a").exists());
}

#[test]
fn only_ones_own_file_is_emptied() {
    // Another user's file takes root to make; what is one's own is emptied after the look.
    let rules = [(WriteFile, Change::OwnOnly), (WriteFile, Change::Narrow)];
    let changed = Changed::run(&[&rules[..], &READING].concat(), until_rename);
    assert_eq!(changed.said("second read"), "0");
    assert_eq!(fs::read_to_string(changed.at("d/a")).unwrap(), "second");
    assert_eq!(changed.count("ftruncate"), 2, "{:?}", changed.calls());
    assert_eq!(mode(&changed.at("d/a")), 0o600, "it was made with 0666 and narrowed");
}
