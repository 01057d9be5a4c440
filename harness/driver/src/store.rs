//! The trait that a Rust store implements.

use crate::op::Fetch;
use crate::{Bytes, Failure, Header, Hello, Open, Session};

/// A session store under test.
///
/// `hello`, `open`, `save` and `load` are what every store has; the rest answers `unsupported` until it is written,
/// and is only asked for where [`hello`](SessionStore::hello) names it.
/// The harness makes a new value in a process of the owner's for each case, so a store may keep what it likes in memory.
///
/// ```
/// use std::{fs, path::PathBuf};
/// use interloper_driver::{Failure, Hello, Keeps, Open, Operation, Session, SessionStore, Setup};
///
/// #[derive(Default)]
/// struct Files(PathBuf);
///
/// impl SessionStore for Files {
///     fn hello(&self) -> Hello {
///         Hello::new("files", "1.0.0")
///             .keeps([Keeps::Data])
///             .ops([Operation::Save, Operation::Load, Operation::Delete])
///             .setups([Setup::dir()])
///     }
///     fn open(&mut self, at: &Open) -> Result<(), Failure> {
///         self.0 = at.path()?.to_owned();
///         Ok(fs::create_dir_all(&self.0)?)
///     }
///     fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
///         Ok(fs::write(self.0.join(id), serde_json::to_vec(session)?)?)
///     }
///     fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
///         match fs::read(self.0.join(id)) {
///             Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
///             Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
///             Err(error) => Err(error.into()),
///         }
///     }
///     fn delete(&mut self, id: &str) -> Result<(), Failure> {
///         Ok(fs::remove_file(self.0.join(id))?)
///     }
/// }
/// ```
pub trait SessionStore {
    /// What the store is, keeps, can do and promises.
    fn hello(&self) -> Hello;

    /// Opens the store where the harness says. The umask is already set.
    ///
    /// # Errors
    /// Whatever the store answers when it cannot be opened there.
    fn open(&mut self, at: &Open) -> Result<(), Failure>;

    /// The process of a server that the store has started in `open`, or found there, and that lives on when this process ends; for a store whose
    /// `hello` says [`Can::Server`](crate::Can::Server). Called after each `open`.
    fn server(&self) -> Option<i32> {
        None
    }

    /// Stores a session under the caller's id, new or not.
    ///
    /// # Errors
    /// `invalid` for an id it will not take, `denied`, `io`…
    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure>;

    /// Reads a session; `None` when there is none.
    ///
    /// # Errors
    /// `corrupt` when what is stored is damaged, `denied`, `io`…
    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure>;

    /// Changes one part of a session: sets what `set` names, and leaves the rest.
    ///
    /// # Errors
    /// `absent` when there is no such session; as for [`save`](SessionStore::save).
    fn update(&mut self, id: &str, set: &Session) -> Result<(), Failure> {
        let _ = (id, set);
        Err(Failure::unsupported())
    }

    /// Removes a session; a second time is not an error.
    ///
    /// # Errors
    /// Whatever keeps the session from being gone.
    fn delete(&mut self, id: &str) -> Result<(), Failure> {
        let _ = id;
        Err(Failure::unsupported())
    }

    /// Stores a session under an id of the store's choosing, and answers that id.
    ///
    /// # Errors
    /// As for [`save`](SessionStore::save).
    fn create(&mut self, requested: Option<&str>, session: &Session) -> Result<String, Failure> {
        let _ = (requested, session);
        Err(Failure::unsupported())
    }

    /// Gives a session a new id, and answers it; the old one is dead.
    ///
    /// # Errors
    /// `absent` when there is no such session.
    fn rotate(&mut self, id: &str) -> Result<String, Failure> {
        let _ = id;
        Err(Failure::unsupported())
    }

    /// Names the ids that exist.
    ///
    /// # Errors
    /// `denied`, `io`…
    fn list(&mut self) -> Result<Vec<String>, Failure> {
        Err(Failure::unsupported())
    }

    /// Removes what has expired.
    ///
    /// # Errors
    /// `denied`, `io`…
    fn purge(&mut self) -> Result<(), Failure> {
        Err(Failure::unsupported())
    }

    /// Sends one request as an HTTP client, with the session that it keeps: follows redirects, and keeps what the answers set.
    ///
    /// # Errors
    /// `unsupported` for credentials, a cookie or a read-only use that the client cannot be given; whatever the client fails with.
    fn fetch(&mut self, request: &Fetch) -> Result<(), Failure> {
        let _ = request;
        Err(Failure::unsupported())
    }

    /// Lets go of files and locks.
    ///
    /// # Errors
    /// Whatever could not be written on the way out.
    fn close(&mut self) -> Result<(), Failure> {
        Err(Failure::unsupported())
    }

    /// Reads a header, if this is a parser: the pairs as it hands them to an application ([`Pairs`](crate::Pairs) says which).
    ///
    /// # Errors
    /// `invalid` when the parser refuses the header.
    fn parse(&mut self, header: Header, value: &[u8]) -> Result<Vec<(Bytes, Bytes)>, Failure> {
        let _ = (header, value);
        Err(Failure::unsupported())
    }

    /// Moves the store's clock on.
    ///
    /// # Errors
    /// `unsupported` where the store reads the system's clock: the harness moves that.
    fn advance(&mut self, seconds: i64) -> Result<(), Failure> {
        let _ = seconds;
        Err(Failure::unsupported())
    }
}
