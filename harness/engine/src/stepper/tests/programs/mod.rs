//! Programs whose calls are known, in several languages; this one in Rust, in this very test binary.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::stat::{Mode, umask};
use nix::unistd::ForkResult;

/// The variable that makes this test binary one of the programs.
const VARIABLE: &str = "INTERLOPER_TEST_PROGRAM";
const MANY: usize = 20;
const FEW: usize = 3;

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    C,
    Python,
    Node,
    Rust,
}

impl Language {
    /// How a program is started, what it needs being made below a directory; the reason, where this host cannot.
    pub(super) fn command(self, dir: &Path, name: &str) -> Result<Vec<String>, String> {
        let place = |file: &str, text: &str| {
            let path = dir.join(file);
            fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let mut command = match self {
            Language::C => {
                let source = place("known.c", include_str!("known.c"));
                let program = dir.join("known").display().to_string();
                let arguments = ["-O1", "-Wall", "-pthread", "-o", &program, &source];
                say("cc", &arguments)?;
                vec![program]
            }
            Language::Python => {
                // Not by way of a script that looks for it.
                let python = say("python3", &["-c", "import sys; print(sys.executable)"])?;
                // Nothing of the user's: its look-ups below the home would be steps.
                let source = place("known.py", include_str!("known.py"));
                vec![python, "-I".into(), "-S".into(), source]
            }
            Language::Node => {
                let node = say("node", &["-p", "process.execPath"])?;
                vec![node, place("known.js", include_str!("known.js"))]
            }
            Language::Rust => {
                vec![std::env::current_exe().unwrap().display().to_string()]
            }
        };
        command.push(name.to_owned());
        Ok(command)
    }

    /// What is in its environment beside a driver's.
    pub(super) fn environment(self) -> Vec<(String, String)> {
        match self {
            Language::Rust => vec![(VARIABLE.into(), "1".into())],
            Language::C | Language::Python | Language::Node => Vec::new(),
        }
    }
}

/// What a program says.
fn say(program: &str, arguments: &[&str]) -> Result<String, String> {
    match Command::new(program).args(arguments).output() {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        Ok(output) => Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr))),
        Err(error) => Err(format!("{program}: {error}")),
    }
}

/// Becomes one of the programs, where this process was executed as that.
pub(super) fn enter() {
    if std::env::var_os(VARIABLE).is_none() {
        return;
    }
    let arguments: Vec<String> = std::env::args().collect();
    let name = arguments.get(1).map(String::as_str);
    match name {
        Some("plain") => plain(),
        Some("threads") => threads(),
        Some("children") => children(),
        Some("spawned") => spawned(),
        Some("leaf") => make_files("p", arguments[2].parse().unwrap()),
        Some("fails") => fails(),
        Some("saves") => saves(),
        _ => std::process::exit(2),
    }
    std::process::exit(0);
}

fn at(name: &str) -> PathBuf {
    Path::new(&std::env::var_os("HOME").unwrap()).join(name)
}

fn make_dir(path: &Path, mode: u32) {
    DirBuilder::new().mode(mode).create(path).unwrap();
}

fn make(path: &Path, mode: u32) -> File {
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path).unwrap()
}

fn make_files(directory: &str, who: usize) {
    for n in 0..MANY {
        make(&at(&format!("{directory}/{who}-{n}")), 0o600).write_all(b"abc").unwrap();
    }
}

fn plain() {
    umask(Mode::from_bits_truncate(0o027));
    make_dir(&at("d"), 0o750);
    std::env::set_current_dir(at("d")).unwrap();
    let mut file = make(Path::new("a"), 0o640);
    file.write_all(b"hello").unwrap();
    file.sync_all().unwrap();
    drop(file);
    fs::rename("a", "b").unwrap();
    fs::set_permissions("b", Permissions::from_mode(0o600)).unwrap();
    std::os::unix::fs::symlink("b", "s").unwrap();
    let mut file = File::open("b").unwrap();
    assert_eq!(file.read(&mut [0; 16]).unwrap(), 5);
    drop(file);
    fs::remove_file("b").unwrap();
}

fn threads() {
    make_dir(&at("t"), 0o700);
    std::thread::scope(|scope| {
        for n in 0..FEW {
            scope.spawn(move || make_files("t", n));
        }
    });
}

fn children() {
    make_dir(&at("c"), 0o700);
    for n in 0..FEW {
        // SAFETY: this program has one thread.
        if let ForkResult::Child = unsafe { nix::unistd::fork() }.unwrap() {
            make_files("c", n);
            std::process::exit(0);
        }
    }
    for _ in 0..FEW {
        nix::sys::wait::wait().unwrap();
    }
}

fn spawned() {
    make_dir(&at("p"), 0o700);
    for n in 0..FEW {
        let itself = std::env::current_exe().unwrap();
        assert!(Command::new(itself).args(["leaf", &n.to_string()]).status().unwrap().success());
    }
}

fn fails() {
    let opened =
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(at("e"));
    println!("{}", opened.map_or_else(|error| error.raw_os_error().unwrap(), |_| 0));
}

/// Says what an action came to: `0`, or the number of its error.
fn told(what: &str, done: std::io::Result<()>) {
    let code = done.map_or_else(|error| error.raw_os_error().unwrap_or(-1), |()| 0);
    println!("{what} {code}");
}

/// Saves as a careless store does, and says what each part came to.
fn saves() {
    umask(Mode::empty());
    told("mkdir", DirBuilder::new().mode(0o777).create(at("d")));
    let save = |name: &str, text: &str| {
        let mut options = OpenOptions::new();
        let mut file =
            options.write(true).create(true).truncate(true).mode(0o666).open(at(name))?;
        let written = file.write_all(text.as_bytes());
        // The library does not look at what a close gives.
        // SAFETY: the descriptor is this function's alone.
        let closed = unsafe { libc::close(std::os::fd::IntoRawFd::into_raw_fd(file)) };
        written.and(if closed < 0 { Err(std::io::Error::last_os_error()) } else { Ok(()) })
    };
    told("first", save("d/a", "first"));
    told("second", save("d/a", "second"));
    told("through a link", save("link", "third"));
    told("read", fs::read(at("d/a")).map(|text| print!("{} ", String::from_utf8_lossy(&text))));
    told("read a link", fs::read(at("link")).map(drop));
    told("fifo", File::open(at("fifo")).map(drop));
    told("rename", fs::rename(at("d/a"), at("d/b")));
    told("chmod", fs::set_permissions(at("d/b"), Permissions::from_mode(0o644)));
    told("unlink", fs::remove_file(at("d/b")));
}

/// Puts a filter on that lets everything pass, and has a listener.
pub(super) fn listen_to_nothing() -> Result<OwnedFd, String> {
    let pass = libc::BPF_RET | libc::BPF_K;
    let mut pass =
        libc::sock_filter { code: pass as u16, jt: 0, jf: 0, k: libc::SECCOMP_RET_ALLOW };
    let filter = libc::sock_fprog { len: 1, filter: &raw mut pass };
    nix::sys::prctl::set_no_new_privs().map_err(|errno| errno.to_string())?;
    let flags = libc::SECCOMP_FILTER_FLAG_NEW_LISTENER;
    // SAFETY: `filter` points to one instruction, which the kernel copies; the result is checked.
    let fd = unsafe {
        libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, flags, &raw const filter)
    };
    match i32::try_from(fd) {
        // SAFETY: the kernel just made this descriptor for us.
        Ok(fd) if fd >= 0 => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        _ => Err(std::io::Error::last_os_error().to_string()),
    }
}
