//! Setups: the ways in which a subject is used, each under a name; and targets, a subject in one of them.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::words::{At, MadeBy};

/// The longest name of a setup, in characters.
const LONGEST: usize = 64;

/// The name of a setup: letters, digits, `.`, `_`, `+` and `-`, at least one letter or digit among them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(!try_from, !into, transparent))]
pub struct SetupName(
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[A-Za-z0-9._+-]{1,64}$")))] String,
);

impl SetupName {
    /// The name of the setup in which the store chooses where it keeps its sessions.
    pub const DEFAULT: &str = "default";

    fn known(name: &str) -> SetupName {
        SetupName(name.to_owned())
    }
}

impl Default for SetupName {
    fn default() -> SetupName {
        SetupName::known(SetupName::DEFAULT)
    }
}

impl Deref for SetupName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SetupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The error for a text that is no name of a setup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotSetup(String);

impl fmt::Display for NotSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no name of a setup; use at most {LONGEST} of the characters a-z A-Z 0-9 . _ + -",
            self.0
        )
    }
}

impl std::error::Error for NotSetup {}

impl TryFrom<String> for SetupName {
    type Error = NotSetup;

    fn try_from(name: String) -> Result<SetupName, NotSetup> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
        let named = name.chars().any(|c| c.is_ascii_alphanumeric());
        match named && name.len() <= LONGEST && name.chars().all(plain) {
            true => Ok(SetupName(name)),
            false => Err(NotSetup(name)),
        }
    }
}

impl FromStr for SetupName {
    type Err = NotSetup;

    fn from_str(name: &str) -> Result<SetupName, NotSetup> {
        name.to_owned().try_into()
    }
}

impl From<SetupName> for String {
    fn from(name: SetupName) -> String {
        name.0
    }
}

/// One way in which a store is used.
///
/// ```
/// use interloper_driver::{At, Setup};
/// let setup = Setup::new("wal".parse()?, At::File).param("journal_mode", "wal");
/// assert_eq!(setup.params["journal_mode"], "wal");
/// assert!(Setup::file().one_session().one_session);
/// # Ok::<(), interloper_driver::NotSetup>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Setup {
    /// The setup's name, as findings print it.
    pub name: SetupName,
    /// The location of its sessions.
    pub at: At,
    /// Whether that holds one session, so that another id means another path.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub one_session: bool,
    /// Who makes the directory.
    #[serde(default, skip_serializing_if = "is_store")]
    pub made_by: MadeBy,
    /// Parameters of the store's own, which `open` gets.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub params: Map<String, Value>,
}

fn is_store(made_by: &MadeBy) -> bool {
    *made_by == MadeBy::Store
}

impl Setup {
    /// Returns a setup without parameters, whose place the store makes.
    pub fn new(name: SetupName, at: At) -> Setup {
        Setup { name, at, one_session: false, made_by: MadeBy::Store, params: Map::new() }
    }

    /// Returns the setup `default`: the store chooses, below the home directory.
    pub fn home() -> Setup {
        Setup::new(SetupName::default(), At::Home)
    }

    /// Returns the setup `file`: the harness names a file.
    pub fn file() -> Setup {
        Setup::new(SetupName::known("file"), At::File)
    }

    /// Returns the setup `default` of a parser: in no file.
    pub fn none() -> Setup {
        Setup::new(SetupName::default(), At::None)
    }

    /// Returns the setup `dir`: the harness names a directory.
    pub fn dir() -> Setup {
        Setup::new(SetupName::known("dir"), At::Dir)
    }

    /// Says that it holds one session.
    pub fn one_session(mut self) -> Setup {
        self.one_session = true;
        self
    }

    /// Adds a parameter.
    pub fn param(mut self, name: impl Into<String>, value: impl Into<Value>) -> Setup {
        self.params.insert(name.into(), value.into());
        self
    }

    /// Returns whether the harness names the path.
    pub fn is_named(&self) -> bool {
        matches!(self.at, At::File | At::Dir)
    }
}

/// Reads the setups of a hello.
pub(crate) fn setups<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Setup>, D::Error> {
    let setups = Vec::<Setup>::deserialize(from)?;
    for (n, setup) in setups.iter().enumerate() {
        let name = &setup.name;
        if setups[..n].iter().any(|other| other.name == *name) {
            return Err(D::Error::custom(format_args!(
                "setups: two are called {name}; give each a name of its own"
            )));
        }
        if setup.made_by == MadeBy::Caller && setup.at != At::Dir {
            return Err(D::Error::custom(format_args!(
                "setups: {name} is made by the caller and is at {}; only a directory (\"at\":\"dir\") is made by the caller",
                setup.at
            )));
        }
    }
    Ok(setups)
}

/// A subject in one setup: `httpie/file`.
///
/// ```
/// use interloper_driver::Target;
/// let target: Target = "httpie/file".parse()?;
/// assert_eq!((target.subject.as_str(), &*target.setup), ("httpie", "file"));
/// assert_eq!(target.to_string(), "httpie/file");
/// # Ok::<(), interloper_driver::NotTarget>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Target {
    /// The subject's name.
    pub subject: String,
    /// The setup's name.
    pub setup: SetupName,
}

impl Target {
    /// Returns the target of a subject and a setup.
    pub fn new(subject: impl Into<String>, setup: SetupName) -> Target {
        Target { subject: subject.into(), setup }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.subject, self.setup)
    }
}

/// The error for a text that is no target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotTarget {
    /// There is no slash in it, or nothing before the last one.
    NoSetup(String),
    /// The part after the last slash is no name of a setup.
    Setup(NotSetup),
}

impl fmt::Display for NotTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotTarget::NoSetup(text) => {
                write!(f, "{text:?} is no target; write it as SUBJECT/SETUP")
            }
            NotTarget::Setup(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for NotTarget {}

impl FromStr for Target {
    type Err = NotTarget;

    fn from_str(text: &str) -> Result<Target, NotTarget> {
        let (subject, setup) = text
            .rsplit_once('/')
            .filter(|(subject, _)| !subject.is_empty())
            .ok_or_else(|| NotTarget::NoSetup(text.to_owned()))?;
        Ok(Target::new(subject, setup.parse().map_err(NotTarget::Setup)?))
    }
}

impl TryFrom<String> for Target {
    type Error = NotTarget;

    fn try_from(text: String) -> Result<Target, NotTarget> {
        text.parse()
    }
}

impl From<Target> for String {
    fn from(target: Target) -> String {
        target.to_string()
    }
}
