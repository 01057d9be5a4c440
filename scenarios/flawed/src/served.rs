//! The reference store with a server, which answers its owner alone.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use interloper_driver::Failure;

use crate::hardened::{Hardened, Seal, Sound, Steps};

/// The reference store with a server: its socket has mode 0600, in a directory of mode 0700.
pub fn hardened_served() -> Hardened {
    Hardened::with("hardened-served", Seal::Plain, &Served)
}

struct Served;
impl Steps for Served {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        serve(dir, 0o600, "");
        Sound.write(dir, name, sealed)
    }
}

/// Serves the files of a directory on a socket in it, as long as the process lives: one server for each directory. Whoever does not begin with
/// `word` gets no answer.
pub(crate) fn serve(dir: BorrowedFd<'_>, mode: u32, word: &'static str) {
    static SERVED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let Ok(path) = fs::read_link(format!("/proc/self/fd/{}", dir.as_raw_fd())) else { return };
    if SERVED.lock().unwrap_or_else(PoisonError::into_inner).insert(path) {
        let _ = listen(dir, mode, word);
    }
}

fn listen(dir: BorrowedFd<'_>, mode: u32, word: &'static str) -> io::Result<()> {
    let dir = dir.try_clone_to_owned()?;
    let files = PathBuf::from(format!("/proc/self/fd/{}", dir.as_raw_fd()));
    let door = files.join("door");
    // That of a process that is gone.
    let _ = fs::remove_file(&door);
    let listener = UnixListener::bind(&door)?;
    fs::set_permissions(&door, Permissions::from_mode(mode))?;
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let _ = answer(client, &files, word);
        }
        drop(dir);
    });
    Ok(())
}

fn answer(mut client: UnixStream, files: &Path, word: &str) -> io::Result<()> {
    client.set_read_timeout(Some(Duration::from_secs(1)))?;
    let mut said = vec![0; word.len()];
    client.read_exact(&mut said)?;
    if said != word.as_bytes() {
        return Ok(());
    }
    for entry in fs::read_dir(files)?.flatten() {
        if entry.file_type()?.is_file() {
            client.write_all(&fs::read(entry.path())?)?;
        }
    }
    Ok(())
}
