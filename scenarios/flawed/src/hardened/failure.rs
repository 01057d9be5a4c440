//! What the kernel's errors are called in the protocol.

use interloper_driver::{ErrorKind, Failure};
use rustix::io::Errno;

/// Says what was being done when the kernel refused.
///
/// The message names the step and never the id, because ids may be secret and messages end up in logs (CWE-532).
pub(crate) fn failed(doing: &str) -> impl Fn(Errno) -> Failure + '_ {
    move |errno| {
        let kind = match errno {
            Errno::ACCESS | Errno::PERM | Errno::ROFS => ErrorKind::Denied,
            // A link, a directory, a socket or a file lies where something else belongs.
            Errno::LOOP | Errno::ISDIR | Errno::NOTDIR | Errno::NXIO => ErrorKind::Corrupt,
            Errno::INVAL | Errno::NAMETOOLONG => ErrorKind::Invalid,
            _ => ErrorKind::Io,
        };
        Failure::new(kind, format!("cannot {doing}: {errno}"))
    }
}

/// Somebody else owns it, or may write to it.
pub(crate) fn denied(why: &str) -> Failure {
    Failure::new(ErrorKind::Denied, why)
}
