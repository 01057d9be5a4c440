//! A small application on Actix Web and actix-session, with its CookieSessionStore.
//!
//! SETUP says how: `defaults`, `SessionMiddleware::new` with a key; `hardened`, as <https://docs.rs/actix-session/0.11.0> advises:
//! `CookieContentSecurity::Private`, a `PersistentSession` with a time to live, and `Session::renew` at the login.

use std::{env, io};

use actix_session::config::{CookieContentSecurity, PersistentSession};
use actix_session::storage::CookieSessionStore;
use actix_session::{Session, SessionMiddleware};
use actix_web::cookie::{Key, SameSite, time::Duration};
use actix_web::middleware::Condition;
use actix_web::web::{self, Form};
use actix_web::{App, Error, HttpServer};
use serde::Deserialize;

/// The key of the cookies, 64 bytes: each process of the application has the same.
const KEY: &[u8; 64] = b"3f1c1f6f0f9a4d5cb9e6c2b7a8d4e5f60f9a4d5cb9e6c2b73f1c1f6fa8d4e5f6";

#[derive(Deserialize)]
struct Login {
    user: String,
}

#[derive(Deserialize)]
struct Set {
    value: String,
}

fn is_hardened() -> bool {
    env::var("SETUP").is_ok_and(|setup| setup == "hardened")
}

async fn login(session: Session, form: Form<Login>) -> Result<&'static str, Error> {
    if is_hardened() {
        session.renew();
    }
    session.insert("user", &form.user)?;
    Ok("welcome")
}

async fn logout(session: Session) -> &'static str {
    session.purge();
    "goodbye"
}

async fn whoami(session: Session) -> Result<String, Error> {
    Ok(session.get::<String>("user")?.unwrap_or_else(|| "nobody".into()))
}

async fn set(session: Session, form: Form<Set>) -> Result<&'static str, Error> {
    session.insert("value", &form.value)?;
    Ok("kept")
}

async fn shown(session: Session) -> Result<String, Error> {
    Ok(session.get::<String>("value")?.unwrap_or_default())
}

#[actix_web::main]
async fn main() -> io::Result<()> {
    let socket = env::args().nth(1).ok_or_else(|| io::Error::other("the socket is missing"))?;
    let hardened = is_hardened();
    let application = move || {
        let store = CookieSessionStore::default;
        let lasting = PersistentSession::default().session_ttl(Duration::minutes(10));
        let advised = SessionMiddleware::builder(store(), Key::from(KEY))
            .cookie_secure(true)
            .cookie_http_only(true)
            .cookie_same_site(SameSite::Lax)
            .cookie_content_security(CookieContentSecurity::Private)
            .session_lifecycle(lasting)
            .build();
        App::new()
            .wrap(Condition::new(!hardened, SessionMiddleware::new(store(), Key::from(KEY))))
            .wrap(Condition::new(hardened, advised))
            .route("/login", web::post().to(login))
            .route("/logout", web::post().to(logout))
            .route("/whoami", web::get().to(whoami))
            .route("/set", web::post().to(set))
            .route("/get", web::get().to(shown))
    };
    HttpServer::new(application).workers(2).bind_uds(socket)?.run().await
}
