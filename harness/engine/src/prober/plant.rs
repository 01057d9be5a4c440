//! What an attacker puts where a store will look.
//!
//! Everything is made under another name beside it and moved there in one call: the kernel decides whether its maker may, and nobody sees it half made.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, RenameFlags, openat, renameat2};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::{Mode, lstat};
use serde::{Deserialize, Serialize};

/// Node that an attacker plants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Plant {
    /// A symbolic link.
    Symlink {
        /// Target of the link, which need not exist.
        #[serde(with = "crate::paths::bytes")]
        to: PathBuf,
    },
    /// A second name of a file.
    HardLink {
        /// Its first name.
        #[serde(with = "crate::paths::bytes")]
        to: PathBuf,
    },
    /// A FIFO.
    Fifo {
        /// Whether its maker has it open for reading, so that an open for writing does not wait.
        listen: bool,
    },
    /// A directory.
    Dir {
        /// Its permission bits.
        mode: u32,
    },
    /// A regular file; its maker keeps it open for reading.
    File {
        /// Contents of the file.
        bytes: Vec<u8>,
        /// Its permission bits.
        mode: u32,
    },
    /// A directory with what is in it, modes 0777 and 0666, so that a store which locks or writes there gets as far as it would: each name below it, parents first, and a file's contents.
    Tree(#[serde(with = "crate::paths::listed")] Vec<(PathBuf, Option<Vec<u8>>)>),
}

/// Ends of a FIFO that are open, or waited for in open(2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peers {
    /// Whether a process reads, or waits to.
    pub reader: bool,
    /// Whether a process writes, or waits to.
    pub writer: bool,
}

