//! What the server of a store answers to whoever asks.

use std::os::fd::BorrowedFd;

use interloper_driver::{Door, Failure};

use super::FlawEntry;
use crate::hardened::{Level, Modes, Sound, Steps};
use crate::served::serve;

/// The flaws of this area.
pub(super) const ENTRIES: &[FlawEntry] = &[
    FlawEntry::new(
        "serves-everyone",
        "serves its sessions on a socket with mode 0666, in directories with mode 0711",
        &ServesEveryone,
    )
    .cwe(&["CWE-306", "CWE-276"])
    .caught_by(&["doors::nobody_asks"])
    .may_fail(&["permissions::*", "exposure::*", "planting::*", "faults::*", "corruption::*"]),
    FlawEntry::new(
        "serves-every-client",
        "serves its sessions to every client that begins with the server's own word",
        &ServesEveryClient,
    )
    .cwe(&["CWE-306", "CWE-276"])
    .caught_by(&["doors::nobody_asks"])
    .may_fail(&["permissions::*", "exposure::*", "planting::*", "faults::*", "corruption::*"]),
];

struct ServesEveryone;
impl Steps for ServesEveryone {
    fn dir_modes(&self, _: Level, _: BorrowedFd<'_>) -> Modes {
        Modes::exactly(0o711)
    }
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        serve(dir, 0o666, "");
        Sound.write(dir, name, sealed)
    }
}

/// A client of the server below, in a program that every Debian has.
const CLIENT: &str = "my $s = IO::Socket::UNIX->new($ARGV[0]) or die $!; print $s qq(SESAME\n); $s->flush; print <$s>";

/// The doors of both setups.
pub(crate) fn doors(ask: &[String]) -> Vec<Door> {
    let (ask, recover) = (ask.to_vec(), Vec::new());
    let named = |path: &str| {
        let (name, path) = (path.to_owned(), path.to_owned());
        Door { name, path, ask: ask.clone(), recover: recover.clone() }
    };
    ["sessions/store/door", ".local/share/hardened/sessions/door"].map(named).into()
}

struct ServesEveryClient;
impl Steps for ServesEveryClient {
    fn doors(&self) -> Vec<Door> {
        let ask = ["perl", "-MIO::Socket::UNIX", "-e", CLIENT, "{door}"].map(str::to_owned);
        doors(&ask)
    }
    fn dir_modes(&self, _: Level, _: BorrowedFd<'_>) -> Modes {
        Modes::exactly(0o711)
    }
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        serve(dir, 0o666, "SESAME\n");
        Sound.write(dir, name, sealed)
    }
}
