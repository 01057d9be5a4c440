//! What a driver says of its store before anything is asked of it.

use serde::{Deserialize, Serialize};

use crate::application::Application;
use crate::doors::{Door, IdForm, doors};
use crate::setup::{Setup, setups};
use crate::words::{Can, Enforces, Header, Ids, Keeps, Kind, Medium, Operation, Promise};

/// The answer to `hello`: what the store is, keeps, can do and promises.
///
/// What is not named here is never asked for; the scenarios that need it answer `unsupported`.
///
/// ```
/// use interloper_driver::{Hello, Keeps, Operation, Setup};
/// let hello = Hello::new("files", "1.0.0")
///     .keeps([Keeps::Data])
///     .ops([Operation::Save, Operation::Load, Operation::Delete])
///     .setups([Setup::dir()]);
/// assert!(hello.can_do(Operation::Delete));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Hello {
    /// The store's name, as findings print it.
    pub name: String,
    /// The store's version.
    pub version: String,
    /// The language runtime and its path: `python 3.11.2 /usr/bin/python3`.
    #[serde(default)]
    pub runtime: String,
    /// What sort of thing is under test.
    #[serde(default)]
    pub kind: Kind,
    /// Where the store puts its bytes.
    #[serde(default)]
    pub medium: Medium,
    /// The parts of a session that load again.
    pub keeps: Vec<Keeps>,
    /// The properties that the store enforces itself: it may keep a time without going by it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub enforces: Vec<Enforces>,
    /// The headers that a parser reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parses: Vec<Header>,
    /// The operations it has, beyond `hello` and `open`.
    pub ops: Vec<Operation>,
    /// Who chooses session ids.
    #[serde(default)]
    pub ids: Ids,
    /// The form of ids, if the store takes only some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_form: Option<IdForm>,
    /// Whether knowing an id is enough to use its session; `None` if the driver does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_is_credential: Option<bool>,
    /// The ways in which the store can be set up, each with a name of its own.
    #[serde(deserialize_with = "setups")]
    pub setups: Vec<Setup>,
    /// The ways in to a server that the store opens.
    #[serde(default, deserialize_with = "doors", skip_serializing_if = "Vec::is_empty")]
    pub doors: Vec<Door>,
    /// What the store's documentation promises. A missing promise lowers a finding's severity, it never removes a scenario.
    #[serde(default)]
    pub promises: Vec<Promise>,
    /// What the driver itself can do.
    #[serde(default)]
    pub can: Vec<Can>,
    /// The requests of an application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application: Option<Box<Application>>,
    /// What time it is for the driver, in Unix seconds: so the harness knows whether a clock that it moved is the one that is read.
    /// Whoever serves a store says it, not the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<i64>,
}

/// The fields that tell a hello of this version of the protocol from an older one.
#[derive(Deserialize)]
struct Version {
    protocol: Option<u32>,
    places: Option<serde::de::IgnoredAny>,
    setups: Option<serde::de::IgnoredAny>,
}

impl Hello {
    /// A file store that keeps nothing and can do nothing yet; a Rust driver can fork and set its umask.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Hello {
        Hello {
            name: name.into(),
            version: version.into(),
            runtime: format!("rust {}", std::env::consts::ARCH),
            kind: Kind::Store,
            medium: Medium::Files,
            keeps: Vec::new(),
            enforces: Vec::new(),
            parses: Vec::new(),
            ops: Vec::new(),
            ids: Ids::Caller,
            id_form: None,
            id_is_credential: None,
            setups: Vec::new(),
            doors: Vec::new(),
            promises: Vec::new(),
            can: vec![Can::Fork, Can::Umask],
            application: None,
            now: None,
        }
    }

    /// The parts of a session that the store holds.
    pub fn keeps(mut self, parts: impl IntoIterator<Item = Keeps>) -> Hello {
        self.keeps.extend(parts);
        self
    }

    /// The operations the store has.
    pub fn ops(mut self, ops: impl IntoIterator<Item = Operation>) -> Hello {
        self.ops.extend(ops);
        self
    }

    /// Says that it is a parser, and which headers it reads: it has the operation `parse`, one setup, and no files.
    pub fn parses(mut self, headers: impl IntoIterator<Item = Header>) -> Hello {
        self.kind = Kind::Parser;
        self.medium = Medium::Memory;
        self.parses.extend(headers);
        self.ops([Operation::Parse]).setups([Setup::none()])
    }

    /// The ways in which the store can be set up.
    pub fn setups(mut self, setups: impl IntoIterator<Item = Setup>) -> Hello {
        self.setups.extend(setups);
        self
    }

    /// Names what the store enforces itself.
    pub fn enforces(mut self, enforces: impl IntoIterator<Item = Enforces>) -> Hello {
        self.enforces.extend(enforces);
        self
    }

    /// What the store promises.
    pub fn promises(mut self, promises: impl IntoIterator<Item = Promise>) -> Hello {
        self.promises.extend(promises);
        self
    }

    /// What the driver can do, beyond forking and setting its umask.
    pub fn can(mut self, can: impl IntoIterator<Item = Can>) -> Hello {
        self.can.extend(can);
        self
    }

    /// What sort of thing is under test.
    pub fn kind(mut self, kind: Kind) -> Hello {
        self.kind = kind;
        self
    }

    /// Where the store puts its bytes.
    pub fn medium(mut self, medium: Medium) -> Hello {
        self.medium = medium;
        self
    }

    /// Who chooses ids.
    pub fn ids(mut self, ids: Ids) -> Hello {
        self.ids = ids;
        self
    }

    /// Says whether knowing an id is enough to use its session.
    pub fn id_is_credential(mut self, is: bool) -> Hello {
        self.id_is_credential = Some(is);
        self
    }

    /// Says that it is an application, and how that is used.
    pub fn application(mut self, application: Application) -> Hello {
        self.kind = Kind::Application;
        self.application = Some(Box::new(application));
        self
    }

    /// Returns the version of the protocol that the `ok` of a hello is of; `None` if nothing in it says another than this one.
    pub fn other_version(ok: &serde_json::Value) -> Option<u32> {
        let version = Version::deserialize(ok).ok()?;
        let first = version.places.is_some() && version.setups.is_none();
        let said = version.protocol.or(first.then_some(1));
        said.filter(|said| *said != crate::PROTOCOL)
    }

    /// Returns the setup of a name.
    pub fn setup(&self, name: &str) -> Option<&Setup> {
        self.setups.iter().find(|setup| &*setup.name == name)
    }

    /// Whether the store has the operation.
    pub fn can_do(&self, op: Operation) -> bool {
        self.ops.contains(&op)
    }

    /// Whether the driver can do it.
    pub fn driver_can(&self, can: Can) -> bool {
        self.can.contains(&can)
    }
}
