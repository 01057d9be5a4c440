//! Reading what may be read, and the canaries in it.

use std::ffi::OsString;
use std::os::fd::AsFd;
use std::path::Path;

use nix::errno::Errno;

use super::result::Sighting;
use crate::residue::{Hit, Search};

/// Upper limit for reading one file, in bytes.
pub(crate) const READ_LIMIT: u64 = 8 << 20;
/// Upper limit for the names listed of one directory.
pub(crate) const NAMES_LIMIT: usize = 256;

/// Searches bytes for canaries; each is told of once, at its first place.
pub(crate) fn sightings(search: &Search, bytes: &[u8]) -> Vec<Sighting> {
    first_of_each(search.search(bytes))
}

/// Returns the first hit of each canary.
pub(crate) fn first_of_each(hits: Vec<Hit>) -> Vec<Sighting> {
    let mut seen: Vec<Sighting> = Vec::new();
    for hit in hits {
        if seen.iter().any(|other| other.canary == hit.canary) {
            continue;
        }
        let wrapped: Vec<String> = hit.wrapped.iter().map(ToString::to_string).collect();
        seen.push(Sighting {
            canary: hit.canary,
            block: hit.block,
            offset: hit.offset as u64,
            wrapped: wrapped.join(" in "),
        });
    }
    seen
}

/// Reads an open file from its start, whatever its position is. What is shorter than it was asked for is its end: regular files are read
/// whole, read(2), and what is no regular file has no place to read from, pread(2).
pub(crate) fn read_from_start(file: impl AsFd) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut chunk = [0_u8; 16 << 10];
    while (bytes.len() as u64) < READ_LIMIT {
        match nix::sys::uio::pread(file.as_fd(), &mut chunk, bytes.len() as libc::off_t) {
            Ok(n) => {
                bytes.extend_from_slice(&chunk[..n]);
                if n < chunk.len() {
                    break;
                }
            }
            Err(Errno::EINTR) => {}
            Err(_) => break,
        }
    }
    bytes
}

pub(crate) fn list(path: &Path) -> Option<Vec<OsString>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path).ok()?.take(NAMES_LIMIT) {
        names.push(entry.ok()?.file_name());
    }
    names.sort();
    Some(names)
}
