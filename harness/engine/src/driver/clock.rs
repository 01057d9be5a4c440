//! The system's clock, and one that is ahead, for drivers whose store reads it: [libfaketime](https://github.com/wolfcw/libfaketime).
//!
//! It stands between a program and its C library. A program that was linked statically, or asks the kernel itself, goes by the real clock:
//! whether a driver does, its `hello` says.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The variable that names the library, and where it names no file, sees to it that none is used. Where it is not set, directories are searched.
pub(crate) const FAKETIME: &str = "INTERLOPER_FAKETIME";
/// Build of libfaketime that is safe in a program with several threads.
const LIBRARY: &str = "libfaketimeMT.so.1";

/// Returns the time, in Unix seconds.
pub(crate) fn unix_seconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// Returns the path of libfaketime, or the reason why there is none.
///
/// # Errors
/// A clause for people.
pub fn faketime() -> Result<PathBuf, &'static str> {
    if let Some(named) = std::env::var_os(FAKETIME) {
        let path = Some(PathBuf::from(named)).filter(|path| path.is_file());
        return path.ok_or("INTERLOPER_FAKETIME names no file that the sandbox shows");
    }
    // Debian has a directory for each architecture, others one for all.
    let triplets = fs::read_dir("/usr/lib").into_iter().flatten().filter_map(Result::ok);
    let mut dirs: Vec<PathBuf> = triplets.map(|entry| entry.path()).collect();
    dirs.sort_unstable();
    dirs.extend(["/usr/lib64", "/usr/lib", "/usr/local/lib"].map(PathBuf::from));
    let mut paths = dirs.into_iter().map(|dir| dir.join("faketime").join(LIBRARY));
    paths.find(|path| path.is_file()).ok_or("libfaketime is not installed")
}

/// Returns the variables that put a program's clock ahead by so many seconds, and leave the times of files alone: programs that ask for
/// them by another function of the C library than the ones that libfaketime replaces would get others.
pub(crate) fn putting_ahead(library: &Path, ahead: i64) -> [(&'static str, String); 5] {
    [
        ("LD_PRELOAD", library.to_string_lossy().into_owned()),
        ("FAKETIME", format!("{ahead:+}")),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
        ("NO_FAKE_STAT", "1".into()),
        ("FAKE_UTIME", "0".into()),
    ]
}
