//! Sessions in a SQLite table, through rusqlite.
//!
//! <https://docs.rs/rusqlite>: `Connection::open`, `execute` and `query_row`, no pragma and no flag.

use std::fs::File;
use std::path::{Path, PathBuf};

use interloper_driver::{
    ErrorKind, Failure, Hello, Keeps, Medium, Open, Operation, Session, SessionStore, Setup,
};
use rusqlite::{Connection, Error, ErrorCode, OptionalExtension, params};

/// The version that Cargo.lock has.
const RUSQLITE: &str = "0.40.2";

/// A database file with a table of sessions.
#[derive(Default)]
pub struct Sqlite {
    path: PathBuf,
    connection: Option<Connection>,
}

impl Sqlite {
    fn connection(&self) -> Result<&Connection, Failure> {
        self.connection.as_ref().ok_or_else(|| Failure::invalid("the store is not open"))
    }

    fn failed(&self, error: Error) -> Failure {
        failure(&self.path, error)
    }
}

impl SessionStore for Sqlite {
    fn hello(&self) -> Hello {
        Hello::new("sqlite", format!("rusqlite {RUSQLITE}, SQLite {}", rusqlite::version()))
            .medium(Medium::Database)
            .keeps([Keeps::Data, Keeps::Cookies, Keeps::Headers, Keeps::Auth, Keeps::Expires])
            .ops([Operation::Save, Operation::Load, Operation::Update, Operation::Delete])
            .setups([Setup::file()])
    }

    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.path = at.path()?.to_owned();
        let connection = Connection::open(&self.path).map_err(|error| self.failed(error))?;
        connection
            .execute(
                "CREATE TABLE IF NOT EXISTS sessions (
                    id      TEXT PRIMARY KEY,
                    data    TEXT NOT NULL,
                    expires INTEGER
                )",
                (),
            )
            .map_err(|error| self.failed(error))?;
        self.connection = Some(connection);
        Ok(())
    }

    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        let data = serde_json::to_string(session)?;
        self.connection()?
            .execute(
                "INSERT INTO sessions (id, data, expires) VALUES (?1, ?2, ?3)
                 ON CONFLICT (id) DO UPDATE SET data = excluded.data, expires = excluded.expires",
                params![id, data, session.expires_at],
            )
            .map_err(|error| self.failed(error))?;
        Ok(())
    }

    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
        let data = select(self.connection()?, id).map_err(|error| self.failed(error))?;
        Ok(data.map(|data| serde_json::from_str(&data)).transpose()?)
    }

    /// Reads, changes and writes in one transaction.
    fn update(&mut self, id: &str, set: &Session) -> Result<(), Failure> {
        let failed = |error| failure(&self.path, error);
        let Some(connection) = &mut self.connection else {
            return Err(Failure::invalid("the store is not open"));
        };
        let transaction = connection.transaction().map_err(failed)?;
        let Some(data) = select(&transaction, id).map_err(failed)? else {
            return Err(Failure::new(ErrorKind::Absent, "there is no such session"));
        };
        let mut session: Session = serde_json::from_str(&data)?;
        session.set(set.clone());
        transaction
            .execute(
                "UPDATE sessions SET data = ?2, expires = ?3 WHERE id = ?1",
                params![id, serde_json::to_string(&session)?, session.expires_at],
            )
            .map_err(failed)?;
        transaction.commit().map_err(failed)
    }

    fn delete(&mut self, id: &str) -> Result<(), Failure> {
        self.connection()?
            .execute("DELETE FROM sessions WHERE id = ?1", [id])
            .map_err(|error| self.failed(error))?;
        Ok(())
    }
}

/// The session's text, if it has not expired.
fn select(connection: &Connection, id: &str) -> Result<Option<String>, Error> {
    connection
        .query_row(
            "SELECT data FROM sessions
             WHERE id = ?1 AND (expires IS NULL OR expires > unixepoch())",
            [id],
            |row| row.get(0),
        )
        .optional()
}

/// What SQLite's result codes are called in the protocol: <https://sqlite.org/rescode.html>.
fn failure(path: &Path, error: Error) -> Failure {
    let kind = match &error {
        Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => ErrorKind::Corrupt,
            ErrorCode::PermissionDenied
            | ErrorCode::AuthorizationForStatementDenied
            | ErrorCode::ReadOnly => ErrorKind::Denied,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => ErrorKind::Conflict,
            ErrorCode::TooBig | ErrorCode::TypeMismatch => ErrorKind::Invalid,
            ErrorCode::CannotOpen => unopened(path),
            ErrorCode::DiskFull | ErrorCode::SystemIoFailure => ErrorKind::Io,
            // SQLITE_ERROR: the statements are right, so it is the table in the file that is not.
            ErrorCode::Unknown => ErrorKind::Corrupt,
            _ => ErrorKind::Other,
        },
        // A column that holds something else than what was put there.
        Error::InvalidColumnType(..)
        | Error::FromSqlConversionFailure(..)
        | Error::Utf8Error(..) => ErrorKind::Corrupt,
        Error::InvalidPath(_) | Error::NulError(_) => ErrorKind::Invalid,
        _ => ErrorKind::Other,
    };
    Failure::new(kind, error.to_string())
}

/// SQLITE_CANTOPEN does not say why, and so the system is asked, without making or waiting for anything.
fn unopened(path: &Path) -> ErrorKind {
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => ErrorKind::Corrupt,
        Ok(_) => File::open(path).map_or_else(|error| Failure::from(error).kind, |_| ErrorKind::Io),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => ErrorKind::Denied,
        // There is no such file and none could be made, though there is a directory for it.
        Err(_) if path.parent().is_some_and(Path::is_dir) => ErrorKind::Denied,
        Err(_) => ErrorKind::Io,
    }
}
