//! A history of operations and damaged bytes against a store, compared with a map.

mod files;
mod script;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;
use std::path::Path;

use interloper_driver::{
    At, ErrorKind, Failure, Hello, Keeps, Open, Operation, Session, SessionStore,
};

use tempfile::TempDir;

use crate::Violation;
pub use script::{Action, Script};
use script::{is_plain, name};

/// Behaviour that is expected of a store whose files were damaged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Damage {
    /// No file is damaged.
    Never,
    /// It does not panic. It may answer what it likes: a file that nobody signed can say anything.
    #[default]
    Survived,
    /// It notices. A load answers the saved session, or absent, or refuses: never anything else. A refused operation changes no file.
    Noticed,
}

/// Name of the promise that is broken if the store answers anything else.
const AS_THE_MAP: &str = "as the map has it";
/// Longer histories find nothing that shorter ones do not, and each action costs system calls.
const MOST: usize = 24;

/// Runs the script against new stores in an empty directory of memory.
///
/// Before any damage the store answers what a map would. It may refuse as `invalid` what it does not take, for then it keeps nothing under
/// that id; the ids `alpha` and `beta` with a text of letters it has to take. What is refused leaves every byte as it was. What is expected
/// after damage is [`Damage`].
///
/// The store keeps `data`, and has `save` and `load`; `delete` and `close` are asked for where its `hello` names them.
///
/// ```
/// use interloper_oracles::{Action, Damage, Script, run_history};
///
/// let script = Script { actions: vec![Action::Save(0, "x".into()), Action::Load(1)] };
/// let held = run_history(interloper_flawed::hardened_plain, Damage::Noticed, &script);
/// assert_eq!(held, Ok(()));
/// ```
///
/// # Errors
/// Where that is not so: which action it was, and the whole history up to it.
pub fn run<S: SessionStore>(
    make: impl Fn() -> S,
    damage: Damage,
    script: &Script,
) -> Result<(), Violation> {
    held(make, damage, script, true)
}

/// Runs like [`run`]. Unless it is `watched`, refused operations are not checked for changed files: that reads all of them at every action.
pub(crate) fn held<S: SessionStore>(
    make: impl Fn() -> S,
    damage: Damage,
    script: &Script,
    watched: bool,
) -> Result<(), Violation> {
    let home = home().map_err(broken)?;
    let mut history = StoreHistory::begin(&make, damage, home.path(), watched)?;
    for (number, action) in script.actions.iter().take(MOST).enumerate() {
        history.step(action).map_err(|violation| {
            let until = script.actions.iter().take(number + 1);
            let lines: String = until.map(|action| format!("\n  {action}")).collect();
            Violation::new(violation.oracle, format!("{}; the history:{lines}", violation.evidence))
        })?;
    }
    Ok(())
}

fn home() -> io::Result<TempDir> {
    match Some(Path::new("/dev/shm")).filter(|path| path.is_dir()) {
        Some(memory) => tempfile::tempdir_in(memory),
        None => tempfile::tempdir(),
    }
}

/// Runs the script and looks at nothing: what a target without oracles would do.
pub(crate) fn bare<S: SessionStore>(make: impl Fn() -> S, script: &Script) {
    let Ok(home) = home() else { return };
    let Ok(mut history) = StoreHistory::begin(&make, Damage::Survived, home.path(), false) else {
        return;
    };
    for action in script.actions.iter().take(MOST) {
        // What a store refuses is one of its answers.
        let _ = match action {
            Action::Save(id, text) => history.save(name(id), text),
            Action::Load(id) => {
                history.store.as_mut().map_or(Ok(()), |s| s.load(name(id)).map(drop))
            }
            Action::Delete(id) => history.delete(name(id)),
            Action::Again => history.again(),
            damage => {
                let _ = files::all(home.path()).and_then(|files| files::damage(damage, &files));
                Ok(())
            }
        };
    }
}

/// Returns the harness's own directory failed, which says nothing about the store.
fn broken(error: io::Error) -> Violation {
    Violation::new("the directory of the test", error)
}

struct StoreHistory<'a, S, F> {
    make: &'a F,
    hello: Hello,
    damage: Damage,
    home: &'a Path,
    at: Open,
    /// Not there after damage that keeps it from being opened.
    store: Option<S>,
    kept: BTreeMap<&'static str, Session>,
    damaged: bool,
    /// Whether files are compared.
    watched: bool,
}

