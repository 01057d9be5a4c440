//! Reading what a held thread's arguments point to, and writing what those of an inserted call do.

use std::io::{IoSlice, IoSliceMut};

use nix::sys::uio::{RemoteIoVec, process_vm_readv, process_vm_writev};
use nix::unistd::Pid;

/// The longest path the kernel takes, with its end, in bytes (PATH_MAX).
const PATH_MAX: usize = 4096;
/// Memory is readable by pages: a read that crosses into one that is not there gives nothing of it.
const PAGE: u64 = 4096;
/// Upper limit of the arguments of a program, and of the pieces of a vector, that are read.
const LIST_LIMIT: usize = 1024;

/// Reads bytes at an address, as many as can be read.
pub(crate) fn bytes(thread: i32, address: u64, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    let remote = [RemoteIoVec { base: address as usize, len: count }];
    let got = process_vm_readv(Pid::from_raw(thread), &mut [IoSliceMut::new(&mut bytes)], &remote);
    bytes.truncate(got.unwrap_or(0));
    bytes
}

/// Writes bytes at an address; whether all were written.
pub(crate) fn write(thread: i32, address: u64, bytes: &[u8]) -> bool {
    let remote = [RemoteIoVec { base: address as usize, len: bytes.len() }];
    let written = process_vm_writev(Pid::from_raw(thread), &[IoSlice::new(bytes)], &remote);
    written == Ok(bytes.len())
}

/// Reads text up to its zero byte; `None` if there is none within the longest path.
pub(crate) fn text(thread: i32, address: u64) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    while text.len() < PATH_MAX {
        let at = address.checked_add(text.len() as u64)?;
        // Most paths are short: what is left of this page is enough.
        let left = (PAGE - at % PAGE) as usize;
        let chunk = bytes(thread, at, left.min(PATH_MAX - text.len()));
        if chunk.is_empty() {
            return None;
        }
        if let Some(end) = chunk.iter().position(|byte| *byte == 0) {
            text.extend_from_slice(&chunk[..end]);
            return Some(text);
        }
        text.extend_from_slice(&chunk);
    }
    None
}

/// Reads a number at an address.
pub(crate) fn word(thread: i32, address: u64) -> Option<u64> {
    bytes(thread, address, 8).try_into().ok().map(u64::from_ne_bytes)
}

/// Reads the texts of an array of pointers that ends with a null, as execve(2) takes it.
pub(crate) fn list(thread: i32, address: u64) -> Vec<Vec<u8>> {
    (0..LIST_LIMIT as u64)
        .map_while(|n| word(thread, address.checked_add(n * 8)?).filter(|pointer| *pointer != 0))
        .map_while(|pointer| text(thread, pointer))
        .collect()
}

/// Returns the number of bytes in a vector of buffers, readv(2).
pub(crate) fn vector_length(thread: i32, address: u64, count: u64) -> u64 {
    (0..count.min(LIST_LIMIT as u64))
        .map_while(|n| word(thread, address.checked_add(n * 16 + 8)?))
        .fold(0, u64::saturating_add)
}

/// Returns the address and the length of the first buffer of a vector that is not empty.
pub(crate) fn first_buffer(thread: i32, address: u64, count: u64) -> Option<(u64, u64)> {
    let buffers = (0..count.min(LIST_LIMIT as u64)).map(|n| address.saturating_add(n * 16));
    let mut buffers =
        buffers.map_while(|at| Some((word(thread, at)?, word(thread, at.saturating_add(8))?)));
    buffers.find(|(_, length)| *length > 0)
}

/// Reads the first bytes of a vector of buffers.
pub(crate) fn vector_bytes(thread: i32, address: u64, count: u64, limit: usize) -> Vec<u8> {
    let mut all = Vec::new();
    for n in 0..count.min(LIST_LIMIT as u64) {
        let at = address.saturating_add(n * 16);
        let (Some(base), Some(length)) = (word(thread, at), word(thread, at.saturating_add(8)))
        else {
            break;
        };
        let room = limit - all.len();
        all.extend(bytes(thread, base, (length as usize).min(room)));
        if all.len() >= limit {
            break;
        }
    }
    all
}
