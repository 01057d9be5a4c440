//! A small application on axum and tower-sessions.
//!
//! SETUP says how: `defaults`, the MemoryStore in a `SessionManagerLayer` without options, as <https://docs.rs/tower-sessions> shows it;
//! `sqlite`, the SQLx store, likewise; each with `hardened` as that page and those of its methods advise: `with_secure`, `with_expiry`,
//! `with_private`, `Session::cycle_id` at the login, and the deletion of what has expired.

use std::{env, io};

use axum::Router;
use tokio::net::UnixListener;

/// The key of the cookies, 64 bytes: each process of the application has the same.
const KEY: &[u8; 64] = b"3f1c1f6f0f9a4d5cb9e6c2b7a8d4e5f60f9a4d5cb9e6c2b73f1c1f6fa8d4e5f6";

/// The routes of the application, with sessions of one version of tower-sessions.
macro_rules! routes {
    ($sessions:ident) => {
        use axum::Router;
        use axum::extract::Form;
        use axum::http::StatusCode;
        use axum::routing::{get, post};
        use serde::Deserialize;
        use time::Duration;
        use $sessions::cookie::Key;
        use $sessions::session::Error;
        use $sessions::{Expiry, Session, SessionManagerLayer, SessionStore};

        #[derive(Deserialize)]
        struct Login {
            user: String,
        }

        #[derive(Deserialize)]
        struct Set {
            value: String,
        }

        type Page = Result<String, StatusCode>;

        fn failed(error: Error) -> StatusCode {
            eprintln!("{error}");
            StatusCode::INTERNAL_SERVER_ERROR
        }

        async fn login(session: Session, Form(Login { user }): Form<Login>) -> Page {
            session.insert("user", user).await.map_err(failed)?;
            Ok("welcome".into())
        }

        async fn hardened_login(session: Session, form: Form<Login>) -> Page {
            session.cycle_id().await.map_err(failed)?;
            login(session, form).await
        }

        async fn logout(session: Session) -> Page {
            session.flush().await.map_err(failed)?;
            Ok("goodbye".into())
        }

        async fn whoami(session: Session) -> Page {
            let user: Option<String> = session.get("user").await.map_err(failed)?;
            Ok(user.unwrap_or_else(|| "nobody".into()))
        }

        async fn set(session: Session, Form(Set { value }): Form<Set>) -> Page {
            session.insert("value", value).await.map_err(failed)?;
            Ok("kept".into())
        }

        async fn shown(session: Session) -> Page {
            let value: Option<String> = session.get("value").await.map_err(failed)?;
            Ok(value.unwrap_or_default())
        }

        pub fn routes<S: SessionStore + Clone>(store: S, hardened: bool) -> Router {
            let pages = Router::new()
                .route("/logout", post(logout))
                .route("/whoami", get(whoami))
                .route("/set", post(set))
                .route("/get", get(shown));
            if !hardened {
                return pages.route("/login", post(login)).layer(SessionManagerLayer::new(store));
            }
            let layer = SessionManagerLayer::new(store)
                .with_secure(true)
                .with_expiry(Expiry::OnInactivity(Duration::minutes(10)))
                .with_private(Key::from(super::KEY));
            pages.route("/login", post(hardened_login)).layer(layer)
        }
    };
}

mod memory {
    routes!(tower_sessions);

    pub fn app(hardened: bool) -> Router {
        routes(tower_sessions::MemoryStore::default(), hardened)
    }
}

mod sqlite {
    use std::error::Error as StdError;
    use std::path::Path;

    use tower_sessions_of_sqlx::ExpiredDeletion;
    use tower_sessions_sqlx_store::SqliteStore;
    use tower_sessions_sqlx_store::sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

    routes!(tower_sessions_of_sqlx);

    pub async fn app(file: &Path, hardened: bool) -> Result<Router, Box<dyn StdError>> {
        let options = SqliteConnectOptions::new().filename(file).create_if_missing(true);
        let store = SqliteStore::new(SqlitePool::connect_with(options).await?);
        store.migrate().await?;
        if hardened {
            let each = std::time::Duration::from_secs(60);
            tokio::spawn(store.clone().continuously_delete_expired(each));
        }
        Ok(routes(store, hardened))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let socket = env::args().nth(1).ok_or_else(|| io::Error::other("the socket is missing"))?;
    let setup = env::var("SETUP")?;
    let hardened = setup.ends_with("hardened");
    let app: Router = match setup.starts_with("sqlite") {
        true => {
            let home = env::var_os("HOME").ok_or_else(|| io::Error::other("HOME is not set"))?;
            sqlite::app(&std::path::Path::new(&home).join("sessions.db"), hardened).await?
        }
        false => memory::app(hardened),
    };
    axum::serve(UnixListener::bind(socket)?, app).await?;
    Ok(())
}
