//! Starting a driver as the principal that runs the store.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use interloper_driver::{ANSWER_FD, REQUEST_FD};
use nix::fcntl::OFlag;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::SigSet;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use nix::unistd::pipe2;

use super::clock::{faketime, putting_ahead};
use super::hosting::{Hosting, StoreSpec};
use crate::confine;
use crate::error::{Context, Error, Result};
use crate::principal::{Ids, Principal};
use crate::privilege::{become_principal, give_up_privileges};
use crate::role;
use crate::sandbox::{Layout, Tier};
use crate::stepper::{Hold, entrance};

/// Key of a driver in a sandbox: two may work on one store at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DriverKey {
    /// Principal that it runs as.
    pub(crate) principal: Principal,
    /// Tells several drivers of one principal apart.
    pub(crate) client: u8,
    /// Whether, and how, its calls are held.
    pub(crate) hold: Option<Hold>,
    /// Seconds by which libfaketime puts its clock ahead.
    pub(crate) ahead: i64,
}

impl DriverKey {
    /// Returns the only driver of a principal, whose calls pass.
    pub(crate) fn free(principal: Principal) -> DriverKey {
        DriverKey { principal, client: 0, hold: None, ahead: 0 }
    }
}

/// A driver's process and the harness's ends of its pipes.
pub(crate) struct Spawned {
    pub(crate) child: Child,
    pub(crate) requests: OwnedFd,
    pub(crate) answers: OwnedFd,
    pub(crate) stdout: OwnedFd,
    pub(crate) stderr: OwnedFd,
    /// Socket over which the driver's process hands over its listener, if its calls are held.
    pub(crate) entrance: Option<OwnedFd>,
}

/// Resource limits of a driver; each stops a store that runs wild, and is not a test.
const LIMITS: [(Resource, u64); 5] = [
    (Resource::RLIMIT_CORE, 0),
    (Resource::RLIMIT_NOFILE, 1024),
    (Resource::RLIMIT_NPROC, 256),
    (Resource::RLIMIT_FSIZE, 1 << 30),
    (Resource::RLIMIT_DATA, 4 << 30),
];

/// Starts the driver.
pub(crate) fn spawn(
    spec: &StoreSpec,
    tier: Tier,
    layout: &Layout,
    ids: &Ids,
    key: DriverKey,
) -> Result<Spawned> {
    let DriverKey { principal, hold, ahead, .. } = key;
    let (request_read, request_write) = pipe2(OFlag::O_CLOEXEC).doing("make a pipe")?;
    let (answer_read, answer_write) = pipe2(OFlag::O_CLOEXEC).doing("make a pipe")?;
    let (out_read, out_write) = pipe2(OFlag::O_CLOEXEC).doing("make a pipe")?;
    let (err_read, err_write) = pipe2(OFlag::O_CLOEXEC).doing("make a pipe")?;
    let (own_entrance, its_entrance) = match hold {
        Some(_) => {
            let kind = (AddressFamily::Unix, SockType::SeqPacket, SockFlag::SOCK_CLOEXEC);
            let (own, its) = socketpair(kind.0, kind.1, None, kind.2).doing("make a socket")?;
            (Some(own), Some(its))
        }
        None => (None, None),
    };
    let identity = ids.of(principal).clone();
    if tier != Tier::Predicted {
        // Runtimes that open /dev/fd/3 anew are checked against the pipe's owner.
        for pipe in [&request_read, &answer_write, &out_write, &err_write] {
            let (uid, gid) = (identity.uid.into(), identity.gid.into());
            nix::unistd::fchown(pipe.as_fd(), Some(uid), Some(gid)).doing("give a pipe away")?;
        }
    }

    let mut command = command(spec, tier, layout, principal, hold)?;
    if ahead != 0 {
        let library = faketime().map_err(|why| Error::Driver(why.into()))?;
        command.envs(putting_ahead(&library, ahead));
    }
    command.stdin(Stdio::from(File::open("/dev/null").on("open", "/dev/null")?));
    command.stdout(Stdio::from(out_write)).stderr(Stdio::from(err_write));
    let (requests, answers) = (request_read.as_raw_fd(), answer_write.as_raw_fd());
    let entrance = its_entrance.as_ref().map(AsRawFd::as_raw_fd);
    let drop_ids = tier != Tier::Predicted;
    let filter = confine::program(tier);
    let prepare = move || -> io::Result<()> {
        // In this order: a session of its own, its descriptors, its limits, its ids, which take the right to do the rest, and last the
        // filter, which lets nothing but the program be executed any more that it does not let every driver do.
        nix::unistd::setsid()?;
        // The supervisor blocks SIGCHLD where it traces, and a program inherits what is blocked.
        SigSet::empty().thread_set_mask()?;
        let mut last = ANSWER_FD;
        // SAFETY: numbers only. The pipes are above 5: the supervisor keeps 3 to 5 occupied, so none overwrites another.
        unsafe {
            if libc::dup2(requests, REQUEST_FD) < 0 || libc::dup2(answers, ANSWER_FD) < 0 {
                return Err(io::Error::last_os_error());
            }
            if let Some(entrance) = entrance {
                if libc::dup2(entrance, entrance::SOCKET) < 0 {
                    return Err(io::Error::last_os_error());
                }
                last = entrance::SOCKET;
            }
            libc::close_range(last as u32 + 1, u32::MAX, libc::CLOSE_RANGE_CLOEXEC as i32);
        }
        if hold == Some(Hold::Answer) {
            // So that what is made of an address is the same each time. A container may refuse it: then it is not.
            // SAFETY: a number only.
            unsafe { libc::personality(libc::ADDR_NO_RANDOMIZE as libc::c_ulong) };
        }
        for (resource, limit) in LIMITS {
            let hard = nix::sys::resource::getrlimit(resource)?.1;
            setrlimit(resource, limit.min(hard), limit.min(hard))?;
        }
        if drop_ids {
            become_principal(&identity)?;
        } else {
            give_up_privileges()?;
        }
        if tier != Tier::Namespaces {
            confine::keep_to_itself();
        }
        Ok(confine::put_on(&filter)?)
    };
    // SAFETY: the supervisor has one thread, and the closure makes system calls on what was prepared.
    unsafe { command.pre_exec(prepare) };
    let child = command.spawn().map_err(|error| {
        let program = command.get_program().to_string_lossy().into_owned();
        Error::Driver(format!("cannot execute {program} as {principal}: {error}"))
    })?;
    drop((request_read, answer_write, its_entrance));
    Ok(Spawned {
        child,
        requests: request_write,
        answers: answer_read,
        stdout: out_read,
        stderr: err_read,
        entrance: own_entrance,
    })
}

