//! A client whose jar is the cookie_store crate's, saved to JSON as in [`JsonJar`](crate::JsonJar).
//!
//! What the crate decides is which cookies are taken and which are sent. The requests are the reference client's, and so is what becomes of a
//! password.

use std::fs::File;
use std::io::{BufReader, BufWriter, ErrorKind};
use std::path::PathBuf;

use cookie_store::CookieStore;
use cookie_store::serde::json;
use interloper_driver::op::Fetch;
use interloper_driver::{
    Failure, Hello, Keeps, Kind, Open, Operation, Session, SessionStore, Setup,
};
use interloper_flawed::Trust;
use interloper_flawed::http::{self, Answer};
use url::Url;

use crate::jar::{COOKIE_STORE, failure};

/// The most redirects that are followed.
const REDIRECTS: usize = 10;

/// A client with a jar file.
#[derive(Default)]
pub struct JarClient {
    path: PathBuf,
}

impl JarClient {
    fn read(&self) -> Result<CookieStore, Failure> {
        match File::open(&self.path).map(BufReader::new) {
            Ok(reader) => json::load(reader).map_err(failure),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(CookieStore::default()),
            Err(error) => Err(error.into()),
        }
    }
}

impl SessionStore for JarClient {
    fn hello(&self) -> Hello {
        Hello::new("client-cookie-store", COOKIE_STORE)
            .kind(Kind::Client)
            .keeps([Keeps::Cookies])
            .ops([Operation::Fetch])
            .setups([Setup::file().one_session()])
    }

    fn open(&mut self, at: &Open) -> Result<(), Failure> {
        self.path = at.path()?.to_owned();
        Ok(())
    }

    fn fetch(&mut self, asked: &Fetch) -> Result<(), Failure> {
        if asked.auth.is_some() || asked.cookie.is_some() {
            return Err(Failure::unsupported());
        }
        let wrong = |error: url::ParseError| Failure::invalid(error.to_string());
        let mut jar = self.read()?;
        let mut url = Url::parse(&asked.url).map_err(wrong)?;
        for _ in 0..REDIRECTS {
            let pairs: Vec<String> = jar
                .get_request_values(&url)
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            let fields = match pairs.is_empty() {
                true => Vec::new(),
                false => vec![format!("Cookie: {}", pairs.join("; "))],
            };
            let at = http::Url::read(url.as_str())?;
            let Answer { set, location } = http::exchange(&at, &fields, Trust::Right)?;
            for field in set {
                // A cookie that the jar refuses is no error of the request.
                let _ = jar.parse(&String::from_utf8_lossy(&field), &url);
            }
            match location {
                Some(location) => url = url.join(&location).map_err(wrong)?,
                None => break,
            }
        }
        if asked.read_only {
            return Ok(());
        }
        let mut writer = File::create(&self.path).map(BufWriter::new)?;
        json::save_incl_expired_and_nonpersistent(&jar, &mut writer).map_err(failure)
    }

    fn save(&mut self, _: &str, _: &Session) -> Result<(), Failure> {
        Err(Failure::unsupported())
    }

    fn load(&mut self, _: &str) -> Result<Option<Session>, Failure> {
        Err(Failure::unsupported())
    }
}
