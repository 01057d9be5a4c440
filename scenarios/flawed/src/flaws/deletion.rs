//! What deleting leaves.

use std::os::fd::BorrowedFd;

use interloper_driver::{ErrorKind, Failure};
use rustix::fs::{Dir, renameat};

use super::identifiers::hex_or_hash;
use crate::hardened::{Sound, Steps, exists, failed};

pub(super) struct DeleteDoesNothing;
impl Steps for DeleteDoesNothing {
    fn remove(&self, _: BorrowedFd<'_>, _: &str) -> Result<(), Failure> {
        Ok(())
    }
}

pub(super) struct DeleteTwiceFails;
impl Steps for DeleteTwiceFails {
    fn remove(&self, dir: BorrowedFd<'_>, name: &str) -> Result<(), Failure> {
        match exists(dir, name) {
            true => Sound.remove(dir, name),
            false => Err(Failure::new(ErrorKind::Io, "no such file")),
        }
    }
}

pub(super) struct DeletesByPrefix;
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

pub(super) struct SoftDelete;
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
