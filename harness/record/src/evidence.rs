//! Facts that prove a finding: typed, so that nobody has to read a sentence to know.
//!
//! [`describe`](crate::describe) makes the sentences of reports from these.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::event::{HttpEvent, Interruption};

/// A fact that proves a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "fact", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Evidence {
    /// A principal tried something on a path, and the kernel let it.
    Probe {
        /// Who.
        principal: String,
        /// The action.
        action: Action,
        /// On which path.
        path: String,
        /// The secret that it got.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret: Option<Secret>,
    },
    /// The attributes of a file or a directory.
    Mode {
        /// Its path.
        path: String,
        /// Its type and mode, as `ls -l` prints them.
        kind: String,
        /// Its permission bits, in octal.
        mode: String,
        /// Its permission bits before, in octal, where these have changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        was: Option<String>,
    },
    /// A secret in what the store keeps, which should not be there.
    Residue {
        /// In, or at, which path.
        path: String,
        /// In which part of it.
        part: Part,
        /// The secret.
        secret: Secret,
    },
    /// An answer that the store should not have given.
    Answer {
        /// The events before, in a clause; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        after: String,
        /// The request, as a call: `load("alpha")`.
        call: String,
        /// The process that was asked, if that matters: `the same process`, `another process`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// The answer, in words.
        answer: String,
    },
    /// No answer to a request: the driver died, hung, or broke the protocol.
    NoAnswer {
        /// The events before, in a clause; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        after: String,
        /// The request, as a call: `save("alpha")`; empty where the story ends with it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        call: String,
        /// Which of these: `crash`, `hang`, `protocol`.
        failure: String,
        /// The observation, in a clause.
        seen: String,
    },
    /// A session that loaded with a part lost or changed, or with one that nobody saved.
    Altered {
        /// The events before, in a clause.
        after: String,
        /// The process that loaded it, if that matters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// The difference, in a clause, without the secret itself.
        what: String,
    },
    /// A load of one id that was answered with the session of another.
    OthersSession {
        /// The id that was loaded, shortened if it is long.
        id: String,
        /// The state of that id, in a clause: `which was never saved`; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        which: String,
        /// The id under which the session was saved.
        saved: String,
    },
    /// An id that the store gave twice.
    RepeatedId {
        /// The id.
        id: String,
        /// By whom.
        by: GivenBy,
    },
    /// Ids that follow the order in which they were given, in each of two processes.
    OrderedIds {
        /// Number of ids of each process that come after the one as many before them.
        ids: u64,
    },
    /// Ids of which few bits vary, in each of two processes.
    FewBits {
        /// Upper limit of the number of bits that vary.
        bits: u32,
        /// Number of bits that are asked for: 64 or 128.
        asked: u32,
        /// Number of ids of each process.
        ids: u64,
        /// A few ids of each process; empty if they are credentials of a running application.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        examples: Vec<Vec<String>>,
    },
    /// An id that was made again, although the kernel's random bytes were others.
    SameId {
        /// The operation that gave it: `create`, `the login`.
        by: String,
        /// The id, unless it is a credential of a running application.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// Number of random bytes that it asked the kernel for.
        asked: u64,
        /// Number of them that were the same; all others were changed.
        kept: u64,
    },
    /// A file or directory that an operation changed, and should have left alone.
    Changed {
        /// The operation, as a call or in a clause: `save("../alpha")`, `a load`.
        by: String,
        /// The change.
        change: PathChange,
        /// The path.
        path: String,
    },
    /// A secret or an id in what a process wrote to its output.
    Output {
        /// Number of bytes that were written.
        bytes: u64,
        /// The time at which they were, in a clause: `when a load was refused`; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        when: String,
        /// The kind of thing among them: `a secret`.
        has: String,
    },
    /// A cookie of a login in a browser. Its value is not in it, but has a number.
    Cookie {
        /// Its name, and the number of its value: `session=#1`.
        cookie: String,
        /// The fault.
        fault: CookieFault,
    },
    /// An answer of a server to somebody who asked it for a session directly.
    Asked {
        /// The events before, in a clause; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        after: String,
        /// Who asked.
        principal: String,
        /// The socket or port.
        door: String,
        /// The bytes that were sent, or the program that was run, with its arguments.
        with: String,
        /// The place of the secret in the answer, in a clause.
        secret: String,
    },
    /// Something that an attacker had planted before a step of an operation, and what came of it.
    Planted {
        /// The directory that it was planted in, in words.
        dir: String,
        /// The thing that was planted: `a link to the owner's ~/private/victim`.
        payload: String,
        /// At which path.
        path: String,
        /// Before which step of the operation, from 1.
        step: u32,
        /// The operation: `save`.
        operation: String,
        /// The system call of that step.
        call: String,
        /// The outcome, in a clause.
        outcome: String,
    },
    /// Settings of the kernel that bear on it.
    Sysctls {
        /// The settings.
        values: Vec<Sysctl>,
    },
    /// Loads that no order of the operations explains which were at work at the same time.
    Unexplained {
        /// When, in a clause; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        after: String,
        /// The loads, each in a clause: `"alpha" loads as session 1`.
        loads: Vec<String>,
    },
    /// A damage, and what the store made of it.
    Damage {
        /// The damage, in a clause.
        what: String,
        /// The reaction of the store, in a clause.
        outcome: String,
    },
    /// The contents that a file was given, which show a finding by themselves.
    Input {
        /// The file, as the owner names it.
        path: String,
        /// Number of bytes.
        length: u64,
        /// The bytes in base64 (RFC 4648, section 4).
        base64: String,
    },
    /// Work of a search until it came upon a finding.
    Search {
        /// Number of inputs that it had tried by then.
        inputs: u64,
        /// Number of changes between what the search began with and this input, before it was made smaller; 0 for a file that the store
        /// wrote itself, or one of the corpus.
        changes: u32,
    },
    /// An operation that was cut short, and what became of the session.
    Interrupted {
        /// The operation: `save`.
        operation: String,
        /// The interruption.
        by: Interruption,
        /// The state of the session afterwards, in a clause.
        outcome: String,
    },
    /// A request to an application whose answer proves it.
    Exchange {
        /// The request and its answer.
        exchange: HttpEvent,
        /// The events before it, in a clause; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        after: String,
    },
    /// An observation of a kind that a single scenario makes, in a clause. What several scenarios observe has a variant of its own.
    Observed {
        /// The observation.
        what: String,
    },
}