/// Planted node, and the descriptors that its maker keeps of it.
pub(super) struct Planted {
    pub(super) kept: Option<(&'static str, OwnedFd)>,
}

/// Returns the name beside a path that things are made under; what was in the way has it afterwards.
fn aside(at: &Path) -> Option<PathBuf> {
    let mut name = OsString::from(".interloper-");
    name.push(at.file_name()?);
    Some(at.parent()?.join(name))
}

/// Plants something, as whoever calls; gives what the kernel said where it refused.
pub(super) fn plant(what: &Plant, at: &Path) -> Result<Planted, String> {
    let aside = aside(at).ok_or("nothing can be planted there")?;
    let made = make(what, &aside).and_then(|planted| {
        let flags =
            if there(at) { RenameFlags::RENAME_EXCHANGE } else { RenameFlags::RENAME_NOREPLACE };
        renameat2(AT_FDCWD, &aside, AT_FDCWD, at, flags)?;
        Ok(planted)
    });
    made.map_err(|errno| {
        // What could not be put in its place is nobody's business.
        let _ = fs::remove_file(&aside).or_else(|_| fs::remove_dir_all(&aside));
        format!("{errno:?}")
    })
}

/// Returns whether something could be planted there, by trying with an empty file and taking it back.
///
/// # Errors
/// When what was moved could not be moved back.
pub(super) fn can_plant(at: &Path) -> Result<bool, String> {
    let Some(aside) = aside(at) else { return Ok(false) };
    let empty = Plant::File { bytes: Vec::new(), mode: 0o600 };
    if make(&empty, &aside).is_err() {
        return Ok(false);
    }
    let exchange = || renameat2(AT_FDCWD, &aside, AT_FDCWD, at, RenameFlags::RENAME_EXCHANGE);
    let mut can = true;
    if there(at) {
        can = exchange().is_ok();
        if can {
            exchange().map_err(|errno| format!("could not put {} back: {errno}", at.display()))?;
        }
    }
    fs::remove_file(&aside)
        .map_err(|error| format!("could not remove {} again: {error}", aside.display()))?;
    Ok(can)
}

/// Returns which ends of a FIFO are open: opening it for writing fails with ENXIO if nobody reads, and reading it returns its end if nobody
/// writes (fifo(7), pipe(7)). Processes that wait in open(2) count.
pub(super) fn peers(at: &Path) -> Peers {
    let opened = |how: OFlag| {
        openat(AT_FDCWD, at, how | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC, Mode::empty())
    };
    let reader = opened(OFlag::O_WRONLY).is_ok();
    let writer = opened(OFlag::O_RDONLY).is_ok_and(|fd| {
        // Who was let go by this very opening may be gone again: poll(2) tells that, and read(2) would say what it says of nobody.
        let mut asked = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
        let told = poll(&mut asked, PollTimeout::ZERO).is_ok_and(|ready| ready > 0);
        told || nix::unistd::read(&fd, &mut [0_u8; 1]) == Err(Errno::EAGAIN)
    });
    Peers { reader, writer }
}

fn there(path: &Path) -> bool {
    lstat(path).is_ok()
}

fn make(what: &Plant, at: &Path) -> nix::Result<Planted> {
    let errno = |error: std::io::Error| Errno::from_raw(error.raw_os_error().unwrap_or_default());
    let kept = match what {
        Plant::Symlink { to } => {
            symlink(to, at).map_err(errno)?;
            None
        }
        Plant::HardLink { to } => {
            fs::hard_link(to, at).map_err(errno)?;
            None
        }
        Plant::Fifo { listen } => {
            nix::unistd::mkfifo(at, Mode::from_bits_truncate(0o666))?;
            let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
            match listen {
                true => Some(("fifo", openat(AT_FDCWD, at, flags, Mode::empty())?)),
                false => None,
            }
        }
        Plant::Dir { mode } => {
            fs::DirBuilder::new().mode(*mode).create(at).map_err(errno)?;
            None
        }
        Plant::File { bytes, mode } => {
            let mut options = fs::OpenOptions::new();
            let options = options.read(true).write(true).create_new(true).mode(*mode);
            let mut file = options.open(at).map_err(errno)?;
            file.write_all(bytes).map_err(errno)?;
            Some(("read", file.into()))
        }
        Plant::Tree(pieces) => {
            fs::DirBuilder::new().mode(0o777).create(at).map_err(errno)?;
            for (name, contents) in pieces {
                let path = at.join(name);
                match contents {
                    Some(bytes) => fs::write(&path, bytes),
                    None => fs::create_dir(&path),
                }
                .map_err(errno)?;
                let mode = if contents.is_some() { 0o666 } else { 0o777 };
                fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode))
                    .map_err(errno)?;
            }
            None
        }
    };
    Ok(Planted { kept })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_a_directory(check: impl FnOnce(&Path)) {
        check(tempfile::tempdir().unwrap().path());
    }

    fn put(what: &Plant, at: &Path) -> Option<(&'static str, OwnedFd)> {
        plant(what, at).unwrap().kept
    }

    fn comes(what: impl Fn() -> bool) -> bool {
        let began = std::time::Instant::now();
        while began.elapsed().as_secs() < 10 {
            if what() {
                return true;
            }
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        false
    }

    #[test]
    fn what_is_in_the_way_is_moved_aside() {
        in_a_directory(|dir| {
            let at = dir.join("session");
            fs::write(&at, "theirs").unwrap();
            put(&Plant::Symlink { to: "/nowhere".into() }, &at);
            assert_eq!(fs::read_link(&at).unwrap(), Path::new("/nowhere"));
            assert_eq!(fs::read(dir.join(".interloper-session")).unwrap(), b"theirs");
        });
    }

    #[test]
    fn trying_leaves_everything_as_it_was() {
        in_a_directory(|dir| {
            let (at, none) = (dir.join("session"), dir.join("none"));
            fs::write(&at, "theirs").unwrap();
            assert_eq!((can_plant(&at), can_plant(&none)), (Ok(true), Ok(true)));
            assert_eq!(can_plant(&dir.join("no/such")), Ok(false));
            assert_eq!(fs::read(&at).unwrap(), b"theirs");
            assert_eq!(fs::read_dir(dir).unwrap().count(), 1);
        });
    }

    #[test]
    fn what_the_kernel_refuses_is_told_and_leaves_nothing() {
        in_a_directory(|dir| {
            let to = dir.join("nothing");
            let refused = plant(&Plant::HardLink { to }, &dir.join("session"));
            assert_eq!(refused.err().as_deref(), Some("ENOENT"));
            assert_eq!(fs::read_dir(dir).unwrap().count(), 0);
        });
    }

    #[test]
    fn a_fifo_tells_who_is_at_its_other_side() {
        in_a_directory(|dir| {
            let at = dir.join("session");
            let listening = put(&Plant::Fifo { listen: true }, &at);
            assert_eq!(peers(&at), Peers { reader: true, writer: false });
            drop(listening);
            // A test beside this one may fork at this moment, and its child holds the descriptor a while.
            assert!(comes(|| peers(&at) == Peers { reader: false, writer: false }));
            let path = at.clone();
            // It sleeps in open(2) until somebody writes, or looks who is there.
            let waiting = std::thread::spawn(move || drop(fs::File::open(path)));
            assert!(comes(|| peers(&at).reader));
            waiting.join().unwrap();
            let path = at.clone();
            let waiting = std::thread::spawn(move || {
                drop(fs::OpenOptions::new().write(true).open(path));
            });
            assert!(comes(|| peers(&at).writer));
            waiting.join().unwrap();
        });
    }

    #[test]
    fn a_tree_has_what_it_had() {
        in_a_directory(|dir| {
            let at = dir.join("store");
            let pieces = vec![("in".into(), None), ("in/file".into(), Some(b"older".to_vec()))];
            put(&Plant::Tree(pieces), &at);
            assert_eq!(fs::read(at.join("in/file")).unwrap(), b"older");
        });
    }
}
