//! What proves a finding: typed, so that nobody has to read a sentence to know.
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
        /// What was done before it, in a clause; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        after: String,
    },
    /// Something else that was seen or measured, in a clause.
    Observed {
        /// The observation.
        what: String,
    },
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
