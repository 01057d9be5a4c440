//! What a driver says of its store before anything is asked of it.

use serde::{Deserialize, Serialize};

/// The answer to `hello`: what the store is, keeps, can do and promises.
///
/// What is not named here is never asked for; the scenarios that need it answer `unsupported`.
///
/// ```
/// use interloper_driver::{Hello, Keeps, Operation, Place};
/// let hello = Hello::new("files", "1.0.0")
///     .keeps([Keeps::Data])
///     .ops([Operation::Save, Operation::Load, Operation::Delete])
///     .places([Place::Dir]);
/// assert!(hello.can_do(Operation::Delete));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The parts of a session that the store holds.
    pub keeps: Vec<Keeps>,
    /// The operations it has, beyond `hello` and `open`.
    pub ops: Vec<Operation>,
    /// Who chooses session ids.
    #[serde(default)]
    pub ids: Ids,
    /// The places in which it can be tested.
    pub places: Vec<Place>,
    /// The places among them that hold one session each, so that another id means another path.
    #[serde(default)]
    pub single: Vec<Place>,
    /// What the store's documentation promises. A missing promise lowers a finding's severity, it never removes a scenario.
    #[serde(default)]
    pub promises: Vec<Promise>,
    /// What the driver itself can do.
    #[serde(default)]
    pub can: Vec<Can>,
    /// What time it is for the driver, in Unix seconds: so the harness knows whether a clock that it moved is the one that is read.
    /// Whoever serves a store says it, not the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub now: Option<i64>,
}

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// The word that stands for it in the protocol.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! {
    /// What sort of thing is under test.
    #[derive(Default)]
    Kind {
        /// Keeps sessions under ids.
        #[default]
        Store = "store",
        /// Keeps cookies.
        Jar = "jar",
        /// A whole web application.
        Application = "application",
        /// Reads a format and keeps nothing.
        Parser = "parser",
    }
}

words! {
    /// Where the store puts its bytes.
    #[derive(Default)]
    Medium {
        /// Files, one or several for each session.
        #[default]
        Files = "files",
        /// One database file, with its journals.
        Database = "database",
        /// A server process.
        Server = "server",
        /// Only memory.
        Memory = "memory",
        /// The client's cookies.
        Cookie = "cookie",
    }
}

words! {
    /// A part of a session.
    Keeps {
        /// `data`.
        Data = "data",
        /// `cookies`.
        Cookies = "cookies",
        /// `headers`.
        Headers = "headers",
        /// `auth`.
        Auth = "auth",
        /// `expires_at`.
        Expires = "expires",
    }
}

words! {
    /// An operation a store may have.
    Operation {
        /// Store a session under the caller's id.
        Save = "save",
        /// Read a session.
        Load = "load",
        /// Remove a session: logout.
        Delete = "delete",
        /// Store a session under an id that the store chooses.
        Create = "create",
        /// Give a session a new id and end the old one.
        Rotate = "rotate",
        /// Name the ids that exist.
        List = "list",
        /// Remove what has expired.
        Purge = "purge",
        /// Let go of files and locks.
        Close = "close",
        /// Move the store's clock.
        Advance = "advance",
        /// Serve from a forked child (see the fork rules in the documentation).
        Fork = "fork",
    }
}

words! {
    /// Who chooses session ids.
    #[derive(Default)]
    Ids {
        /// The caller names them: they are not secret.
        #[default]
        Caller = "caller",
        /// The store generates them: whoever knows one has the session.
        Store = "store",
        /// Either.
        Both = "both",
    }
}

words! {
    /// Where a store can be put.
    Place {
        /// The store chooses, below the home directory.
        Default = "default",
        /// The caller names the session file.
        File = "file",
        /// The caller names the directory; the store makes it.
        Dir = "dir",
    }
}

words! {
    /// Something the store's documentation promises.
    Promise {
        /// A save is seen whole or not at all.
        Atomic = "atomic",
        /// What was answered ok survives a power cut.
        Durable = "durable",
        /// Concurrent writers do not lose each other's updates.
        Exclusive = "exclusive",
        /// Secrets are encrypted at rest.
        Encrypted = "encrypted",
        /// An older version put back is noticed.
        NoRollback = "no_rollback",
    }
}

words! {
    /// What a driver can do for the harness.
    Can {
        /// Fork before anything touched the store, and serve from the child.
        Fork = "fork",
        /// Set the umask that `open` asks for.
        Umask = "umask",
        /// Open a store for reading only.
        ReadOnly = "read_only",
    }
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
            ops: Vec::new(),
            ids: Ids::Caller,
            places: Vec::new(),
            single: Vec::new(),
            promises: Vec::new(),
            can: vec![Can::Fork, Can::Umask],
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

    /// The places in which the store can be put.
    pub fn places(mut self, places: impl IntoIterator<Item = Place>) -> Hello {
        self.places.extend(places);
        self
    }

    /// The places among them that hold one session each.
    pub fn single(mut self, places: impl IntoIterator<Item = Place>) -> Hello {
        self.single.extend(places);
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

    /// Whether the store has the operation.
    pub fn can_do(&self, op: Operation) -> bool {
        self.ops.contains(&op)
    }

    /// Whether the driver can do it.
    pub fn driver_can(&self, can: Can) -> bool {
        self.can.contains(&can)
    }
}
