//! A history of operations and damaged bytes against a store, compared with a map.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use arbitrary::Arbitrary;
use interloper_driver::{Failure, Open, Session, SessionStore};

use crate::Violation;

/// What is done with a store.
#[derive(Clone, Debug, Arbitrary)]
pub struct Script {
    /// One thing after the other.
    pub actions: Vec<Action>,
}

/// One thing that is done.
#[derive(Clone, Debug, Arbitrary)]
pub enum Action {
    /// Save under one of a few ids.
    Save(u8, String),
    /// Load.
    Load(u8),
    /// Delete.
    Delete(u8),
    /// Change a byte of a file: which file, where, and by what.
    Damage(u8, u16, u8),
    /// Cut a file short.
    Cut(u8, u16),
    /// Let two files change places.
    Swap(u8, u8),
    /// Close and open the store.
    Again,
}

/// So many ids, few enough that they meet.
const IDS: [&str; 4] = ["alpha", "Alpha", "../alpha", "beta"];
/// What is broken where the store answers anything else.
const AS_THE_MAP: &str = "as the map has it";
/// Longer histories find nothing that shorter ones do not, and each action costs system calls.
const MOST: usize = 24;

/// Runs the script against new stores in an empty directory of memory.
///
/// Before any damage the store answers what the map has. After it, a load answers that or refuses, never anything else; and what is
/// refused leaves every byte as it was.
///
/// # Errors
/// Where that is not so.
pub fn run<S: SessionStore>(make: impl Fn() -> S, script: &Script) -> Result<(), Violation> {
    let broken = |error: io::Error| Violation::new("the directory of the test", error);
    let memory = Some(Path::new("/dev/shm")).filter(|path| path.is_dir());
    let home = match memory {
        Some(memory) => tempfile::tempdir_in(memory),
        None => tempfile::tempdir(),
    }
    .map_err(broken)?;
    let path = home.path().join("sessions");
    let at = Open { home: home.path().into(), path: Some(path), ..Open::default() };
    let open = || -> Result<S, Failure> {
        let mut store = make();
        store.open(&at).map(|()| store)
    };
    let mut store = open().map_err(|failure| Violation::new("opens", failure))?;
    let mut kept: BTreeMap<&str, Session> = BTreeMap::new();
    let mut damaged = false;
    let name = |id: &u8| IDS[usize::from(*id) % IDS.len()];
    for action in script.actions.iter().take(MOST) {
        let before = files(home.path()).map_err(broken)?;
        let answer = match action {
            Action::Save(id, text) => {
                let mut session = Session::default();
                session.data.insert("id".into(), name(id).into());
                session.data.insert("text".into(), text.as_str().into());
                store.save(name(id), &session).map(|()| drop(kept.insert(name(id), session)))
            }
            Action::Delete(id) => store.delete(name(id)).map(|()| drop(kept.remove(name(id)))),
            Action::Load(id) => match store.load(name(id)) {
                Ok(loaded) => {
                    // Where the name of a file changed, the session is not there any more.
                    let lost = damaged && loaded.is_none();
                    let right = lost || loaded.as_ref() == kept.get(name(id));
                    Violation::unless(right, AS_THE_MAP, || format!("{action:?}: {loaded:?}"))?;
                    Ok(())
                }
                Err(failure) => Err(failure),
            },
            Action::Again => open().map(|opened| store = opened),
            damage => {
                damaged |= do_damage(damage, &before).map_err(broken)?;
                continue;
            }
        };
        if let Err(failure) = answer {
            Violation::unless(damaged, AS_THE_MAP, || format!("{action:?}: {failure}"))?;
            let after = files(home.path()).map_err(broken)?;
            Violation::unless(before == after, "what is refused changes nothing", || {
                format!("{action:?}: {failure}")
            })?;
        }
    }
    Ok(())
}

/// Every file below a directory, in the order of their paths.
fn files(root: &Path) -> io::Result<Vec<(PathBuf, Vec<u8>)>> {
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

/// Whether anything was damaged: not where there is no file, or the change is none.
fn do_damage(action: &Action, files: &[(PathBuf, Vec<u8>)]) -> io::Result<bool> {
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