impl<'a, S: SessionStore, F: Fn() -> S> StoreHistory<'a, S, F> {
    fn begin(
        make: &'a F,
        damage: Damage,
        home: &'a Path,
        watched: bool,
    ) -> Result<Self, Violation> {
        let mut store = make();
        let hello = store.hello();
        let usable = hello.keeps.contains(&Keeps::Data)
            && hello.can_do(Operation::Save)
            && hello.can_do(Operation::Load);
        Violation::unless(
            usable,
            "a store that can be fuzzed",
            || "its hello has to name `data` among what it keeps, and the operations save and load",
        )?;
        // A setup of one session needs another path for each id.
        let setup = [At::Dir, At::Home, At::File]
            .into_iter()
            .find_map(|at| hello.setups.iter().find(|setup| setup.at == at && !setup.one_session));
        let Some(setup) = setup else {
            let evidence = "its hello has to name a setup that holds several sessions";
            return Err(Violation::new("a store that can be fuzzed", evidence));
        };
        let path = match setup.at {
            At::Dir => Some(home.join("sessions")),
            At::File => Some(home.join("sessions.store")),
            At::Home | At::Tmp | At::None => None,
        };
        let at = Open {
            home: home.into(),
            setup: setup.name.clone(),
            at: path,
            params: setup.params.clone(),
            ..Open::default()
        };
        store.open(&at).map_err(|failure| Violation::new("opens", failure))?;
        let store = Some(store);
        let kept = BTreeMap::new();
        Ok(StoreHistory { make, hello, damage, home, at, store, kept, damaged: false, watched })
    }

    fn step(&mut self, action: &Action) -> Result<(), Violation> {
        let damages = matches!(action, Action::Damage(..) | Action::Cut(..) | Action::Swap(..));
        let before = match self.watched || damages {
            true => files::all(self.home).map_err(broken)?,
            false => Vec::new(),
        };
        let answer = match action {
            Action::Save(id, text) => self.save(name(id), text),
            Action::Load(id) => self.load(name(id))?,
            Action::Delete(id) => self.delete(name(id)),
            Action::Again => self.again(),
            Action::Damage(..) | Action::Cut(..) | Action::Swap(..) => {
                if self.damage != Damage::Never {
                    self.damaged |= files::damage(action, &before).map_err(broken)?;
                }
                return Ok(());
            }
        };
        let Err(failure) = answer else { return Ok(()) };
        if !self.damaged {
            Violation::unless(self.may_refuse(action, &failure), AS_THE_MAP, || {
                format!("{action} was refused: {failure}")
            })?;
        }
        if self.lenient() || !self.watched {
            return Ok(());
        }
        let after = files::all(self.home).map_err(broken)?;
        Violation::unless(before == after, "what is refused changes nothing", || {
            format!("{action} was refused: {failure}")
        })
    }

    /// Returns whether nothing that the store answers is wrong.
    fn lenient(&self) -> bool {
        self.damaged && self.damage == Damage::Survived
    }

    fn save(&mut self, id: &'static str, text: &str) -> Result<(), Failure> {
        let Some(store) = &mut self.store else { return Ok(()) };
        let mut session = Session::default();
        session.data.insert("id".into(), id.into());
        session.data.insert("text".into(), text.into());
        store.save(id, &session)?;
        self.kept.insert(id, session);
        Ok(())
    }

    fn load(&mut self, id: &'static str) -> Result<Result<(), Failure>, Violation> {
        let Some(store) = &mut self.store else { return Ok(Ok(())) };
        let loaded = match store.load(id) {
            Err(failure) if failure.kind != ErrorKind::Absent => return Ok(Err(failure)),
            loaded => loaded.ok().flatten(),
        };
        let kept = self.kept.get(id);
        // Where the name of a file changed, the session is not there any more.
        let lost = self.damaged && loaded.is_none();
        let right = lost || self.lenient() || loaded.as_ref() == kept;
        Violation::unless(right, AS_THE_MAP, || {
            format!("load {id:?} gave {}, and {} was saved", told(&loaded.as_ref()), told(&kept))
        })?;
        Ok(Ok(()))
    }

    fn delete(&mut self, id: &'static str) -> Result<(), Failure> {
        let Some(store) = &mut self.store else { return Ok(()) };
        if self.hello.can_do(Operation::Delete) {
            store.delete(id)?;
            self.kept.remove(id);
        }
        Ok(())
    }

    /// Returns the old one goes first: two at once may wait for each other's lock.
    fn again(&mut self) -> Result<(), Failure> {
        if let Some(mut old) = self.store.take()
            && self.hello.can_do(Operation::Close)
        {
            old.close()?;
        }
        let mut store = (self.make)();
        store.open(&self.at)?;
        self.store = Some(store);
        Ok(())
    }

    /// Returns whether a sound store may refuse it where nothing was damaged.
    fn may_refuse(&self, action: &Action, failure: &Failure) -> bool {
        match action {
            Action::Save(id, text) => {
                failure.kind == ErrorKind::Invalid && !is_plain(name(id), text)
            }
            Action::Load(id) | Action::Delete(id) => {
                let fair = matches!(failure.kind, ErrorKind::Invalid | ErrorKind::Absent);
                fair && !self.kept.contains_key(name(id))
            }
            _ => false,
        }
    }
}

fn told(session: &Option<&Session>) -> impl Display {
    match session {
        Some(session) => serde_json::to_string(session).unwrap_or_else(|error| error.to_string()),
        None => "nothing".to_owned(),
    }
}
