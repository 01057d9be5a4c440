//! Sessions of tower-sessions in SQLite, through its SQLx store.
//!
//! <https://docs.rs/tower-sessions-sqlx-store/0.15.0>: a `SqlitePool`, `SqliteStore::new` and `migrate`, every option at its default, but
//! that the database is made if it is not there. A session is a `Session` where the middleware makes one, and a `Record` where the
//! protocol chooses the id, which the middleware leaves to the crate.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use interloper_driver::{
    Enforces, ErrorKind, Failure, Hello, IdForm, Ids, Keeps, Medium, Open, Operation, Session,
    SessionStore, Setup, serve,
};
use time::{Duration, OffsetDateTime};
use tokio::runtime::{Builder, Runtime};
use tower_sessions::session::{Error, Expiry, Id, Record};
use tower_sessions::session_store::{self, ExpiredDeletion};
use tower_sessions::{Session as Visit, SessionStore as _};
use tower_sessions_sqlx_store::SqliteStore;
use tower_sessions_sqlx_store::sqlx;
use tower_sessions_sqlx_store::sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

/// The version that Cargo.lock has.
const VERSION: &str = "0.15.0";

/// Lifetime of a session whose expiry nobody set: `DEFAULT_DURATION` of the crate.
const UNSET: Duration = Duration::weeks(2);

#[derive(Default)]
struct Sessions {
    path: PathBuf,
    open: Option<Opened>,
}

/// The store, and the runtime that it works in: made after the fork, since the store has threads.
struct Opened {
    runtime: Runtime,
    pool: SqlitePool,
    store: Arc<SqliteStore>,
}

impl Sessions {
    fn opened(&self) -> Result<&Opened, Failure> {
        self.open.as_ref().ok_or_else(|| Failure::invalid("the store is not open"))
    }

    fn failed(&self, error: session_store::Error) -> Failure {
        match error {
            session_store::Error::Backend(said) => database(&self.path, said),
            error => Failure::corrupt(error.to_string()),
        }
    }

    fn broken(&self, error: Error) -> Failure {
        match error {
            Error::Store(error) => self.failed(error),
            Error::SerdeJson(error) => error.into(),
        }
    }

    fn record(&self, id: Id) -> Result<Option<Record>, Failure> {
        let Opened { runtime, store, .. } = self.opened()?;
        runtime.block_on(store.load(&id)).map_err(|error| self.failed(error))
    }

    fn keep(&self, record: &Record) -> Result<(), Failure> {
        let Opened { runtime, store, .. } = self.opened()?;
        runtime.block_on(store.save(record)).map_err(|error| self.failed(error))
    }
}

impl SessionStore for Sessions {
    fn hello(&self) -> Hello {
        let hello = Hello::new("tower-sessions", VERSION)
            .medium(Medium::Database)
            .keeps([Keeps::Data, Keeps::Expires])
            .enforces([Enforces::Expiry])
            .ids(Ids::Both)
            .id_is_credential(true)
            .ops([Operation::Save, Operation::Load, Operation::Update, Operation::Delete])
            .ops([Operation::Create, Operation::Rotate, Operation::Purge, Operation::Close])
            .setups([Setup::file()]);
        // 128 bits in base64url, so the last character has two bits: these four characters are good at each place.
        let id_form = IdForm {
            alphabet: "AQgw".into(),
            length: 22,
            example: "AQgwAQgwAQgwAQgwAQgwAQ".into(),
        };
        Hello { id_form: Some(id_form), ..hello }
    }

    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.path = at.path()?.to_owned();
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let options = SqliteConnectOptions::new().filename(&self.path).create_if_missing(true);
        let failed = |error: sqlx::Error| database(&self.path, error.to_string());
        let pool = runtime.block_on(SqlitePool::connect_with(options)).map_err(failed)?;
        let store = SqliteStore::new(pool.clone());
        runtime.block_on(store.migrate()).map_err(failed)?;
        self.open = Some(Opened { runtime, pool, store: Arc::new(store) });
        Ok(())
    }

    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        let mut record = Record { id: read(id)?, data: Default::default(), expiry_date: unset() };
        put(&mut record, session)?;
        self.keep(&record)
    }

    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
        Ok(self.record(read(id)?)?.map(|record| Session {
            expires_at: is_set(&record).then(|| record.expiry_date.unix_timestamp()),
            data: record.data.into_iter().collect(),
            ..Session::default()
        }))
    }

    /// Reads, changes and writes, as `Session::insert` and the middleware do.
    fn update(&mut self, id: &str, set: &Session) -> Result<(), Failure> {
        let mut record = self.record(read(id)?)?.ok_or_else(absent)?;
        if !is_set(&record) {
            record.expiry_date = unset();
        }
        put(&mut record, set)?;
        self.keep(&record)
    }

    fn delete(&mut self, id: &str) -> Result<(), Failure> {
        let Opened { runtime, store, .. } = self.opened()?;
        let visit = Visit::new(Some(read(id)?), store.clone(), None);
        runtime.block_on(visit.flush()).map_err(|error| self.broken(error))
    }

    /// The first request of a browser, with whatever cookie it has, that puts something into its session.
    fn create(&mut self, requested: Option<&str>, session: &Session) -> Result<String, Failure> {
        let Opened { runtime, store, .. } = self.opened()?;
        let expiry = session.expires_at.map(moment).transpose()?.map(Expiry::AtDateTime);
        let visit = Visit::new(requested.and_then(|id| id.parse().ok()), store.clone(), expiry);
        let made = runtime.block_on(async {
            for (name, value) in &session.data {
                visit.insert_value(name, value.clone()).await?;
            }
            visit.save().await
        });
        made.map_err(|error| self.broken(error))?;
        visit.id().map(|id| id.to_string()).ok_or_else(absent)
    }

    /// A login: `cycle_id`, and the save that the middleware makes at the end of the request.
    fn rotate(&mut self, id: &str) -> Result<String, Failure> {
        let record = self.record(read(id)?)?.ok_or_else(absent)?;
        let Opened { runtime, store, .. } = self.opened()?;
        let expiry = is_set(&record).then_some(Expiry::AtDateTime(record.expiry_date));
        let visit = Visit::new(Some(record.id), store.clone(), expiry);
        let cycled = runtime.block_on(async {
            visit.cycle_id().await?;
            visit.save().await
        });
        cycled.map_err(|error| self.broken(error))?;
        visit.id().map(|id| id.to_string()).ok_or_else(absent)
    }

    fn purge(&mut self) -> Result<(), Failure> {
        let Opened { runtime, store, .. } = self.opened()?;
        runtime.block_on(store.delete_expired()).map_err(|error| self.failed(error))
    }

    fn close(&mut self) -> Result<(), Failure> {
        if let Some(Opened { runtime, pool, .. }) = self.open.take() {
            runtime.block_on(pool.close());
        }
        Ok(())
    }
}

