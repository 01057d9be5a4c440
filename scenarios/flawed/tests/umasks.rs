//! The hardened store saves and loads under every one of the 512 umasks, as an ordinary user and as root.
//!
//! The umask belongs to the process and root is let through everywhere, so each run is a process of its own.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod common;

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::process::Command;

use common::{Home, Put, chmod, is_root, opened, session};
use interloper_driver::SessionStore;
use interloper_flawed::{hardened, hardened_plain};
use rustix::fs::Mode;
use rustix::process::umask;

const CHILD: &str = "INTERLOPER_FLAWED_UMASKS";

#[test]
fn all_umasks_as_an_ordinary_user() {
    run(is_root().then_some(65534));
}

#[test]
fn all_umasks_as_root() {
    if is_root() {
        run(None);
    }
}

fn run(uid: Option<u32>) {
    let home = Home::new(Put::Default);
    chmod(home.root(), 0o755);
    // A copy, because the ordinary user may not be able to reach the build directory.
    let program = home.root().join("test");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    chmod(&program, 0o755);
    let mut command = Command::new(&program);
    command.args(["--exact", "child", "--nocapture"]).env(CHILD, "1").current_dir("/");
    if let Some(uid) = uid {
        chown(&home.home, Some(uid), Some(uid)).unwrap();
        command.uid(uid).gid(uid);
    }
    let out = loop {
        match command.output() {
            // Another test of this program forked while the copy was open for writing, and still holds it: execve(2).
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            out => break out.unwrap(),
        }
    };
    let (said, why) = (String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    assert!(out.status.success() && said.contains("512 umasks"), "{said}{why}");
}

#[test]
fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let mut done = 0;
    for mask in 0..=0o777 {
        for (put, make) in [(Put::Default, hardened as fn() -> _), (Put::Dir, hardened_plain)] {
            let home = Home::new(put);
            umask(Mode::from_raw_mode(mask));
            let mut store = opened(make(), &home.at());
            let result = store
                .save("alpha", &session("one"))
                .and_then(|()| store.save("alpha", &session("two")))
                .and_then(|()| opened(make(), &home.at()).load("alpha"));
            umask(Mode::from_raw_mode(0o022));
            let loaded = result.unwrap_or_else(|failure| panic!("umask {mask:04o}: {failure}"));
            assert_eq!(loaded, Some(session("two")), "umask {mask:04o}");
            for (path, mode) in home.tree() {
                let due = if path.is_dir() { 0o700 } else { 0o600 };
                assert_eq!(mode, due, "umask {mask:04o}: {}", path.display());
            }
        }
        done += 1;
    }
    println!("{done} umasks");
}
