//! Paths as the kernel has them: bytes, of any length.
//!
//! The kernel's facts: a name is any bytes but `/` and zero, a path in a call has at most PATH_MAX = 4096 bytes with its end, and a
//! directory may lie deeper than that, since one that is made and entered by relative names has no path of its own (path_resolution(7)).

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::fcntl::{AT_FDCWD, OFlag, openat};
use nix::sys::stat::Mode;

/// The longest path of a call, without its end.
const LONGEST: usize = 4095;
/// Length of the part of a longer path that is walked at a time, in bytes: a descriptor's name in /proc and the last name fit beside it.
const PIECE: usize = LONGEST - 512;

/// Formats a path as text: bytes that are not UTF-8 are written `\xff`.
pub(crate) fn text(path: impl AsRef<OsStr>) -> String {
    let mut text = String::new();
    for chunk in path.as_ref().as_bytes().utf8_chunks() {
        text += chunk.valid();
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text
}

/// Calls something with a path that leads to the same place and that the kernel takes: the path itself where it is short enough.
///
/// 1. A long path is cut into pieces that are short enough.
/// 2. Each piece but the last is opened from the one before it, so every directory is searched with the caller's own rights.
/// 3. The last piece is named from that descriptor, by way of /proc/self/fd; its last name is nobody's link but the path's.
pub(crate) fn near<T>(path: &Path, call: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    let (ways, last) = pieces(path);
    let mut dir: Option<OwnedFd> = None;
    for way in ways {
        dir = Some(open_dir(dir.as_ref(), &way)?);
    }
    match dir {
        Some(dir) => call(&PathBuf::from(format!("/proc/self/fd/{}", dir.as_raw_fd())).join(last)),
        None => call(&last),
    }
}

/// Splits a path as calls take it: the directories to open one from the other, and the name from the last of them.
pub(crate) fn pieces(path: &Path) -> (Vec<PathBuf>, PathBuf) {
    if path.as_os_str().len() <= LONGEST {
        return (Vec::new(), path.to_owned());
    }
    let (mut ways, mut piece) = (Vec::new(), PathBuf::new());
    for component in path.components() {
        if piece.as_os_str().len() + component.as_os_str().len() >= PIECE {
            ways.push(std::mem::take(&mut piece));
        }
        piece.push(component);
    }
    (ways, piece)
}

fn open_dir(from: Option<&OwnedFd>, piece: &Path) -> io::Result<OwnedFd> {
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_CLOEXEC;
    let opened = match from {
        Some(dir) => openat(dir, piece, flags, Mode::empty()),
        None => openat(AT_FDCWD, piece, flags, Mode::empty()),
    };
    opened.map_err(io::Error::from)
}

/// A path in a message between two processes of the harness, for `#[serde(with)]`: serde's own form of a path is text.
pub(crate) mod bytes {
    use std::ffi::OsString;
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    use std::path::{Path, PathBuf};

    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(path.as_os_str().as_bytes())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
        // A sequence of bytes and a slice of them are the same in postcard.
        Vec::<u8>::deserialize(from).map(|bytes| OsString::from_vec(bytes).into())
    }
}

/// The same for names below a directory, each with what is in it.
pub(crate) mod listed {
    use std::path::PathBuf;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    type Pieces = Vec<(PathBuf, Option<Vec<u8>>)>;

    #[derive(Serialize, Deserialize)]
    struct Piece(#[serde(with = "super::bytes")] PathBuf, Option<Vec<u8>>);

    pub(crate) fn serialize<S: Serializer>(
        pieces: &[(PathBuf, Option<Vec<u8>>)],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(pieces.iter().cloned().map(|(name, contents)| Piece(name, contents)))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Pieces, D::Error> {
        let pieces = Vec::<Piece>::deserialize(from)?;
        Ok(pieces.into_iter().map(|Piece(name, contents)| (name, contents)).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    use serde::{Deserialize, Serialize};

    use super::*;

    #[test]
    fn bytes_that_are_no_text_are_told_apart() {
        assert_eq!(text(OsStr::from_bytes(b"a\xff\xfeb\xc3\xa9")), r"a\xff\xfebé");
        assert_ne!(text(OsStr::from_bytes(b"\xff")), text(OsStr::from_bytes(b"\xfe")));
    }

    #[test]
    fn a_path_travels_as_its_bytes() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Message {
            #[serde(with = "super::bytes")]
            path: PathBuf,
            after: u8,
        }
        let message = Message { path: OsStr::from_bytes(b"/\xff/a").into(), after: 7 };
        let mut space = [0_u8; 64];
        let sent = postcard::to_slice(&message, &mut space).unwrap();
        assert_eq!(postcard::from_bytes::<Message>(sent).unwrap(), message);
    }

    #[test]
    fn what_lies_beyond_path_max_is_reached() {
        let root = tempfile::tempdir().unwrap();
        let mut path = root.path().to_owned();
        let name = "n".repeat(200);
        for _ in 0..45 {
            path.push(&name);
            near(&path, |path| fs::create_dir(path)).unwrap();
        }
        path.push("file");
        assert!(path.as_os_str().len() > 2 * LONGEST);
        assert_eq!(fs::write(&path, "x").unwrap_err().raw_os_error(), Some(libc::ENAMETOOLONG));
        near(&path, |path| fs::write(path, "secret")).unwrap();
        assert_eq!(near(&path, |path| fs::read(path)).unwrap(), b"secret");
        assert_eq!(near(&path, |path| fs::symlink_metadata(path)).unwrap().size(), 6);
        let missing = path.with_file_name("none");
        let error = near(&missing, |path| fs::read(path)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }
}
