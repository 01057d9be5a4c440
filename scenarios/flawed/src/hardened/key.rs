//! The key: 32 random bytes in a file of its own, in another directory than the data, so that a copy of the one is worth nothing
//! without the other.

use std::os::fd::BorrowedFd;

use interloper_driver::Failure;
use rustix::fs::{AtFlags, linkat};
use rustix::io::Errno;

use super::dirs::sync;
use super::failure::failed;
use super::files::{Modes, create, discard, fill, random};
use super::steps::Steps;

/// What seals are made with.
pub(crate) type Key = [u8; 32];

const NAME: &str = "key";

/// The key, when there is one.
pub(super) fn find(
    steps: &dyn Steps,
    dir: BorrowedFd<'_>,
    read_only: bool,
) -> Result<Option<Key>, Failure> {
    let Some(bytes) = steps.read(dir, NAME, read_only)? else { return Ok(None) };
    let key = bytes.try_into().map_err(|_| Failure::corrupt("the key is not 32 bytes long"))?;
    Ok(Some(key))
}

/// The key, made when there is none. Of two processes that make one at the same time, both get the one that got the name.
pub(super) fn find_or_make(steps: &dyn Steps, dir: BorrowedFd<'_>) -> Result<Key, Failure> {
    if let Some(key) = find(steps, dir, false)? {
        return Ok(key);
    }
    let mut key = Key::default();
    random(&mut key)?;
    let (temp, mut file) = create(dir, Modes::exactly(0o600))?;
    // link(2) never replaces: a key that is lost takes every session with it.
    let done = fill(&mut file, &key).and_then(|()| {
        match linkat(dir, &temp, dir, NAME, AtFlags::empty()) {
            Ok(()) | Err(Errno::EXIST) => Ok(()),
            Err(errno) => Err(failed("name the key")(errno)),
        }
    });
    discard(dir, &temp);
    done?;
    sync(dir)?;
    find(steps, dir, false)?.ok_or_else(|| Failure::corrupt("the key went away"))
}
