//! Processes of other identities, and what they find by trying.

use std::fs::File;
use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;

use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, Gid, Uid, alarm, fork, pipe, setgroups, setresgid, setresuid};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::trees::MINT;
use crate::access::{ProbeResult, Target};
use crate::canary::Mint;
use crate::principal::Identity;
use crate::prober::attempt;
use crate::residue::Search;

/// How long one child may take, in seconds: one that came by another thread's lock would never end.
const PATIENCE: u32 = 120;

/// Runs something in a child process.
pub(crate) fn in_child<T: Serialize + DeserializeOwned>(
    run: impl FnOnce() -> Result<T, String>,
) -> Result<T, String> {
    let (read, write) = pipe().unwrap();
    // SAFETY: the C library's allocator works in a child of a process with threads, and nothing else with a lock is used there.
    match unsafe { fork() }.unwrap() {
        ForkResult::Child => {
            alarm::set(PATIENCE);
            // It must not go on as a second test process, whatever happens.
            let said =
                catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err("panicked".into()));
            let sent =
                File::from(write).write_all(&postcard::to_allocvec(&said).unwrap_or_default());
            // SAFETY: ends without exit handlers, which are the parent's.
            unsafe { libc::_exit(i32::from(sent.is_err())) }
        }
        ForkResult::Parent { child } => {
            drop(write);
            let mut said = Vec::new();
            File::from(read).read_to_end(&mut said).unwrap();
            let status = waitpid(child, None).unwrap();
            assert_eq!(status, WaitStatus::Exited(child, 0), "the child ended otherwise");
            postcard::from_bytes(&said).unwrap()
        }
    }
}

/// Takes an identity, or keeps its own, and gives every capability away.
pub(super) fn become_identity(identity: Option<&Identity>) -> Result<(), String> {
    if let Some(identity) = identity {
        let groups: Vec<Gid> = identity.groups.iter().copied().map(Gid::from_raw).collect();
        let (uid, gid) = (Uid::from_raw(identity.uid), Gid::from_raw(identity.gid));
        setgroups(&groups).map_err(|errno| format!("setgroups: {errno}"))?;
        setresgid(gid, gid, gid).map_err(|errno| format!("setresgid: {errno}"))?;
        setresuid(uid, uid, uid).map_err(|errno| format!("setresuid: {errno}"))?;
    }
    // Version 3 of the header, and this process: `capset(2)`. Uid 0 would keep them otherwise.
    let (header, nothing) = ([0x2008_0522_u32, 0], [0_u32; 6]);
    // SAFETY: the header is two numbers, and version 3 reads two sets of three numbers.
    match unsafe { libc::syscall(libc::SYS_capset, &raw const header, &raw const nothing) } {
        0 => Ok(()),
        _ => Err(format!("capset: {}", std::io::Error::last_os_error())),
    }
}

/// What an identity, or the caller's own without capabilities, finds by trying everything on each target.
pub(super) fn find_by_trying(
    identity: Option<&Identity>,
    at: &Path,
    targets: &[Target],
) -> Result<Vec<ProbeResult>, String> {
    in_child(|| {
        let search = Search::new(&Mint::new(MINT));
        std::env::set_current_dir(at).map_err(|error| error.to_string())?;
        become_identity(identity)?;
        targets.iter().map(|target| attempt(target, &search)).collect()
    })
}

/// Says that something could not be tested here: a failure, unless whoever runs it allows that.
pub(super) fn cannot(what: &str, why: &str) {
    let allowed = std::env::var_os("INTERLOPER_TEST_ALLOW").is_some_and(|allow| allow == "skip");
    assert!(allowed, "cannot test {what} here: {why}; INTERLOPER_TEST_ALLOW=skip lets that pass");
    eprintln!("NOT TESTED, as INTERLOPER_TEST_ALLOW=skip allows: {what}: {why}");
}

/// Runs the body where it can become other users: here, or in a user namespace with a range of ids.
pub(super) fn where_others_are(test: &str, body: impl FnOnce()) {
    const INSIDE: &str = "INTERLOPER_TEST_INSIDE";
    let stranger = Identity { uid: 5001, gid: 6001, groups: vec![6002] };
    let refused = match in_child(|| become_identity(Some(&stranger))) {
        Ok(()) => return body(),
        Err(refused) => refused,
    };
    assert!(std::env::var_os(INSIDE).is_none(), "not even in a user namespace: {refused}");
    let path =
        module_path!().split_once("::").and_then(|(_, path)| path.rsplit_once("::")).unwrap().0;
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--map-auto", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", &format!("{path}::kernel::{test}"), "--nocapture"])
        .env(INSIDE, "1")
        .output();
    let output = match output {
        Ok(output) => output,
        Err(error) => return cannot(test, &format!("{refused}; unshare: {error}")),
    };
    let (said, told) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    eprintln!("{said}{told}");
    if said.contains("running 1 test") {
        assert!(output.status.success() && said.contains("1 passed"), "it failed in the namespace");
    } else {
        cannot(test, &format!("{refused}; unshare: {}", told.trim()));
    }
}
