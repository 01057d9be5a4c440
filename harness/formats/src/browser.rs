//! The databases in which browsers keep cookies: Firefox's `cookies.sqlite` and Chromium's `Cookies`.
//!
//! The sources are `CookiePersistentStorage.cpp` of Firefox and `sqlite_persistent_cookie_store.cc` of Chromium. Columns are found by their
//! names, so schemas of many years are read; columns that an old one lacks have what their absence means. Nothing is printed: a database is
//! changed by SQLite. What is in a log beside it (WAL) and not in the file is not seen.

use crate::cookie::SameSite;
use crate::error::{Error, Reason};
use crate::sqlite::{Cell, Database, Row, Table};

/// A browser, by the table in which it keeps cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browser {
    /// `moz_cookies`
    Firefox,
    /// `cookies` with a `host_key`: Chromium, Chrome, Edge, Brave, Opera.
    Chromium,
}

/// The cookies of a browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jar {
    /// Whose they are.
    pub browser: Browser,
    /// The cookies, in the order of their rows.
    pub cookies: Vec<Cookie>,
}

/// A cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// Its host; with a leading dot if subdomains get it, too.
    pub host: Vec<u8>,
    /// Its name.
    pub name: Vec<u8>,
    /// Its value.
    pub value: Value,
    /// Its path.
    pub path: Vec<u8>,
    /// When it expires, in Unix seconds; `None` is with the session.
    pub expires: Option<i64>,
    /// Sent over secure channels only.
    pub secure: bool,
    /// Hidden from scripts.
    pub http_only: bool,
    /// `SameSite`, if it was given.
    pub same_site: Option<SameSite>,
    /// The site or the attributes that it is kept apart for: Chromium's `top_frame_site_key`, Firefox's `originAttributes`.
    pub partition: Vec<u8>,
}

/// The value of a cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Anybody who reads the file has it.
    Clear(Vec<u8>),
    /// Encrypted by Chromium with a key of the operating system's, or with a fixed one (`v10` on Linux).
    Encrypted(Vec<u8>),
}

/// Microseconds from 1601 to 1970: Chromium's times begin in 1601.
const CHROMIUM_EPOCH: i64 = 11_644_473_600_000_000;
/// Since this schema, Firefox keeps ends in milliseconds.
const FIREFOX_MILLISECONDS: u32 = 16;

/// Returns whose database it is; `None` if it is no browser's.
pub fn detect(bytes: &[u8]) -> Option<Browser> {
    let tables = Database::new(bytes).and_then(|database| database.tables()).ok()?;
    table_of(&tables).map(|(browser, _)| browser)
}

/// Reads the cookies of a browser.
///
/// # Errors
/// What is wrong with the database, and where.
pub fn parse(bytes: &[u8]) -> Result<Jar, Error> {
    let database = Database::new(bytes)?;
    let tables = database.tables()?;
    let none = Error::new(0, Reason::Expected("a table of cookies"));
    let (browser, table) = table_of(&tables).ok_or(none)?;
    let rows = database.rows(table)?;
    let cookies = rows.iter().map(|row| {
        let fields = Fields { table, row };
        match browser {
            Browser::Firefox => fields.firefox(database.user_version()),
            Browser::Chromium => fields.chromium(),
        }
    });
    Ok(Jar { browser, cookies: cookies.collect() })
}

fn table_of(tables: &[Table]) -> Option<(Browser, &Table)> {
    let has = |table: &Table, name: &str| table.columns.iter().any(|column| column == name);
    tables.iter().find_map(|table| match table.name.as_str() {
        "moz_cookies" if has(table, "host") => Some((Browser::Firefox, table)),
        "cookies" if has(table, "host_key") => Some((Browser::Chromium, table)),
        _ => None,
    })
}

/// A row by the names of its columns.
struct Fields<'a> {
    table: &'a Table,
    row: &'a Row,
}

impl Fields<'_> {
    fn get(&self, name: &str) -> Option<&Cell> {
        let column = self.table.columns.iter().position(|column| column == name)?;
        self.row.cells.get(column)
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        match self.get(name) {
            Some(Cell::Text(bytes) | Cell::Blob(bytes)) => bytes.clone(),
            Some(Cell::Int(number)) => number.to_string().into_bytes(),
            _ => Vec::new(),
        }
    }

    fn int(&self, name: &str) -> Option<i64> {
        match self.get(name) {
            Some(Cell::Int(number)) => Some(*number),
            _ => None,
        }
    }

    fn flag(&self, name: &str) -> bool {
        self.int(name).is_some_and(|number| number != 0)
    }

    fn firefox(&self, schema: u32) -> Cookie {
        let each = if schema < FIREFOX_MILLISECONDS { 1 } else { 1000 };
        Cookie {
            host: self.bytes("host"),
            name: self.bytes("name"),
            value: Value::Clear(self.bytes("value")),
            path: self.bytes("path"),
            expires: self.int("expiry").map(|end| end.div_euclid(each)),
            secure: self.flag("isSecure"),
            http_only: self.flag("isHttpOnly"),
            // 256 is unset, and so is a schema without the column.
            same_site: self.int("sameSite").and_then(same_site),
            partition: self.bytes("originAttributes"),
        }
    }

    fn chromium(&self) -> Cookie {
        let lasts = self.int("has_expires") != Some(0);
        let expires = self.int("expires_utc").filter(|_| lasts);
        let (clear, encrypted) = (self.bytes("value"), self.bytes("encrypted_value"));
        Cookie {
            host: self.bytes("host_key"),
            name: self.bytes("name"),
            value: match clear.is_empty() && !encrypted.is_empty() {
                true => Value::Encrypted(encrypted),
                false => Value::Clear(clear),
            },
            path: self.bytes("path"),
            expires: expires.map(|end| end.saturating_sub(CHROMIUM_EPOCH).div_euclid(1_000_000)),
            secure: self.flag("is_secure") || self.flag("secure"),
            http_only: self.flag("is_httponly") || self.flag("httponly"),
            // -1 is unset.
            same_site: self.int("samesite").and_then(same_site),
            partition: self.bytes("top_frame_site_key"),
        }
    }
}

fn same_site(number: i64) -> Option<SameSite> {
    match number {
        0 => Some(SameSite::None),
        1 => Some(SameSite::Lax),
        2 => Some(SameSite::Strict),
        _ => None,
    }
}
