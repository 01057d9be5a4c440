//! What the server of a store answers to whoever asks.

use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::thread;

use interloper_driver::Failure;

use super::FlawEntry;
use crate::hardened::{Level, Modes, Sound, Steps};

/// The flaws of this area.
pub(super) const ENTRIES: &[FlawEntry] = &[FlawEntry::new(
    "serves-everyone",
    "serves its sessions on a socket with mode 0666, in directories with mode 0711",
    &ServesEveryone,
)
.cwe(&["CWE-306", "CWE-276"])
.caught_by(&["doors::nobody_asks"])
.may_fail(&["permissions::*", "exposure::*", "planting::*", "faults::*", "corruption::*"])];

/// One server in each process.
static SERVED: Once = Once::new();

struct ServesEveryone;
impl Steps for ServesEveryone {
    fn dir_modes(&self, _: Level, _: BorrowedFd<'_>) -> Modes {
        Modes::exactly(0o711)
    }
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        SERVED.call_once(|| drop(serve(dir, 0o666)));
        Sound.write(dir, name, sealed)
    }
}

/// The store that serves its sessions to its owner alone: the socket has mode 0600, in a directory of mode 0700.
pub(crate) struct ServesItsOwner;
impl Steps for ServesItsOwner {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        SERVED.call_once(|| drop(serve(dir, 0o600)));
        Sound.write(dir, name, sealed)
    }
}

/// Serves the files of a directory on a socket in it, as long as the process lives.
fn serve(dir: BorrowedFd<'_>, mode: u32) -> io::Result<()> {
    let dir = dir.try_clone_to_owned()?;
    let files = PathBuf::from(format!("/proc/self/fd/{}", dir.as_raw_fd()));
    let door = files.join("door");
    // That of a process that is gone.
    let _ = fs::remove_file(&door);
    let listener = UnixListener::bind(&door)?;
    fs::set_permissions(&door, Permissions::from_mode(mode))?;
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let _ = answer(client, &files);
        }
        drop(dir);
    });
    Ok(())
}

fn answer(mut client: UnixStream, files: &Path) -> io::Result<()> {
    for entry in fs::read_dir(files)?.flatten() {
        if entry.file_type()?.is_file() {
            client.write_all(&fs::read(entry.path())?)?;
        }
    }
    Ok(())
}