fn read(id: &str) -> Result<Id, Failure> {
    id.parse().map_err(|error| Failure::invalid(format!("{id:?} is no id: {error}")))
}

fn absent() -> Failure {
    Failure::new(ErrorKind::Absent, "there is no such session")
}

/// Sets values, and the end, of a session.
fn put(record: &mut Record, session: &Session) -> Result<(), Failure> {
    let values = session.data.iter().map(|(name, value)| (name.clone(), value.clone()));
    record.data.extend(values);
    if let Some(seconds) = session.expires_at {
        record.expiry_date = moment(seconds)?;
    }
    Ok(())
}

fn moment(seconds: i64) -> Result<OffsetDateTime, Failure> {
    OffsetDateTime::from_unix_timestamp(seconds)
        .map_err(|error| Failure::invalid(error.to_string()))
}

/// The end of a session whose expiry nobody set. It never is at a whole second, and so it is told from one that is set: the store
/// keeps no other difference.
fn unset() -> OffsetDateTime {
    let end = OffsetDateTime::now_utc().saturating_add(UNSET);
    if end.nanosecond() == 0 { end + Duration::nanoseconds(1) } else { end }
}

fn is_set(record: &Record) -> bool {
    record.expiry_date.nanosecond() == 0
}

/// Names the database's errors as the protocol does: <https://sqlite.org/rescode.html>. The store gives them as text.
fn database(path: &Path, said: String) -> Failure {
    let code = said.split_once("(code: ").and_then(|(_, rest)| rest.split(')').next());
    let kind = match code.and_then(|code| code.parse::<u32>().ok()).map(|code| code & 0xff) {
        // SQLITE_ERROR: the statements are right, so it is the table in the file that is not.
        Some(1 | 11 | 26) => ErrorKind::Corrupt,
        Some(3 | 8 | 23) => ErrorKind::Denied,
        Some(5 | 6) => ErrorKind::Conflict,
        Some(10 | 13) => ErrorKind::Io,
        Some(14) => unopened(path),
        Some(18 | 20) => ErrorKind::Invalid,
        // A column that holds something else than what was put there.
        None if said.contains("decod") => ErrorKind::Corrupt,
        _ => ErrorKind::Other,
    };
    Failure::new(kind, said)
}

/// SQLITE_CANTOPEN does not say why, and so the system is asked, without making or waiting for anything.
fn unopened(path: &Path) -> ErrorKind {
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => ErrorKind::Corrupt,
        Ok(_) => std::fs::File::open(path)
            .map_or_else(|error| Failure::from(error).kind, |_| ErrorKind::Io),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => ErrorKind::Denied,
        // There is no such file and none could be made, though there is a directory for it.
        Err(_) if path.parent().is_some_and(Path::is_dir) => ErrorKind::Denied,
        Err(_) => ErrorKind::Io,
    }
}

fn main() -> std::io::Result<()> {
    serve(&mut Sessions::default())
}
