//! Starting a process that is pid 1 of new namespaces.
//!
//! The kernel's facts: `unshare(CLONE_NEWUSER)` wants a single-threaded caller, and the harness has threads; so one `clone3`
//! makes the process and its namespaces together. Between it and `execve` the child shares nothing but may hold copies of locked
//! locks, so it makes system calls only, in this order, on what the parent prepared:
//!
//! 1. close every descriptor but its own few, which may have any numbers: callers have thousands open, of which no one says so;
//! 2. move those few above the numbers that the mounts will have;
//! 3. wait for the parent to map the ids (the parent's end of the pipe closing means: give up);
//! 4. still with the caller's own uid, whose 0700 directories it may search, take a detached copy of each mount that the sandbox will show;
//! 5. become uid 0 of the namespace, which drops the caller's uid for good, and leave the caller's session and its terminal;
//! 6. ask to be killed with the parent's thread: a credential change clears that, so it comes after;
//! 7. execute the harness again.

use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use nix::fcntl::OFlag;
use nix::unistd::pipe2;

use super::idmap::IdRange;
use crate::error::{Context, Error, Result};

/// Descriptor of the control channel in the new process: its standard input, which it has no other use for.
pub(crate) const CONTROL_FD: RawFd = 0;
/// The first of the detached mounts; the n-th source is at this number plus n. Every other descriptor is closed, or above the last of them.
///
/// Below it are the standard ones, and those that the supervisor keeps free for its drivers.
pub(crate) const FIRST_MOUNT_FD: RawFd = 6;

/// A child in its namespaces. Dropping it kills it, and with it everything in them.
#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) pid: i32,
    pub(crate) pidfd: OwnedFd,
    /// Held for as long as the ids are in use.
    _ids: IdRange,
}

impl Child {
    /// Kills the process and waits until it is gone.
    fn end(&self) {
        // SAFETY: both calls take plain numbers; the pidfd keeps the pid from meaning another process until it is reaped here.
        unsafe {
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                self.pidfd.as_raw_fd(),
                libc::SIGKILL,
                std::ptr::null::<libc::siginfo_t>(),
                0,
            );
            while libc::waitpid(self.pid, std::ptr::null_mut(), 0) == -1
                && io::Error::last_os_error().kind() == io::ErrorKind::Interrupted
            {}
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.end();
    }
}

/// The stages at which the child can fail, in order; it reports a number and the parent prints the words.
const STAGES: [&str; 6] = [
    "wait for the id map",
    "copy the mount of",
    "become root of the sandbox",
    "ask to die with the harness",
    "execute the harness again",
    "put the sandbox's descriptors in order",
];
/// The one of those that is about a source.
const MOUNT: i32 = 1;

/// Memory that the child touches, made before the child exists because it must not allocate.
struct Prepared {
    go: RawFd,
    failed: RawFd,
    control: RawFd,
    /// Pipe that becomes the supervisor's standard output and error.
    words: RawFd,
    exe: RawFd,
    /// The numbers between those, first and last: whatever has one is the caller's, and closed.
    foreign: Vec<(libc::c_uint, libc::c_uint)>,
    sources: Vec<CString>,
    argv: Vec<*const libc::c_char>,
    envp: Vec<*const libc::c_char>,
}

