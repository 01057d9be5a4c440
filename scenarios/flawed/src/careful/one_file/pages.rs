//! The file: two headers and the sessions, of which one header is valid at a time.
//!
//! ```text
//! 0     header 0: number of the change, where the sessions are, their checksum, its own checksum
//! 256   header 1
//! 512   sessions: a line each, the name and the JSON
//! ```
//!
//! A change is copied and then committed:
//! 1. the sessions are written where the valid ones are not, and synced;
//! 2. the other header is written, and synced: from here on the change is done;
//! 3. what was valid before is overwritten with zeros, so that nothing of a session that is gone stays.
//!
//! A crash before 2 leaves the old sessions, one after it the new. The header with the greater number counts when both are whole.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;

use interloper_driver::Failure;
use rustix::fs::{fsync, ftruncate};
use sha2::{Digest, Sha256};

use crate::hardened::{MAX_SESSION, failed, hex};

/// JSON of each session, by name.
pub(super) type Sessions = BTreeMap<String, Vec<u8>>;

const HEAD: &str = "one-file 1";
const HEADER: usize = 256;
const DATA: u64 = 2 * HEADER as u64;
/// The largest file, in bytes: twice the sessions, while one copy replaces the other.
const MAX_FILE: usize = 16 * MAX_SESSION;

/// The valid header.
#[derive(Clone, Debug)]
struct Header {
    slot: usize,
    change: u64,
    offset: u64,
    length: u64,
    sum: String,
}

/// The sessions that are valid, and where they are.
pub(super) struct Pages {
    header: Header,
    pub(super) sessions: Sessions,
}

impl Header {
    fn of(slot: usize, change: u64, offset: u64, bytes: &[u8]) -> Header {
        Header { slot, change, offset, length: bytes.len() as u64, sum: sum(bytes) }
    }

    fn bytes(&self) -> Vec<u8> {
        let Header { change, offset, length, sum: of, .. } = self;
        let text = format!("{HEAD} {change:020} {offset:020} {length:020} {of} ");
        let mut bytes = format!("{text}{}\n", sum(text.as_bytes())).into_bytes();
        bytes.resize(HEADER, 0);
        bytes
    }

    /// Reads a header; `None` when it is not whole.
    fn read(slot: usize, file: &[u8]) -> Option<Header> {
        let bytes = file.get(slot * HEADER..(slot + 1) * HEADER)?;
        let words: Vec<&str> = std::str::from_utf8(bytes).ok()?.split(' ').collect();
        let [_, _, change, offset, length, of, _] = words[..] else { return None };
        let number = |word: &str| word.parse().ok();
        let (change, offset, length) = (number(change)?, number(offset)?, number(length)?);
        let header = Header { slot, change, offset, length, sum: of.to_owned() };
        (header.bytes() == bytes).then_some(header)
    }

    fn end(&self) -> u64 {
        self.offset + self.length
    }
}

impl Pages {
    /// A whole new file, for sessions of the change after `before`.
    pub(super) fn whole(before: Option<&Pages>, sessions: &Sessions) -> Result<Vec<u8>, Failure> {
        let bytes = lines(sessions)?;
        let change = before.map_or(1, |pages| pages.header.change + 1);
        let header = Header::of(0, change, DATA, &bytes).bytes();
        Ok([&header[..], &[0; HEADER], &bytes].concat())
    }

    /// Reads the valid sessions, and no more of the file: it may have become as long as anybody likes.
    pub(super) fn read(file: &File) -> Result<Pages, Failure> {
        Pages::find(file)?.ok_or_else(|| Failure::corrupt("the file is not what was saved"))
    }

    fn find(file: &File) -> Result<Option<Pages>, Failure> {
        let headers = part(file, 0, DATA)?;
        let whole = (0..2).filter_map(|slot| Header::read(slot, &headers));
        let Some(header) = whole.max_by_key(|header| header.change) else { return Ok(None) };
        let bytes = part(file, header.offset, header.length)?;
        // They were synced before their header: if they do not fit, they were damaged, and older sessions are not answered for them.
        let sessions = if sum(&bytes) == header.sum { sessions(&bytes) } else { None };
        Ok(sessions.map(|sessions| Pages { header, sessions }))
    }

    /// Makes the sessions valid, in the same file.
    pub(super) fn commit(&self, file: &File, sessions: &Sessions) -> Result<(), Failure> {
        let bytes = lines(sessions)?;
        let before = DATA + bytes.len() as u64 <= self.header.offset;
        let offset = if before { DATA } else { self.header.end() };
        let header = Header::of(1 - self.header.slot, self.header.change + 1, offset, &bytes);
        file.write_all_at(&bytes, offset)?;
        fsync(file).map_err(failed("sync the sessions"))?;
        file.write_all_at(&header.bytes(), (header.slot * HEADER) as u64)?;
        fsync(file).map_err(failed("sync the header"))?;
        clear(file, &header)
    }

    /// Removes what a change that was cut short left.
    pub(super) fn clear(&self, file: &File) -> Result<(), Failure> {
        clear(file, &self.header)
    }
}

/// Overwrites everything but a header and its sessions.
fn clear(file: &File, valid: &Header) -> Result<(), Failure> {
    file.write_all_at(&[0; HEADER], ((1 - valid.slot) * HEADER) as u64)?;
    let unused = usize::try_from(valid.offset - DATA).unwrap_or(MAX_FILE);
    file.write_all_at(&vec![0; unused], DATA)?;
    ftruncate(file, valid.end()).map_err(failed("shorten the file"))?;
    fsync(file).map_err(failed("sync the file"))
}

/// Reads so many bytes, or those that are there.
fn part(mut file: &File, offset: u64, length: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(offset))?;
    (&mut file).take(length.min(MAX_FILE as u64)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn lines(sessions: &Sessions) -> Result<Vec<u8>, Failure> {
    let line = |(name, json): (&String, &Vec<u8>)| [name.as_bytes(), b" ", json, b"\n"].concat();
    let bytes: Vec<u8> = sessions.iter().flat_map(line).collect();
    match 2 * bytes.len() + HEADER * 2 <= MAX_FILE {
        true => Ok(bytes),
        false => Err(Failure::invalid("the store is full")),
    }
}

/// JSON without blanks has no line break in it.
fn sessions(lines: &[u8]) -> Option<Sessions> {
    let mut sessions = Sessions::new();
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        let (name, json) = line.strip_suffix(b"\n")?.split_at_checked(64)?;
        let name = String::from_utf8(name.to_vec()).ok()?;
        sessions.insert(name, json.strip_prefix(b" ")?.to_vec());
    }
    Some(sessions)
}

fn sum(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
