//! What deleting leaves.

use std::os::fd::BorrowedFd;

use interloper_driver::{ErrorKind, Failure};
use rustix::fs::{Dir, renameat};

use super::FlawEntry;
use super::identifiers::hex_or_hash;
use crate::hardened::{Sound, Steps, exists, failed};

/// The flaws of this area.
pub(super) const ENTRIES: &[FlawEntry] = &[
    FlawEntry::new(
        "delete-does-nothing",
        "answers ok to a delete and keeps the session",
        &DeleteDoesNothing,
    )
    .cwe(&["CWE-613"])
    .like(&["CVE-2024-31999", "CVE-2026-30224"])
    .caught_by(&["deletion::absent_after_delete"])
    .may_fail(&["concurrency::*", "deletion::residue", "permissions::any_history"]),
    FlawEntry::new(
        "delete-twice-fails",
        "answers an input/output error when what is to be deleted is gone",
        &DeleteTwiceFails,
    )
    .cwe(&["CWE-754"])
    .caught_by(&["deletion::idempotent"]),
    FlawEntry::new(
        "deletes-by-prefix",
        "deletes every session whose id begins with the one given",
        &DeletesByPrefix,
    )
    .cwe(&["CWE-706"])
    .caught_by(&["deletion::neighbours_untouched"]),
    FlawEntry::new(
        "soft-delete",
        "renames a deleted session to .deleted and keeps it",
        &SoftDelete,
    )
    .cwe(&["CWE-459"])
    .caught_by(&["deletion::residue"])
    .may_fail(&["faults::errors"]),
];

struct DeleteDoesNothing;
impl Steps for DeleteDoesNothing {
    fn remove(&self, _: BorrowedFd<'_>, _: &str) -> Result<(), Failure> {
        Ok(())
    }
}

struct DeleteTwiceFails;
impl Steps for DeleteTwiceFails {
    fn remove(&self, dir: BorrowedFd<'_>, name: &str) -> Result<(), Failure> {
        match exists(dir, name) {
            true => Sound.remove(dir, name),
            false => Err(Failure::new(ErrorKind::Io, "no such file")),
        }
    }
}

struct DeletesByPrefix;
impl Steps for DeletesByPrefix {
    // Hexadecimal, so that the name of `alpha` begins the name of `alphabet`; a hash has no such neighbours.
    fn file_name(&self, id: &str) -> String {
        hex_or_hash(id)
    }
    fn remove(&self, dir: BorrowedFd<'_>, prefix: &str) -> Result<(), Failure> {
        for entry in Dir::read_from(dir).map_err(failed("list the sessions"))? {
            let entry = entry.map_err(failed("list the sessions"))?;
            let name = entry.file_name().to_string_lossy();
            if name.starts_with(prefix) {
                Sound.remove(dir, &name)?;
            }
        }
        Ok(())
    }
}

struct SoftDelete;
impl Steps for SoftDelete {
    fn remove(&self, dir: BorrowedFd<'_>, name: &str) -> Result<(), Failure> {
        if !exists(dir, name) {
            return Ok(());
        }
        renameat(dir, name, dir, format!("{name}.deleted"))
            .map_err(failed("mark the session as deleted"))?;
        Sound.remove(dir, name)
    }
}
