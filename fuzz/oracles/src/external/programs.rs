//! Which program reads which format.

use std::path::{Path, PathBuf};
use std::process::Command;

use interloper_formats::{Error, format};
use serde_json::Value;

use super::compare::KnownDisagreement;
use super::{known, reading};

/// A reader in another process.
pub struct Program {
    /// Its name: that of the format, and which reader it is if it is not the first.
    pub name: &'static str,
    /// The format that it reads, as in `fuzz/seeds`.
    pub format: &'static str,
    /// Command that runs it, with its options.
    pub runtime: &'static [&'static str],
    /// Program that it asks, if that is another than the runtime.
    pub asks: Option<&'static str>,
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
// Bytes in and out, and no modules of the caller's.
const PERL: &[&str] = &["perl", "-C0"];

/// Every program.
pub static PROGRAMS: &[Program] = &[
    Program {
        reference: reading::cookie_header,
        answer: reading::in_order,
        known: known::COOKIE_HEADER,
        ..python("cookie_header")
    },
    Program {
        reference: reading::netscape,
        answer: reading::in_order,
        known: known::NETSCAPE,
        ..python("netscape")
    },
    Program {
        name: "netscape_curl",
        asks: Some("curl"),
        reference: reading::netscape_curl,
        answer: reading::unexpired,
        known: known::NETSCAPE_CURL,
        ..python("netscape")
    },
    Program {
        name: "netscape_wget",
        asks: Some("wget"),
        reference: reading::netscape_wget,
        answer: reading::unexpired,
        known: known::NETSCAPE_WGET,
        ..python("netscape")
    },
    Program {
        name: "netscape_perl",
        reference: reading::netscape_perl,
        known: known::NETSCAPE_PERL,
        ..perl("netscape")
    },
    Program {
        reference: reading::lwp,
        answer: reading::in_order,
        known: known::LWP,
        ..python("lwp")
    },
    Program {
        name: "lwp_perl",
        reference: reading::lwp_perl,
        known: known::LWP_PERL,
        ..perl("lwp")
    },
    Program { reference: reading::httpie, known: known::HTTPIE, ..python("httpie") },
    Program {
        reference: reading::cookie_store,
        known: known::COOKIE_STORE,
        ..python("cookie_store")
    },
    Program { reference: reading::express, known: known::EXPRESS, ..node("express") },
    Program {
        reference: reading::tough_cookie,
        known: known::TOUGH_COOKIE,
        ..node("tough_cookie")
    },
    Program { reference: reading::php, known: known::PHP, ..php("php") },
    Program {
        reference: reading::php_serialize,
        known: known::PHP_SERIALIZE,
        ..php("php_serialize")
    },
    Program { reference: reading::php_binary, known: known::PHP_BINARY, ..php("php_binary") },
];

const fn python(format: &'static str) -> Program {
    Program { runtime: PYTHON, ..program_of(format, "python.py") }
}

const fn node(format: &'static str) -> Program {
    Program { runtime: NODE, ..program_of(format, "node.js") }
}

const fn perl(format: &'static str) -> Program {
    Program { runtime: PERL, answer: reading::in_order, ..program_of(format, "perl.pl") }
}

const fn php(format: &'static str) -> Program {
    Program { runtime: PHP, ..program_of(format, "php.php") }
}

const fn program_of(format: &'static str, file: &'static str) -> Program {
    let (reference, answer) = (reading::cookie_header as fn(&[u8]) -> _, std::convert::identity);
    Program { name: format, format, runtime: &[], asks: None, file, reference, answer, known: &[] }
}

/// Returns the program of that name.
pub fn program(name: &str) -> Option<&'static Program> {
    PROGRAMS.iter().find(|program| program.name == name)
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
        command.args(options).arg(self.path()).arg(self.name);
        command
    }

    /// Returns what the reference prints for an input; `None` if it refuses the input, or prints the same bytes.
    pub fn reprint(&self, input: &[u8]) -> Option<Vec<u8>> {
        let printed = format(self.format)?.reprint(input).ok()?;
        (printed != input).then_some(printed)
    }
}
