//! The words of a hello.

use serde::{Deserialize, Serialize};

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
    /// The sort of thing under test.
    #[derive(Default)]
    Kind {
        /// Keeps sessions under ids.
        #[default]
        Store = "store",
        /// An HTTP client and its cookie jar.
        Client = "client",
        /// A whole web application.
        Application = "application",
        /// Reads a format and keeps nothing.
        Parser = "parser",
    }
}

words! {
    /// A header that a parser reads.
    Header {
        /// `Cookie`, of a request.
        Cookie = "cookie",
        /// `Set-Cookie`, of a response.
        SetCookie = "set_cookie",
    }
}

words! {
    /// The medium that the store keeps its bytes in.
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
    /// Something that the store sees to itself, beyond keeping it.
    Enforces {
        /// A session that has expired does not load.
        Expiry = "expiry",
        /// A session loads for its owner only.
        Owner = "owner",
        /// A session that was changed from outside does not load.
        Integrity = "integrity",
    }
}

words! {
    /// The location of a setup's sessions.
    #[derive(Default)]
    At {
        /// The store chooses, below the home directory.
        #[default]
        Home = "home",
        /// In a file that the harness names.
        File = "file",
        /// In a directory that the harness names.
        Dir = "dir",
        /// The store chooses, in a temporary directory that it shares with other users.
        Tmp = "tmp",
        /// In no file.
        None = "none",
    }
}

words! {
    /// Who makes the directory of a setup.
    #[derive(Default)]
    MadeBy {
        /// The store.
        #[default]
        Store = "store",
        /// The caller, before the store is opened.
        Caller = "caller",
    }
}

words! {
    /// An operation a store may have.
    Operation {
        /// Store a session under the caller's id.
        Save = "save",
        /// Read a session.
        Load = "load",
        /// Change one part of a session.
        Update = "update",
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
        /// Send one request as an HTTP client, with the session that it keeps.
        Fetch = "fetch",
        /// Let go of files and locks.
        Close = "close",
        /// Move the store's clock.
        Advance = "advance",
        /// Read a header.
        Parse = "parse",
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
    /// Something the store's documentation promises.
    Promise {
        /// A save is seen whole or not at all.
        Atomic = "atomic",
        /// An operation that was answered ok survives a power cut.
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
    /// An ability of a driver that the harness makes use of.
    Can {
        /// Fork before anything touched the store, and serve from the child.
        Fork = "fork",
        /// Set the umask that `open` asks for.
        Umask = "umask",
        /// Open a store for reading only.
        ReadOnly = "read_only",
        /// Name the server that `open` starts, which then lives on between the processes of a case.
        Server = "server",
    }
}
