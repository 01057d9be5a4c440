//! Which program reads which format.

use std::path::{Path, PathBuf};
use std::process::Command;

use interloper_formats::Error;
use serde_json::Value;

use super::compare::KnownDisagreement;
use super::{known, reading};

/// A reader in another process.
pub struct Program {
    /// The format that it reads, as in `fuzz/seeds`.
    pub format: &'static str,
    /// Command that runs it, with its options.
    pub runtime: &'static [&'static str],
    /// Its file in `fuzz/external`.
    pub file: &'static str,
    /// Reading of the reference, in the form in which the program answers.
    pub reference: fn(&[u8]) -> Result<Value, Error>,
    /// The program's answer, without what does not count for a difference.
    pub answer: fn(Value) -> Value,
    /// The differences that are meant.
    pub known: &'static [KnownDisagreement],
}

// Nothing of the machine's own settings, and no files beside the program.
const PYTHON: &[&str] = &["python3", "-I", "-B", "-X", "utf8", "-W", "ignore"];
const NODE: &[&str] = &["node"];
const PHP: &[&str] = &["php", "-n"];

/// Every program.
pub static PROGRAMS: &[Program] = &[
    Program {
        format: "cookie_header",
        runtime: PYTHON,
        file: "python.py",
        reference: reading::cookie_header,
        answer: reading::in_order,
        known: known::COOKIE_HEADER,
    },
    Program {
        format: "netscape",
        runtime: PYTHON,
        file: "python.py",
        reference: reading::netscape,
        answer: reading::in_order,
        known: known::NETSCAPE,
    },
    Program {
        format: "lwp",
        runtime: PYTHON,
        file: "python.py",
        reference: reading::lwp,
        answer: reading::in_order,
        known: known::LWP,
    },
    Program {
        format: "httpie",
        runtime: PYTHON,
        file: "python.py",
        reference: reading::httpie,
        answer: reading::httpie_form,
        known: known::HTTPIE,
    },
    Program {
        format: "express",
        runtime: NODE,
        file: "node.js",
        reference: reading::express,
        answer: reading::express_form,
        known: known::EXPRESS,
    },
    php("php", known::PHP),
    php("php_serialize", known::PHP_SERIALIZE),
    php("php_binary", known::PHP_BINARY),
];

const fn php(format: &'static str, known: &'static [KnownDisagreement]) -> Program {
    let reference = match format.as_bytes() {
        b"php" => reading::php,
        b"php_serialize" => reading::php_serialize,
        _ => reading::php_binary,
    };
    let answer = std::convert::identity;
    Program { format, runtime: PHP, file: "php.php", reference, answer, known }
}

/// Returns the program that reads the format of that name.
pub fn program(format: &str) -> Option<&'static Program> {
    PROGRAMS.iter().find(|program| program.format == format)
}

impl Program {
    /// Returns the path of its file.
    pub fn path(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../external").join(self.file)
    }

    /// Returns the command that starts it.
    pub fn command(&self) -> Command {
        let (runtime, options) = self.runtime.split_first().unwrap_or((&"false", &[]));
        let mut command = Command::new(runtime);
        command.args(options).arg(self.path()).arg(self.format);
        command
    }
}
