//! The stores that are checked with nothing to install.
//!
//! Beside the hardened one they are ordinary uses of ordinary crates, as their own documentation shows them and with nothing added:
//! what the catalogue finds there is what whoever follows that documentation has.

mod jar;
mod sqlite;

use interloper_driver::SessionStore;

pub use jar::JsonJar;
pub use sqlite::Sqlite;

/// A store and what to say of it.
pub struct Bundled {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it is.
    pub sentence: &'static str,
    /// Makes one.
    pub make: fn() -> Box<dyn SessionStore>,
}

/// Every bundled store.
pub static STORES: &[Bundled] = &[
    #[cfg(target_os = "linux")]
    Bundled {
        name: "hardened",
        sentence: "the reference store: encrypted files that are their owner's alone",
        make: || Box::new(interloper_flawed::hardened()),
    },
    Bundled {
        name: "cookie_store",
        sentence: "the cookie_store crate, saved to JSON as its documentation shows",
        make: || Box::new(JsonJar::default()),
    },
    Bundled {
        name: "sqlite",
        sentence: "a table in a SQLite database, opened as rusqlite's documentation shows",
        make: || Box::new(Sqlite::default()),
    },
];

/// The bundled store of this name.
pub fn make(name: &str) -> Option<Box<dyn SessionStore>> {
    STORES.iter().find(|store| store.name == name).map(|store| (store.make)())
}
