//! Cleaning up where there are no namespaces to do it.
//!
//! The janitor is a process of its own between the harness and the supervisor. It makes the sandbox's directory, so that there is none
//! without a janitor. Its standard input is a channel that the harness writes nothing to: when the harness ends, in whatever way, the
//! channel closes, and the janitor ends everything that descends from it and removes the sandbox.

use std::fs::File;
use std::io::Write;
use std::ops::Range;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, SigmaskHow, Signal, kill, sigprocmask};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

use super::ipc::sweep;
use super::reset::remove_contents;
use crate::error::{Context, Result};
use crate::privilege::{close_inherited, hide_from_own_uid};
use crate::role;

/// Returns the directory in which sandboxes are made, a tmpfs if there is one: a disk makes every case many times slower.
pub(crate) fn parent_of_bases() -> PathBuf {
    let shm = Path::new("/dev/shm");
    if nix::unistd::access(shm, nix::unistd::AccessFlags::W_OK).is_ok() {
        shm.to_owned()
    } else {
        std::env::temp_dir()
    }
}

/// Makes a fresh directory for a sandbox.
fn new_base(parent: &Path) -> Result<PathBuf> {
    let template = parent.join("interloper-XXXXXX");
    let base = nix::unistd::mkdtemp(&template).on("make a sandbox at", template)?;
    // What the supervisor does there follows no link, wherever the directory for temporary files is.
    let base = base.canonicalize().on("find", &base)?;
    // Other users must get in: what is theirs not to see is protected by the store, or not at all.
    std::fs::set_permissions(&base, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .on("set the mode of", &base)?;
    Ok(base)
}

/// Runs the janitor to its end, and returns its exit status.
pub(crate) fn janitor_main() -> i32 {
    let Some(parent) = std::env::args_os().nth(1).map(PathBuf::from) else { return 2 };
    let number = |n| std::env::args().nth(n)?.parse::<u32>().ok();
    // Whose remains in the kernel are the sandbox's; none where it runs as the caller.
    let uids = match (number(2), number(3)) {
        (Some(first), Some(count)) => first..first.saturating_add(count),
        _ => 0..0,
    };
    match watch(&parent, &uids) {
        Ok(()) => 0,
        Err(error) => {
            eprintln!("interloper: janitor: {error}");
            1
        }
    }
}

fn watch(parent: &Path, uids: &Range<u32>) -> Result<()> {
    // A terminal's interrupt is for the harness; the janitor ends after it, not with it.
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&SigSet::all()), None).doing("block signals")?;
    let _ = nix::unistd::setsid();
    hide_from_own_uid().doing("hide from other processes")?;
    // What the caller had open without close-on-exec is none of the sandbox's.
    close_inherited().doing("close what was inherited")?;
    // The ids are this sandbox's now: what they own is left over from one whose janitor was killed.
    sweep(uids);
    let base = new_base(parent)?;
    let done = serve(&base);
    end_descendants();
    sweep(uids);
    let removed = remove_base(&base);
    done.and(removed)
}

/// Starts the supervisor, and waits until it or the harness is gone.
fn serve(base: &Path) -> Result<()> {
    nix::sys::prctl::set_child_subreaper(true).doing("become the parent of orphans")?;
    let control = std::io::stdout().as_fd().try_clone_to_owned().doing("take the channel")?;
    let lifeline = std::io::stdin();
    let mut named = base.as_os_str().as_bytes().to_vec();
    named.push(0);
    let mut harness = File::from(lifeline.as_fd().try_clone_to_owned().doing("take the lifeline")?);
    // A harness that is gone already is noticed below.
    let _ = harness.write_all(&named);
    drop(harness);
    let mut command = Command::new("/proc/self/exe");
    command.env(role::VARIABLE, role::SUPERVISOR).stdin(Stdio::from(control)).stdout(Stdio::null());
    let supervisor = command.spawn().doing("start the supervisor")?;
    // The channel's other copies would keep the harness waiting for a supervisor that is gone.
    let null = File::options().write(true).open("/dev/null").on("open", "/dev/null")?;
    nix::unistd::dup2_stdout(&null).doing("let go of the channel")?;

    let supervisor = Pid::from_raw(supervisor.id() as i32);
    loop {
        let mut fds = [PollFd::new(lifeline.as_fd(), PollFlags::POLLIN)];
        let timeout = PollTimeout::from(100_u8);
        match poll(&mut fds, timeout) {
            Ok(0) | Err(Errno::EINTR) => {}
            _ => break,
        }
        if waitpid(supervisor, Some(WaitPidFlag::WNOHANG))
            .is_ok_and(|status| status.pid().is_some())
        {
            break;
        }
    }
    Ok(())
}

/// Removes a sandbox's directory, whatever is in it.
pub(crate) fn remove_base(base: &Path) -> Result<()> {
    let dir = File::open(base).on("open", base)?;
    remove_contents(&dir).on("empty", base)?;
    std::fs::remove_dir(base).on("remove", base)
}

/// Orphans come to the janitor, so killing its children until there are none ends everything.
fn end_descendants() {
    loop {
        let children = crate::driver::own_children();
        if children.is_empty() {
            return;
        }
        for child in children {
            let _ = kill(Pid::from_raw(child), Signal::SIGKILL);
            let _ = waitpid(Pid::from_raw(child), None);
        }
    }
}
