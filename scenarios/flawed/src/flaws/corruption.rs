//! What happens to those who read what somebody damaged.

use std::fs;
use std::os::fd::{AsRawFd, BorrowedFd};

use interloper_driver::{ErrorKind, Failure, Session};
use rustix::fs::OFlags;
use serde_json::{Value, from_slice, from_value};

use crate::hardened::{Found, Key, READING, Seal, Sound, Steps, read};

pub(super) struct PanicsOnEmpty;
impl Steps for PanicsOnEmpty {
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        let found = Sound.read(dir, name, read_only)?;
        if let Some(bytes) = &found {
            let _version = bytes.first().expect("a session file has a first byte");
        }
        Ok(found)
    }
}

pub(super) struct LenientParse;
impl Steps for LenientParse {
    fn unseal(&self, seal: Seal, key: &Key, id: &str, file: &[u8]) -> Result<Session, Failure> {
        Ok(Sound.unseal(seal, key, id, file).unwrap_or_default())
    }
}

pub(super) struct SkipsIntegrity;
impl Steps for SkipsIntegrity {
    fn unseal(&self, _: Seal, _: &Key, _: &str, file: &[u8]) -> Result<Session, Failure> {
        let file: Value = from_slice(file)?;
        let part = |name| file["session"][name].clone();
        Ok(Session {
            data: from_value(part("data")).unwrap_or_default(),
            cookies: from_value(part("cookies")).unwrap_or_default(),
            headers: from_value(part("headers")).unwrap_or_default(),
            auth: from_value(part("auth")).unwrap_or_default(),
            expires_at: from_value(part("expires_at")).unwrap_or_default(),
        })
    }
}

pub(super) struct RetypesPanic;
impl Steps for RetypesPanic {
    fn unseal(&self, _: Seal, _: &Key, _: &str, file: &[u8]) -> Result<Session, Failure> {
        let file: Value = from_slice(file)?;
        let session = file["session"].as_object().expect("a session is an object");
        for (part, value) in session {
            match part.as_str() {
                "data" | "auth" => assert!(value.is_object(), "{part} is an object"),
                "cookies" | "headers" => assert!(value.is_array(), "{part} is a list"),
                _ => assert!(value.is_i64(), "{part} is a time"),
            }
        }
        Ok(from_value(file["session"].clone()).expect("a session has a session's parts"))
    }
}

pub(super) struct ClearsWhatIsInTheWay;
impl Steps for ClearsWhatIsInTheWay {
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        let _ = fs::remove_dir_all(format!("/proc/self/fd/{}/{name}", dir.as_raw_fd()));
        Sound.read(dir, name, read_only)
    }
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        let _ = fs::remove_dir_all(format!("/proc/self/fd/{}/{name}", dir.as_raw_fd()));
        Sound.write(dir, name, sealed)
    }
}

pub(super) struct BlocksOnFifo;
impl Steps for BlocksOnFifo {
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        read(dir, name, READING.difference(OFlags::NONBLOCK), read_only)
    }
}

pub(super) struct PanicsOnDenied;
impl Steps for PanicsOnDenied {
    fn read(&self, dir: BorrowedFd<'_>, name: &str, read_only: bool) -> Found {
        let found = Sound.read(dir, name, read_only);
        if let Err(Failure { kind: ErrorKind::Denied, message }) = &found {
            panic!("the session file can always be read: {message}");
        }
        found
    }
}