/// This program.
const OWN: &str = "/proc/self/exe";

/// Builds the command: the program, its arguments and the environment, the same for every case.
fn command(
    spec: &StoreSpec,
    tier: Tier,
    layout: &Layout,
    principal: Principal,
    hold: Option<Hold>,
) -> Result<Command> {
    let home = layout.home(principal);
    let mut command = match &spec.hosting {
        // Executed twice: what a program is shown of the clock is decided as it is executed.
        Hosting::Adapter(_) if hold == Some(Hold::Answer) => {
            let mut command = Command::new(OWN);
            command.arg(OWN);
            command
        }
        Hosting::Adapter(_) => Command::new(OWN),
        Hosting::Command { argv, .. } => {
            let files = layout.driver_files();
            let mut argv =
                argv.iter().map(|argument| argument.replace("{files}", &files.to_string_lossy()));
            let program =
                argv.next().ok_or_else(|| Error::Driver("the command is empty".into()))?;
            let mut command = match hold {
                None => Command::new(program),
                Some(_) => {
                    let mut command = Command::new(OWN);
                    command.arg(program);
                    command
                }
            };
            command.args(argv);
            command
        }
    };
    // Not the home: that is removed and made anew between cases, and a process in a removed directory has none.
    command.current_dir(layout.base()).env_clear().envs([
        ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        ("LANG", "C.UTF-8"),
        ("LC_ALL", "C.UTF-8"),
        ("TZ", "UTC"),
        ("PYTHONHASHSEED", "0"),
        ("PYTHONDONTWRITEBYTECODE", "1"),
        // What a store prints is evidence, and its process may be killed before Python would write it.
        ("PYTHONUNBUFFERED", "1"),
        ("UV_THREADPOOL_SIZE", "1"),
        ("USER", principal.as_str()),
        ("LOGNAME", principal.as_str()),
    ]);
    command.env("HOME", &home).env("XDG_RUNTIME_DIR", layout.runtime_dir().join("owner"));
    if tier != Tier::Namespaces {
        command.env("TMPDIR", layout.tmp());
    }
    match &spec.hosting {
        Hosting::Adapter(name) => {
            let role = format!("{}{name}", role::DRIVER);
            if hold == Some(Hold::Answer) {
                command.env(role::VARIABLE, entrance::ROLE).env(entrance::NEXT_ROLE, role);
            } else {
                command.env(role::VARIABLE, role);
            }
        }
        Hosting::Command { env, .. } => {
            let files = layout.driver_files();
            let put = |value: &str| value.replace("{files}", &files.to_string_lossy());
            command.envs(env.iter().map(|(key, value)| (key, put(value))));
            if hold.is_some() {
                command.env(role::VARIABLE, entrance::ROLE);
            }
        }
    }
    if let Some(hold) = hold {
        command.env(entrance::VARIABLE, hold.as_str());
    }
    Ok(command)
}

/// Opens a descriptor that means this process for as long as it is open, whoever gets the pid later.
pub(crate) fn pidfd_open(pid: i32) -> io::Result<OwnedFd> {
    // SAFETY: numbers only; the result is checked before it is owned.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as RawFd) })
}

/// Sends a signal; a process that is gone already is no error.
pub(crate) fn pidfd_send_signal(process: BorrowedFd<'_>, signal: nix::sys::signal::Signal) {
    // SAFETY: numbers, and a null that means "no more to say".
    unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            process.as_raw_fd(),
            signal as i32,
            std::ptr::null::<libc::siginfo_t>(),
            0,
        );
    }
}
