//! A property-based security test harness for session storage.
//!
//! Implement [`SessionStore`] for your store, and [`test_store!`] makes a named test of every scenario of the catalogue:
//! real attempts by other users' processes, in a sandbox, under the umasks you name.
//!
//! ```no_run
//! use interloper::{Failure, Hello, Keeps, Open, Operation, Session, SessionStore, Setup};
//!
//! #[derive(Default)]
//! struct MyStore(std::path::PathBuf);
//!
//! impl SessionStore for MyStore {
//!     fn hello(&self) -> Hello {
//!         Hello::new("mine", "1.0.0")
//!             .keeps([Keeps::Data])
//!             .ops([Operation::Save, Operation::Load])
//!             .setups([Setup::dir()])
//!     }
//!     fn open(&mut self, at: &Open) -> Result<(), Failure> {
//!         self.0 = at.path()?.to_owned();
//!         Ok(std::fs::create_dir_all(&self.0)?)
//!     }
//!     fn save(&mut self, id: &str, session: &Session) -> Result<(), Failure> {
//!         Ok(std::fs::write(self.0.join(id), serde_json::to_vec(session)?)?)
//!     }
//!     fn load(&mut self, id: &str) -> Result<Option<Session>, Failure> {
//!         Ok(Some(serde_json::from_slice(&std::fs::read(self.0.join(id))?)?))
//!     }
//! }
//!
//! interloper::test_store! { mod files { adapter: MyStore::default(), umask: [0o000, 0o022, 0o077] } }
//! # fn main() {}
//! ```
//!
//! With the feature `fuzz`, `fuzz_store!`, `fuzz_parser!` and `fuzz_cookies!` make libFuzzer targets with the oracles inside.

mod names;
pub mod testing;

pub use interloper_driver::{
    At, Auth, Can, Cookie, ErrorKind, Failure, Hello, Ids, Keeps, Kind, Medium, Open, Operation,
    Promise, SameSite, Session, SessionStore, Setup, SetupName, Target, Umask, serve,
};
pub use interloper_engine as engine;
pub use interloper_macros::test_store;
#[cfg(feature = "fuzz")]
pub use interloper_oracles::{self as oracles, fuzz_cookies, fuzz_parser, fuzz_store};
pub use interloper_scenarios::CATALOGUE;
