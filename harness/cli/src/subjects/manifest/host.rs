//! The runtime of a driver, and what it needs.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

/// Runtime of a driver, with what has to be installed for it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum Host {
    /// An adapter in this program, registered under the subject's name.
    Rust {},
    /// A Python.
    Python(Interpreted),
    /// A Node.
    Node(Interpreted),
    /// A program that Go makes.
    Go(Compiled),
    /// A program that Cargo builds.
    Cargo(Built),
    /// A PHP.
    Php(Plain),
    /// A Ruby.
    Ruby(Plain),
    /// This program, which executes commands of the host.
    Command(Commands),
}

impl Host {
    /// Returns the file that pins its packages.
    pub(crate) fn lock(&self) -> Option<&str> {
        match self {
            Host::Python(needs) | Host::Node(needs) => needs.packages.as_deref(),
            Host::Cargo(needs) => Some(&needs.packages),
            Host::Rust {} | Host::Go(_) | Host::Php(_) | Host::Ruby(_) | Host::Command(_) => None,
        }
    }
}

/// Needs of a driver whose source an interpreter reads.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Interpreted {
    /// The oldest interpreter that will do.
    pub(crate) oldest: Version,
    /// The file that pins its packages; `None` if it needs no more than the interpreter.
    #[serde(default)]
    pub(crate) packages: Option<String>,
    /// The Debian package that has the server; `None` if there is none, or the packages have it.
    #[serde(default)]
    pub(crate) debian: Option<String>,
}

/// Needs of a driver that is compiled from sources of Debian packages.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Compiled {
    /// The oldest compiler that will do.
    pub(crate) oldest: Version,
    /// The package whose version is the subject's.
    pub(crate) debian: String,
}

/// Needs of a driver that Cargo builds.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Built {
    /// The oldest Cargo that will do.
    pub(crate) oldest: Version,
    /// The file that pins its crates.
    pub(crate) packages: String,
}

/// Needs of a driver whose source an interpreter reads, and for which nothing is fetched.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plain {
    /// The oldest interpreter that will do.
    pub(crate) oldest: Version,
    /// The Debian package that has the store; `None` if it comes with the interpreter.
    #[serde(default)]
    pub(crate) debian: Option<String>,
}

/// Commands that make a subject, each as a list of words with placeholders.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Commands {
    /// The Debian package that has the program.
    pub(crate) debian: String,
    /// The command that prints the version.
    pub(crate) version: Vec<String>,
    /// The command that saves a session; none for a client, whose commands are keys of its own.
    #[serde(default)]
    pub(crate) save: Vec<String>,
    /// The command that prints its secret, or sends it to the server.
    #[serde(default)]
    pub(crate) load: Vec<String>,
    /// The command that removes it.
    #[serde(default)]
    pub(crate) delete: Vec<String>,
    /// The text on standard input of the command that saves.
    #[serde(default)]
    pub(crate) stdin: Option<String>,
    /// The text of the input file of the command that saves, whose path `{file}` stands for.
    #[serde(default)]
    pub(crate) file: Option<String>,
    /// Flag that a loopback server runs beside the commands.
    #[serde(default)]
    pub(crate) serve: bool,
}

/// Numbers with points between them; a longer version is later than its beginning.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(Vec<u32>);

impl Version {
    /// Reads a version; what follows a letter, a plus or a minus is left out.
    pub(crate) fn parse(text: &str) -> Option<Version> {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let parts = text[..end].trim_end_matches('.').split('.');
        parts.map(|part| part.parse().ok()).collect::<Option<Vec<u32>>>().map(Version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&parts.join("."))
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Version, D::Error> {
        let text = String::deserialize(deserializer)?;
        Version::parse(&text)
            .filter(|version| version.to_string() == text)
            .ok_or_else(|| D::Error::custom(format!("{text:?} is no version, such as \"3.8\"")))
    }
}