/// Clones into new user, mount, pid, network, ipc and uts namespaces, and executes the harness there with the given environment.
///
/// `sources` are the paths that the sandbox will show; their detached mounts are inherited from [`FIRST_MOUNT_FD`] on.
/// The child is killed when the *thread* that calls this ends, so that thread must live as long as the harness.
pub(crate) fn clone_into_namespaces(
    ids: IdRange,
    sources: &[PathBuf],
    control: BorrowedFd<'_>,
    words: BorrowedFd<'_>,
    env: &[(&str, String)],
) -> Result<Child> {
    let (go_read, go_write) = pipe2(OFlag::O_CLOEXEC).doing("make a pipe")?;
    let (failed_read, failed_write) = pipe2(OFlag::O_CLOEXEC).doing("make a pipe")?;
    let exe = own_executable()?;
    let argv = [c_string("interloper-supervisor")?];
    let envp = env
        .iter()
        .map(|(key, value)| c_string(format!("{key}={value}")))
        .collect::<Result<Vec<_>>>()?;
    let sources_c =
        sources.iter().map(|path| c_string(path.as_os_str())).collect::<Result<Vec<_>>>()?;
    let pointers = |strings: &[CString]| {
        strings.iter().map(|s| s.as_ptr()).chain([std::ptr::null()]).collect::<Vec<_>>()
    };
    let fds = [&go_read, &failed_write, &exe].map(AsRawFd::as_raw_fd);
    let [go, failed, exe_fd] = fds;
    let (control, words) = (control.as_raw_fd(), words.as_raw_fd());
    let prepared = Prepared {
        go,
        failed,
        control,
        words,
        exe: exe_fd,
        foreign: numbers_between([go, failed, control, words, exe_fd]),
        sources: sources_c,
        argv: pointers(&argv),
        envp: pointers(&envp),
    };

    let (pid, pidfd) = clone3().map_err(|source| match source.raw_os_error() {
        Some(libc::EPERM | libc::EACCES | libc::ENOSPC | libc::EUSERS | libc::ENOSYS) => {
            Error::Refused { what: "new namespaces", why: format!("clone3: {source}") }
        }
        _ => Error::System { doing: "clone into namespaces", source },
    })?;
    let Some(pidfd) = pidfd else {
        // SAFETY: this is the child; `prepared` and everything it points to was made before it existed.
        unsafe { child(&prepared) }
    };
    let child = Child { pid, pidfd, _ids: ids };
    drop(failed_write);
    child._ids.map(pid)?;
    File::from(go_write).write_all(b"g").doing("let the sandbox go on")?;

    // Closed by a successful exec; otherwise stage, index and errno.
    let mut report = Vec::new();
    File::from(failed_read).read_to_end(&mut report).doing("hear from the sandbox")?;
    let [stage, index, errno] = match report.chunks_exact(4).collect::<Vec<_>>()[..] {
        [] => return Ok(child),
        [stage, index, errno] => {
            [stage, index, errno].map(|b| i32::from_ne_bytes([b[0], b[1], b[2], b[3]]))
        }
        _ => return Err(Error::Supervisor("ended before it was set up".into())),
    };
    let source = io::Error::from_raw_os_error(errno);
    let doing = STAGES.get(stage as usize).copied().unwrap_or("start");
    Err(match sources.get(index as usize).filter(|_| stage == MOUNT) {
        Some(path) => Error::Path { doing, path: path.clone(), source },
        None if errno == libc::EPERM => {
            Error::Refused { what: "what a sandbox needs", why: format!("{doing}: {source}") }
        }
        None => Error::System { doing, source },
    })
}

/// Returns every descriptor number but these, as ranges.
fn numbers_between(mut kept: [RawFd; 5]) -> Vec<(libc::c_uint, libc::c_uint)> {
    kept.sort_unstable();
    let mut ranges = Vec::new();
    let mut next = 0;
    for fd in kept.map(|fd| fd as libc::c_uint) {
        if next < fd {
            ranges.push((next, fd - 1));
        }
        next = fd + 1;
    }
    ranges.push((next, libc::c_uint::MAX));
    ranges
}

/// Returns the harness's own program, executable by anybody.
///
/// A program that only its owner may execute (umask 0077 at build time) is copied to memory first.
fn own_executable() -> Result<OwnedFd> {
    let exe = File::open("/proc/self/exe").on("open", "/proc/self/exe")?;
    let mode = std::os::unix::fs::MetadataExt::mode(&exe.metadata().on("stat", "/proc/self/exe")?);
    if mode & 0o005 == 0o005 {
        return Ok(exe.into());
    }
    let name = c"interloper";
    // SAFETY: the name is a literal; the result is checked before it is owned.
    let fd = unsafe { libc::memfd_create(name.as_ptr(), libc::MFD_CLOEXEC) };
    if fd < 0 {
        return Err(io::Error::last_os_error()).doing("make a copy of the harness in memory");
    }
    // SAFETY: just made, and nobody else's.
    let mut copy = unsafe { File::from_raw_fd(fd) };
    let mut exe = exe;
    io::copy(&mut exe, &mut copy).doing("make a copy of the harness in memory")?;
    // Executing a file that is open for writing is ETXTBSY; a second, read-only descriptor takes its place.
    let path = format!("/proc/self/fd/{fd}");
    let reopened = File::open(&path).on("open", path)?;
    Ok(reopened.into())
}

fn c_string(text: impl AsRef<OsStr>) -> Result<CString> {
    CString::new(text.as_ref().as_bytes())
        .map_err(io::Error::from)
        .doing("pass a string with a NUL to the sandbox")
}

