//! The kits of other languages: one file each, which a driver in that language imports, and a driver to begin with. Beside them, an application to begin with.

/// `interloper_driver.py`, for Python 3.8 or later.
pub const PYTHON: &str = include_str!("../python/interloper_driver.py");

/// `interloper_driver.js`, for Node.
pub const NODE: &str = include_str!("../node/interloper_driver.js");

/// `interloper_driver.go`, for Go.
pub const GO: &str = include_str!("../go/interloper_driver.go");

/// `interloper_driver.php`, for PHP 8.0 or later.
pub const PHP: &str = include_str!("../php/interloper_driver.php");

/// `interloper_driver.rb`, for Ruby 3.0 or later.
pub const RUBY: &str = include_str!("../ruby/interloper_driver.rb");

/// The files of the kit for Rust, by their paths: this crate, without the kits of other languages.
pub const RUST: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("../rust/kit/Cargo.toml.txt")),
    ("src/answer.rs", include_str!("answer.rs")),
    ("src/application.rs", include_str!("application.rs")),
    ("src/bytes.rs", include_str!("bytes.rs")),
    ("src/doors.rs", include_str!("doors.rs")),
    ("src/hello.rs", include_str!("hello.rs")),
    ("src/lib.rs", include_str!("lib.rs")),
    ("src/op.rs", include_str!("op.rs")),
    ("src/protocol.rs", include_str!("protocol.rs")),
    ("src/serve.rs", include_str!("serve.rs")),
    ("src/session.rs", include_str!("session.rs")),
    ("src/setup.rs", include_str!("setup.rs")),
    ("src/store.rs", include_str!("store.rs")),
    ("src/sys.rs", include_str!("sys.rs")),
    ("src/umask.rs", include_str!("umask.rs")),
    ("src/words.rs", include_str!("words.rs")),
    ("src/kits.rs", "//! The kits of other languages are no part of this one.\n"),
];

/// The drivers of `interloper init`: each keeps the protocol as it stands, with a store of a few lines.
pub mod templates {
    /// `driver.py`.
    pub const PYTHON: &str = include_str!("../python/template/driver.py");

    /// `driver.js`.
    pub const NODE: &str = include_str!("../node/template/driver.js");

    /// `driver.go`.
    pub const GO: &str = include_str!("../go/template/driver.go");

    /// `go.mod` beside it.
    pub const GO_MODULE: &str = include_str!("../go/template/go.mod.txt");

    /// `driver.php`.
    pub const PHP: &str = include_str!("../php/template/driver.php");

    /// `driver.rb`.
    pub const RUBY: &str = include_str!("../ruby/template/driver.rb");

    /// `src/main.rs`.
    pub const RUST: &str = include_str!("../rust/template/main.rs");

    /// `Cargo.toml` beside it.
    pub const RUST_MANIFEST: &str = include_str!("../rust/template/Cargo.toml.txt");

    /// `store.sh`: three commands, for a store without a driver.
    pub const SHELL: &str = include_str!("../shell/template/store.sh");

    /// `client.py`: an HTTP client. The pages of the kits for PHP, Ruby and Go show the same beside their templates.
    pub const CLIENT: &str = include_str!("../python/template/client.py");

    /// `app.toml`: how a web application is started and used.
    pub const APPLICATION_MANIFEST: &str = include_str!("../application/template/app.toml");

    /// `app.py`: an application of a few lines beside it.
    pub const APPLICATION: &str = include_str!("../application/template/app.py");
}