impl Evidence {
    /// Returns the fact with the events before it, if it is of a kind that names them.
    #[must_use]
    pub fn after(mut self, events: impl Into<String>) -> Evidence {
        match &mut self {
            Evidence::Answer { after, .. }
            | Evidence::NoAnswer { after, .. }
            | Evidence::Altered { after, .. }
            | Evidence::Asked { after, .. }
            | Evidence::Unexplained { after, .. }
            | Evidence::Exchange { after, .. } => *after = events.into(),
            _ => {}
        }
        self
    }

    /// Makes the fact that a request was answered as it should not have been.
    pub fn answer(call: impl Into<String>, answer: impl Into<String>) -> Evidence {
        let after = String::new();
        Evidence::Answer { after, call: call.into(), by: None, answer: answer.into() }
    }

    /// Makes the fact that an operation changed a path.
    pub fn changed(by: impl Into<String>, change: PathChange, path: impl Into<String>) -> Evidence {
        Evidence::Changed { by: by.into(), change, path: path.into() }
    }
}

impl From<String> for Evidence {
    fn from(what: String) -> Evidence {
        Evidence::Observed { what }
    }
}

impl From<&str> for Evidence {
    fn from(what: &str) -> Evidence {
        Evidence::Observed { what: what.to_owned() }
    }
}

/// Those that gave the same id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum GivenBy {
    /// One process, for two sessions.
    OneProcess,
    /// Two processes that were started apart.
    TwoProcesses,
}

/// A setting of the kernel, and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Sysctl {
    /// Its name: `fs.protected_symlinks`.
    pub name: String,
    /// Its value; `unknown` if it cannot be read.
    pub value: String,
}

/// A change of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PathChange {
    /// It was made.
    Made,
    /// It is a directory, and was made.
    MadeDirectory,
    /// It was written.
    Written,
    /// It was removed.
    Removed,
}

/// A fault of a cookie that logs a browser in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum CookieFault {
    /// The browser keeps it without HttpOnly.
    NotHttpOnly,
    /// The browser keeps it without Secure.
    NotSecure,
    /// The browser sends it with requests of other sites.
    SameSite {
        /// Its SameSite: `not set`, `None`.
        value: String,
    },
    /// The browser sends it to every host below a domain.
    OtherHosts {
        /// The domain.
        domain: String,
    },
    /// The browser keeps it for a long time.
    LivesLong {
        /// Duration in days.
        days: i64,
    },
    /// The browser has it after a logout.
    Left,
    /// An answer has its value elsewhere than in `Set-Cookie`.
    InAnswer {
        /// The request: `GET /whoami`.
        request: String,
        /// In which part of the answer: `body`.
        part: String,
    },
}

/// A part of a file in which a secret can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Its bytes.
    Contents,
    /// Its name.
    Name,
    /// An extended attribute.
    Attribute,
    /// The target of a symbolic link.
    LinkTarget,
}

impl Part {
    /// Returns the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Contents => "contents",
            Part::Name => "name",
            Part::Attribute => "attribute",
            Part::LinkTarget => "link target",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// An action that the kernel let a principal do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Opened it for reading, and read it.
    Read,
    /// Opened it for writing; it wrote nothing.
    Write,
    /// Read it through a descriptor that it had opened before.
    ReadKept,
    /// Could write through a descriptor that it had opened before.
    WriteKept,
    /// Made a file in it, and removed that.
    Create,
    /// Moved it away, or put its own file in its place, and undid that.
    Replace,
    /// Listed it.
    List,
}

/// The place of a secret in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// The secret's number in the case.
    pub number: u16,
    /// The offset of its first byte, in bytes.
    pub offset: u64,
    /// The encodings that it was found in, the outermost last: `base64 in zlib`; empty for clear text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub encoding: String,
}
