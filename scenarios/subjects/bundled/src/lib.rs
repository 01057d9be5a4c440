//! The stores that are checked with nothing to install.
//!
//! Beside the hardened one they are ordinary uses of ordinary crates, as their own documentation shows them and with nothing added:
//! anyone who follows that documentation gets these findings.

mod client;
mod jar;
mod parsers;
mod sqlite;

use interloper_driver::SessionStore;

pub use client::JarClient;
pub use jar::JsonJar;
pub use parsers::CookieCrate;
pub use sqlite::Sqlite;

/// The manifest of these stores.
pub const MANIFEST: &str = include_str!("../subject.toml");

/// A store that is registered; `subject.toml` beside this crate says what it is.
pub struct Bundled {
    /// What it is called on the command line.
    pub name: &'static str,
    /// Makes one.
    pub make: fn() -> Box<dyn SessionStore>,
}

/// Every bundled store.
pub static STORES: &[Bundled] = &[
    #[cfg(target_os = "linux")]
    Bundled { name: "hardened", make: || Box::new(interloper_flawed::hardened()) },
    #[cfg(target_os = "linux")]
    Bundled { name: "sharded", make: || Box::new(interloper_flawed::sharded()) },
    #[cfg(target_os = "linux")]
    Bundled { name: "one-file", make: || Box::new(interloper_flawed::one_file()) },
    Bundled { name: "cookie_store", make: || Box::new(JsonJar::default()) },
    Bundled { name: "parser-cookie", make: || Box::new(CookieCrate) },
    Bundled { name: "client-cookie-store", make: || Box::new(JarClient::default()) },
    Bundled { name: "sqlite", make: || Box::new(Sqlite::default()) },
];

/// The bundled store of this name.
pub fn make(name: &str) -> Option<Box<dyn SessionStore>> {
    STORES.iter().find(|store| store.name == name).map(|store| (store.make)())
}
