//! The store under the whole catalogue: `cargo test`, `cargo nextest run`, `cargo test umask_022`.

mod adapter;

use adapter::Adapter;

// A JSON file without a checksum cannot notice a changed value: random bytes may be found `low`.
interloper::test_store! {
    mod files { adapter: Adapter::default(), umask: [0o000, 0o022, 0o077], fail_on: medium }
}
