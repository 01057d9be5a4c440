//! A home to keep sessions in, and what can be seen of it from outside the store.
#![allow(dead_code, reason = "each test binary uses its part of it")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use interloper_driver::{Auth, Cookie, Open, Session, SessionStore, Umask};
use serde_json::json;
use tempfile::TempDir;

/// Where the store is put.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Put {
    Default,
    Dir,
}

pub(crate) struct Home {
    dir: TempDir,
    pub(crate) home: PathBuf,
    pub(crate) put: Put,
}

impl Home {
    pub(crate) fn new(put: Put) -> Home {
        // Memory, where there is some: on a disk every fsync of these thousands costs its time.
        let base = Path::new("/dev/shm");
        let base = if base.is_dir() { base.to_owned() } else { std::env::temp_dir() };
        let dir = tempfile::Builder::new().prefix("flawed-").tempdir_in(base).unwrap();
        let home = dir.path().join("home");
        fs::create_dir(&home).unwrap();
        chmod(&home, 0o755);
        Home { dir, home, put }
    }

    pub(crate) fn root(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn at(&self) -> Open {
        let path = (self.put == Put::Dir).then(|| self.data());
        Open { home: self.home.clone(), at: path, umask: Umask::of(0o022), ..Open::default() }
    }

    pub(crate) fn data(&self) -> PathBuf {
        match self.put {
            Put::Default => self.home.join(".local/share/hardened/sessions"),
            Put::Dir => self.home.join("work/deep/store"),
        }
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.home.join(".config/hardened/key")
    }

    /// Everything below home: path and mode.
    pub(crate) fn tree(&self) -> Vec<(PathBuf, u32)> {
        let mut found = Vec::new();
        let mut ahead = vec![self.home.clone()];
        while let Some(dir) = ahead.pop() {
            for entry in fs::read_dir(dir).unwrap().map(|entry| entry.unwrap()) {
                let kind = entry.file_type().unwrap();
                found.push((entry.path(), mode(&entry.path())));
                if kind.is_dir() {
                    ahead.push(entry.path());
                }
            }
        }
        found.sort();
        found
    }

    /// The one session file.
    pub(crate) fn file(&self) -> PathBuf {
        let mut files: Vec<_> = fs::read_dir(self.data()).unwrap().collect();
        assert_eq!(files.len(), 1, "one file: {files:?}");
        files.pop().unwrap().unwrap().path()
    }

    /// Whether the bytes are anywhere below home.
    pub(crate) fn holds(&self, secret: &str) -> bool {
        self.tree().iter().filter(|(path, _)| path.is_file()).any(|(path, _)| {
            let bytes = fs::read(path).unwrap();
            bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
        })
    }
}

pub(crate) fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

pub(crate) fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A session with every part.
pub(crate) fn session(secret: &str) -> Session {
    let data =
        json!({"user": secret, "numbers": [1, -7, 0.1, 1e-300], "text": "ü\u{0}\n", "nil": null});
    Session {
        data: data.as_object().unwrap().clone(),
        cookies: vec![Cookie {
            name: "sid".into(),
            value: secret.into(),
            domain: "example.com".into(),
            host_only: true,
            path: "/".into(),
            expires: Some(4_102_444_800),
            secure: true,
            http_only: true,
            same_site: None,
        }],
        headers: vec![("X-Token".into(), secret.into())],
        auth: Some(Auth::Bearer { token: secret.into() }),
        expires_at: Some(4_102_444_800),
    }
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Runs it, and says whether it came back in time.
pub(crate) fn in_time(work: impl FnOnce() + Send + 'static) -> bool {
    let (done, wait) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        work();
        let _ = done.send(());
    });
    wait.recv_timeout(Duration::from_secs(5)).is_ok()
}

pub(crate) fn opened<S: SessionStore>(mut store: S, at: &Open) -> S {
    store.open(at).unwrap();
    store
}