/// Clones; the child gets no pidfd.
fn clone3() -> io::Result<(i32, Option<OwnedFd>)> {
    let mut pidfd: RawFd = -1;
    // SAFETY: the structure is plain numbers, for which zero means "not asked for".
    let mut args: libc::clone_args = unsafe { std::mem::zeroed() };
    args.flags = (libc::CLONE_PIDFD
        | libc::CLONE_NEWUSER
        | libc::CLONE_NEWNS
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWNET
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUTS) as u64;
    args.pidfd = &raw mut pidfd as u64;
    args.exit_signal = libc::SIGCHLD as u64;
    // SAFETY: no CLONE_VM, so the child has its own copy of everything and returns here like fork(2)'s.
    let pid = unsafe {
        libc::syscall(libc::SYS_clone3, &raw mut args, std::mem::size_of::<libc::clone_args>())
    };
    match pid {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok((0, None)),
        // SAFETY: the kernel just made this descriptor for us.
        pid => Ok((pid as i32, Some(unsafe { OwnedFd::from_raw_fd(pidfd) }))),
    }
}

/// Runs the child's side, from clone to exec.
///
/// # Safety
/// Must be called in a child that shares no memory, with descriptors and pointers that are valid in it. Allocates nothing.
unsafe fn child(p: &Prepared) -> ! {
    // SAFETY: every call takes numbers, or pointers to what the parent prepared; none of them allocates or takes a lock.
    unsafe {
        // Among them the writing end of the pipe below: while this has a copy, it would never see the parent give up.
        for (first, last) in &p.foreign {
            libc::syscall(libc::SYS_close_range, *first, *last, 0);
        }
        // A caller's soft limit may be lower than the number of mounts; the hard one is what it may have.
        let mut limit: libc::rlimit = std::mem::zeroed();
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
        let above = FIRST_MOUNT_FD + p.sources.len() as RawFd;
        let kept = [p.failed, p.go, p.exe, p.control, p.words]
            .map(|fd| libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, above));
        let [failed, go_on, exe, control, words] = kept;
        if kept.iter().any(|fd| *fd < 0) {
            fail(p.failed, 5, 0);
        }
        libc::syscall(libc::SYS_close_range, 0, above - 1, 0);
        if libc::dup2(control, CONTROL_FD) < 0
            || libc::dup2(words, libc::STDOUT_FILENO) < 0
            || libc::dup2(words, libc::STDERR_FILENO) < 0
        {
            fail(failed, 5, 0);
        }
        let mut go = 0_u8;
        loop {
            match libc::read(go_on, (&raw mut go).cast(), 1) {
                1 => break,
                0 => libc::_exit(0),
                _ if *libc::__errno_location() == libc::EINTR => {}
                _ => fail(failed, 0, 0),
            }
        }
        let flags = libc::OPEN_TREE_CLONE | libc::AT_RECURSIVE as libc::c_uint;
        for (index, source) in p.sources.iter().enumerate() {
            let fd = libc::syscall(libc::SYS_open_tree, libc::AT_FDCWD, source.as_ptr(), flags);
            let wanted = FIRST_MOUNT_FD + index as RawFd;
            if fd < 0 || (fd as RawFd != wanted && libc::dup2(fd as RawFd, wanted) < 0) {
                fail(failed, MOUNT, index as i32);
            }
            if fd as RawFd != wanted {
                libc::close(fd as RawFd);
            }
        }
        // Not the C library's functions: those make every thread change its ids, and would wait here for threads that only the parent has.
        if libc::syscall(libc::SYS_setgroups, 0, std::ptr::null::<libc::gid_t>()) != 0
            || libc::syscall(libc::SYS_setresgid, 0, 0, 0) != 0
            || libc::syscall(libc::SYS_setresuid, 0, 0, 0) != 0
        {
            fail(failed, 2, 0);
        }
        // The caller's terminal is the caller's: a session of its own has none, and none can be had there.
        libc::setsid();
        if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) != 0 {
            fail(failed, 3, 0);
        }
        libc::syscall(
            libc::SYS_execveat,
            exe,
            c"".as_ptr(),
            p.argv.as_ptr(),
            p.envp.as_ptr(),
            libc::AT_EMPTY_PATH,
        );
        fail(failed, 4, 0)
    }
}

/// Reports a stage, an index and errno, and ends.
///
/// # Safety
/// As for [`child`].
unsafe fn fail(to: RawFd, stage: i32, index: i32) -> ! {
    // SAFETY: an array on the stack and a descriptor; errno is this thread's.
    unsafe {
        let report = [stage, index, *libc::__errno_location()];
        libc::write(to, report.as_ptr().cast(), std::mem::size_of_val(&report));
        libc::_exit(127)
    }
}
