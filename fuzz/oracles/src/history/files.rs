//! The files of a store, and what happens to them.

use std::path::{Path, PathBuf};
use std::{fs, io};

use super::Action;

/// Returns every file below a directory, in the order of their paths.
pub(super) fn all(root: &Path) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
    let mut found = Vec::new();
    let mut ahead = vec![root.to_owned()];
    while let Some(dir) = ahead.pop() {
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true => ahead.push(entry.path()),
                false => found.push((entry.path(), fs::read(entry.path())?)),
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Returns whether anything was damaged: not where there is no file, or the change is none.
pub(super) fn damage(action: &Action, files: &[(PathBuf, Vec<u8>)]) -> io::Result<bool> {
    let Some(last) = files.len().checked_sub(1) else { return Ok(false) };
    let file = |number: &u8| &files[usize::from(*number) % (last + 1)];
    match action {
        Action::Damage(number, at, by) => {
            let (path, mut bytes) = file(number).clone();
            let Some(length) = bytes.len().checked_sub(1) else { return Ok(false) };
            bytes[usize::from(*at) % (length + 1)] ^= by;
            fs::write(path, bytes).map(|()| *by != 0)
        }
        Action::Cut(number, at) => {
            let (path, bytes) = file(number);
            let length = usize::from(*at) % (bytes.len() + 1);
            fs::write(path, &bytes[..length]).map(|()| length < bytes.len())
        }
        Action::Swap(one, other) => {
            let ((one, first), (other, second)) = (file(one), file(other));
            fs::write(one, second)?;
            fs::write(other, first).map(|()| first != second)
        }
        _ => Ok(false),
    }
}
