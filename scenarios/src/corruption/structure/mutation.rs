//! A file that is not what was saved, and what was done to it.

use crate::corruption::judge::Also;

/// How long a value becomes, in bytes.
pub(super) const LONG: usize = 1 << 20;
/// Deeper than any stack: a parser that recurses without a limit ends here.
pub(super) const DEEP: usize = 1_000_000;

/// What is done to a file. Each kind gets its share where not all are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Dropped,
    Doubled,
    Retyped,
    Nested,
    Enlarged,
    Exchanged,
    /// With a part of another session's file.
    Spliced,
    /// Spelt as the format forbids.
    Spelt,
}

impl Kind {
    pub(super) const ALL: [Kind; 8] = [
        Kind::Dropped,
        Kind::Doubled,
        Kind::Retyped,
        Kind::Nested,
        Kind::Enlarged,
        Kind::Exchanged,
        Kind::Spliced,
        Kind::Spelt,
    ];

    /// What the store may answer: another session's part that stands in the file is for no plain store to notice.
    pub(super) fn also(self) -> Also {
        match self {
            Kind::Spliced => Also::Spliced,
            _ => Also::Nothing,
        }
    }
}

/// A file that is not what was saved.
pub(super) struct Mutation {
    pub(super) kind: Kind,
    pub(super) bytes: Vec<u8>,
    /// What is other, in a clause.
    pub(super) what: String,
    /// Whether it is tried even where a few are: what concerns the whole file.
    pub(super) always: bool,
}

/// All that is done to one file.
pub(super) struct Mutations {
    whole: Vec<u8>,
    pub(super) all: Vec<Mutation>,
}

impl Mutations {
    pub(super) fn of(whole: &[u8]) -> Mutations {
        Mutations { whole: whole.to_owned(), all: Vec::new() }
    }

    /// One more; what came out as it was says nothing and is left out.
    pub(super) fn put(&mut self, kind: Kind, bytes: Vec<u8>, what: impl Into<String>) {
        self.add(kind, bytes, what.into(), false);
    }

    /// One more that is tried always.
    pub(super) fn must(&mut self, kind: Kind, bytes: Vec<u8>, what: impl Into<String>) {
        self.add(kind, bytes, what.into(), true);
    }

    pub(super) fn add(&mut self, kind: Kind, bytes: Vec<u8>, what: String, always: bool) {
        if bytes != self.whole {
            self.all.push(Mutation { kind, bytes, what, always });
        }
    }
}

/// The bytes with the first `from` in them replaced.
pub(super) fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    match bytes.windows(from.len()).position(|window| window == from) {
        Some(at) => [&bytes[..at], to, &bytes[at + from.len()..]].concat(),
        None => bytes.to_owned(),
    }
}
