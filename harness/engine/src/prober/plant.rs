//! What an attacker puts where a store will look.
//!
//! Everything is made under another name beside it and moved there in one call: the kernel decides whether its maker may, and nobody sees it half made.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, RenameFlags, openat, renameat2};
use nix::sys::stat::{Mode, lstat};
use serde::{Deserialize, Serialize};

/// Something that is planted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Plant {
    /// A symbolic link.
    Symlink {
        /// Where it leads, whether that is there or not.
        to: PathBuf,
    },
    /// A second name of a file.
    HardLink {
        /// Its first name.
        to: PathBuf,
    },
    /// A FIFO.
    Fifo {
        /// Whether its maker has it open for reading, so that whoever opens it for writing does not wait.
        listen: bool,
    },
    /// A directory.
    Dir {
        /// Its permission bits.
        mode: u32,
    },
    /// A regular file; its maker keeps it open for reading.
    File {
        /// What is in it.
        bytes: Vec<u8>,
        /// Its permission bits.
        mode: u32,
    },
    /// A directory with what is in it, modes 0755 and 0644: each name below it, parents first, and a file's contents.
    Tree(Vec<(PathBuf, Option<Vec<u8>>)>),
}

/// Who has a FIFO open, or waits in open(2) for its other side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Peers {
    /// Somebody reads, or waits to.
    pub reader: bool,
    /// Somebody writes, or waits to.
    pub writer: bool,
}

impl Peers {
    /// Whether there is anybody.
    pub fn any(self) -> bool {
        self.reader || self.writer
    }
}

/// What was planted, and what its maker keeps of it.
pub(super) struct Planted {
    pub(super) kept: Option<(&'static str, OwnedFd)>,
}

/// The name beside a path that things are made under; what was in the way has it afterwards.
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

/// Whether something could be planted there, by trying with an empty file and taking it back.
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

/// Who is at the other side of a FIFO: opening it for writing says ENXIO where nobody reads, and reading it says that it has ended
/// where nobody writes (fifo(7), pipe(7)). Who waits in open(2) counts.
pub(super) fn peers(at: &Path) -> Peers {
    let opened = |how: OFlag| {
        openat(AT_FDCWD, at, how | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC, Mode::empty())
    };
    let reader = opened(OFlag::O_WRONLY).is_ok();
    let writer = opened(OFlag::O_RDONLY)
        .is_ok_and(|fd| !matches!(nix::unistd::read(&fd, &mut [0_u8; 1]), Ok(0)));
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
            fs::DirBuilder::new().mode(0o755).create(at).map_err(errno)?;
            for (name, contents) in pieces {
                let path = at.join(name);
                match contents {
                    Some(bytes) => fs::write(&path, bytes),
                    None => fs::create_dir(&path),
                }
                .map_err(errno)?;
                let mode = if contents.is_some() { 0o644 } else { 0o755 };
                fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode))
                    .map_err(errno)?;
            }
            None
        }
    };
    Ok(Planted { kept })
}
