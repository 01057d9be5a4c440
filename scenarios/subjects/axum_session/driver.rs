//! Sessions of axum_session in SQLite, through its SQLx database.
//!
//! <https://docs.rs/axum_session/0.22.1>: a pool, `SessionStore::new` with `SessionConfig::default()`, and the `SessionLayer` around an
//! application. Each operation is one request to that application, with the id in the cookie, which is neither signed nor encrypted by
//! default. The values of a session are under one key, since the crate has no call that lists keys.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Request};
use axum::http::StatusCode;
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::response::Response;
use axum_session::{SessionConfig, SessionLayer, SessionStore as Sessions};
use axum_session_sqlx::{SessionSqlitePool, SessionSqliteSession};
use cookie::Cookie;
use interloper_driver::{
    ErrorKind, Failure, Hello, Ids, Keeps, Medium, Open, Operation, Session, SessionStore, Setup,
    serve,
};
use serde_json::{Map, Value};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// The version that Cargo.lock has.
const VERSION: &str = "0.22.1";

/// The name of the cookie, by default.
const COOKIE_NAME: &str = "session";

/// The key of the values.
const DATA: &str = "data";

#[derive(Default)]
struct AxumSession {
    path: PathBuf,
    logged: Logged,
    open: Option<Opened>,
}

/// The application, and the runtime that it works in: made after the fork, since the store has threads.
struct Opened {
    runtime: Runtime,
    pool: SqlitePool,
    app: Router,
}

/// Subject of a request.
#[derive(Clone)]
enum Visited {
    Set(Map<String, Value>),
    /// Sets these among the values, if there is a session.
    Change(Map<String, Value>),
    Look,
    Renew,
    Destroy,
}

/// The values of a session; `None` if there is none.
type Values = Option<Map<String, Value>>;

/// Values that the application found.
type Found = Arc<Mutex<Values>>;

async fn page(
    session: SessionSqliteSession,
    Extension(visited): Extension<Visited>,
    Extension(found): Extension<Found>,
) {
    let there: Values = session.get(DATA);
    match visited {
        Visited::Set(values) => session.set(DATA, values),
        Visited::Change(values) => {
            if let Some(mut all) = there.clone() {
                all.extend(values);
                session.set(DATA, all);
            }
        }
        Visited::Look => {}
        Visited::Renew => session.renew(),
        Visited::Destroy => session.destroy(),
    }
    if let Ok(mut found) = found.lock() {
        *found = there;
    }
}

impl AxumSession {
    fn failed(&self, error: impl fmt::Display) -> Failure {
        database(&self.path, error.to_string())
    }

    /// Visits the application with a session's cookie, or with none; gives what was in the session, and the id that the answer's cookie has.
    fn visit(
        &self,
        id: Option<&str>,
        visited: Visited,
    ) -> Result<(Values, Option<String>), Failure> {
        let Opened { runtime, app, .. } =
            self.open.as_ref().ok_or_else(|| Failure::invalid("the store is not open"))?;
        let found = Found::default();
        let mut request = Request::builder().extension(visited).extension(found.clone());
        if let Some(id) = id {
            let cookie = Cookie::new(COOKIE_NAME, id).encoded().to_string();
            request = request.header(COOKIE, cookie);
        }
        let request =
            request.body(Body::empty()).map_err(|error| Failure::invalid(error.to_string()))?;
        self.logged.take();
        let answer = match runtime.block_on(app.clone().oneshot(request)) {
            Ok(answer) => answer,
            Err(never) => match never {},
        };
        if answer.status() != StatusCode::OK {
            let said = self.logged.take().unwrap_or_else(|| answer.status().to_string());
            return Err(self.failed(said));
        }
        let found = found.lock().map_or(None, |mut found| found.take());
        Ok((found, session_of(&answer)))
    }
}

/// The value of the session's cookie that an answer sets.
fn session_of(answer: &Response) -> Option<String> {
    let cookies = answer.headers().get_all(SET_COOKIE).iter();
    let cookies = cookies.filter_map(|value| Cookie::parse_encoded(value.to_str().ok()?).ok());
    let own = cookies.filter(|cookie| cookie.name() == COOKIE_NAME);
    own.map(|cookie| cookie.value().to_owned()).find(|value| !value.is_empty())
}

fn absent() -> Failure {
    Failure::new(ErrorKind::Absent, "there is no such session")
}

impl SessionStore for AxumSession {
    fn hello(&self) -> Hello {
        Hello::new("axum_session", VERSION)
            .medium(Medium::Database)
            .keeps([Keeps::Data])
            .ids(Ids::Both)
            .id_is_credential(true)
            .ops([Operation::Save, Operation::Load, Operation::Update, Operation::Delete])
            .ops([Operation::Create, Operation::Rotate, Operation::Close])
            .setups([Setup::file()])
    }

    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.path = at.path()?.to_owned();
        // Once a process: a second time it is the same one.
        let _ = tracing::subscriber::set_global_default(self.logged.clone());
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let options = SqliteConnectOptions::new().filename(&self.path).create_if_missing(true);
        let pool = runtime
            .block_on(SqlitePool::connect_with(options))
            .map_err(|error| self.failed(error))?;
        let database = Some(SessionSqlitePool::from(pool.clone()));
        let store = runtime
            .block_on(Sessions::new(database, SessionConfig::default()))
            .map_err(|error| self.failed(error))?;
        // The layer starts a task that removes what has expired, for which it needs the runtime.
        let entered = runtime.enter();
        let app = Router::new().fallback(page).layer(SessionLayer::new(store));
        drop(entered);
        self.open = Some(Opened { runtime, pool, app });
        Ok(())
    }

    fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
        self.visit(Some(id), Visited::Set(session.data.clone())).map(drop)
    }

    fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
        let (found, _) = self.visit(Some(id), Visited::Look)?;
        Ok(found.map(|data| Session { data, ..Session::default() }))
    }

    fn update(&mut self, id: &str, set: &Session) -> Result<(), Failure> {
        let (found, _) = self.visit(Some(id), Visited::Change(set.data.clone()))?;
        found.map(drop).ok_or_else(absent)
    }

    /// A logout.
    fn delete(&mut self, id: &str) -> Result<(), Failure> {
        self.visit(Some(id), Visited::Destroy).map(drop)
    }

    /// The first request of a browser, with whatever cookie it has, that puts something into its session.
    fn create(&mut self, requested: Option<&str>, session: &Session) -> Result<String, Failure> {
        let (_, id) = self.visit(requested, Visited::Set(session.data.clone()))?;
        id.ok_or_else(absent)
    }

    /// A login.
    fn rotate(&mut self, id: &str) -> Result<String, Failure> {
        let (found, new) = self.visit(Some(id), Visited::Renew)?;
        found.and(new).ok_or_else(absent)
    }

    fn close(&mut self) -> Result<(), Failure> {
        if let Some(Opened { runtime, pool, .. }) = self.open.take() {
            runtime.block_on(pool.close());
        }
        Ok(())
    }
}

/// The last error that the crate logged: the answer to the request has only its status.
#[derive(Clone, Default)]
struct Logged(Arc<Mutex<Option<String>>>);

impl Logged {
    fn take(&self) -> Option<String> {
        self.0.lock().map_or(None, |mut said| said.take())
    }
}

impl Visit for Logged {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "err"
            && let Ok(mut said) = self.0.lock()
        {
            *said = Some(format!("{value:?}"));
        }
    }
}

impl Subscriber for Logged {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Names the database's errors as the protocol does: <https://sqlite.org/rescode.html>. The crate gives them as text.
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
    serve(&mut AxumSession::default())
}
