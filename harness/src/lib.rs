//! Tests session storage for security faults, from your own test suite.
//!
//! A store keeps sessions, and whoever reads a session is logged in. This crate runs your store as one user of a multi-user sandbox, lets
//! real processes of other users try to reach what it keeps, and damages, interrupts and crowds it. It makes an ordinary named test of each
//! property, so `cargo test` and nextest list, filter and run them.
//!
//! # 1. Describe the store
//!
//! Implement [`SessionStore`]. [`Hello`] says what the store keeps, which operations it has, and where it can be put. `open`, `save` and
//! `load` pass each call on to your store. All other operations are optional.
//!
//! # 2. Make the tests
//!
//! [`test_store!`] makes a test of every scenario of the [`CATALOGUE`]. A scenario that is about the umask gets one for each umask that you
//! name. The whole of `tests/sessions.rs`:
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
//! The store above has faults: it leaves the modes of its files to the umask, and it uses the caller's ids as paths.
//!
//! # 3. Run them
//!
//! ```text
//! cargo test umask_022                 # one umask
//! cargo test permissions::             # one area
//! cargo nextest run -E 'test(/permissions::/)'
//! ```
//!
//! A test fails with the finding: who got what, the story of the case, the evidence, the smallest case and the fix. Two more tests make
//! sure that a green run means something. `host_can_run_the_catalogue` fails if this host cannot play other users as it should, and says
//! what to do. `negative_control` passes if the harness catches a store that leaves everything open.
//!
//! # 4. Fix the store
//!
//! `scenarios/flawed/src/hardened` is a store that passes everything. It is written to be copied from.
//!
//! # Fuzzing
//!
//! With the feature `fuzz`, `fuzz_store!`, `fuzz_parser!` and `fuzz_cookies!` make libFuzzer targets with the oracles inside.

mod names;
pub mod testing;

/// Pages whose examples are compiled as tests.
#[cfg(doctest)]
mod book {
    #[doc = include_str!("../../README.md")]
    mod readme {}
    #[doc = include_str!("../../docs/src/write-an-adapter.md")]
    mod write_an_adapter {}
}

pub use interloper_driver::{
    At, Auth, Can, Cookie, Door, Enforces, ErrorKind, Failure, Hello, IdForm, Ids, Keeps, Kind,
    MadeBy, Medium, Open, Operation, Promise, SameSite, Session, SessionStore, Setup, SetupName,
    Target, Umask, serve,
};
pub use interloper_engine as engine;
pub use interloper_macros::test_store;
#[cfg(feature = "fuzz")]
pub use interloper_oracles::{self as oracles, fuzz_cookies, fuzz_parser, fuzz_store};
pub use interloper_scenarios::{CATALOGUE, MENDS, family_of};
