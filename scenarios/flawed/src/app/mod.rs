//! A hardened web application, and flaws as small local changes to it.
//!
//! | file | what |
//! |---|---|
//! | [`flaws`] | the flaws by name, and the scenarios that must notice each |
//! | [`server`] | connections, requests and answers |
//! | [`routes`] | what the application does; each flaw is one condition there |
//! | [`sessions`] | the sessions, in files that threads and processes share |
//!
//! It is threads of the driver's process. So it starts in a millisecond, and needs nothing installed.
//!
//! The application does the following:
//!
//! - An id is 128 random bits, and one that it did not make is nobody's.
//! - A login gives the browser a new id, and ends the session that it had (CWE-384).
//! - A logout ends the session on the server and removes the cookie under the path under which it was set (CWE-613).
//! - A change of the password ends all other sessions of the user.
//! - The cookie is `HttpOnly`, `Secure`, `SameSite=Lax`, for one host, and ends with the browser's session (CWE-1004, CWE-614, CWE-1275).
//! - Whoever reads a session to change it has the lock until that is done, so no request brings back what another ended (CWE-362).
//! - Forms carry a token (CWE-352).
//! - The id is in no page, no log (CWE-532), and no file: files are named by its hash.

mod flaws;
mod routes;
mod server;
mod sessions;

use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::Arc;

use interloper_driver::{
    AppRequest, Application, Csrf, Failure, Hello, LISTEN, Open, Session, SessionStore, Setup,
};

use flaws::Flaw;
pub use flaws::app_flaws;

/// Name of its only setup, in which it is reached over https.
const SETUP: &str = "production";

/// The application, hardened or with a flaw.
#[derive(Debug)]
pub struct HardenedApp {
    name: String,
    flaw: Option<Flaw>,
}

/// Returns the hardened application.
pub fn hardened_app() -> HardenedApp {
    HardenedApp { name: "hardened-app".into(), flaw: None }
}

/// Returns the application with the flaw of this name.
pub(crate) fn make(name: &str) -> Option<Box<dyn SessionStore>> {
    let flaw = flaws::named(name)?;
    Some(Box::new(HardenedApp { name: format!("flawed-{name}"), flaw: Some(flaw) }))
}

impl HardenedApp {
    fn application(&self) -> Option<Application> {
        let login = AppRequest::new("POST /login").field("user", "{user}");
        let login = login.field("password", "{password}");
        let register = AppRequest { request: "POST /register".into(), ..login.clone() };
        let application = Application::new(login, AppRequest::new("GET /whoami"));
        Some(Application {
            https: vec![SETUP.parse().ok()?],
            register: Some(register),
            logout: Some(AppRequest::new("POST /logout")),
            set: Some(AppRequest::new("POST /set").field("value", "{value}")),
            get: Some(AppRequest::new("GET /get")),
            revoke_all: Some(AppRequest::new("POST /revoke-all")),
            change_password: Some(AppRequest::new("POST /password").field("new", "{new_password}")),
            csrf: Some(Csrf { request: "GET /login".into(), field: "token".into() }),
            ..application
        })
    }
}

impl SessionStore for HardenedApp {
    fn hello(&self) -> Hello {
        let hello = Hello::new(&self.name, env!("CARGO_PKG_VERSION"));
        let setup = SETUP.parse().ok().map(|name| Setup::new(name, interloper_driver::At::None));
        let hello = hello.setups(setup);
        match self.application() {
            Some(application) => hello.application(application),
            None => hello,
        }
    }

    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        let listen = at.params.get(LISTEN).and_then(|listen| listen.as_str());
        let path = listen.and_then(|listen| listen.strip_prefix("unix:")).map(PathBuf::from);
        let path =
            path.ok_or_else(|| Failure::invalid("open names no Unix socket to listen on"))?;
        let listener = UnixListener::bind(path)?;
        let app = Arc::new(routes::Routes::new(self.flaw, &at.home));
        std::thread::Builder::new().spawn(move || server::serve(&listener, &app))?;
        Ok(())
    }

    fn save(&mut self, _: &str, _: &Session) -> Result<(), Failure> {
        Err(Failure::unsupported())
    }

    fn load(&mut self, _: &str) -> Result<Option<Session>, Failure> {
        Err(Failure::unsupported())
    }
}
