//! What a parser makes of an input that parsers read in different ways.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One vector, and what it was read as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// The vector's id.
    pub vector: String,
    /// The input; what is no printable ASCII is escaped, and a long one is cut.
    pub input: String,
    /// Result of reading it.
    pub read: ReadAs,
}

/// Result of reading an input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "as", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ReadAs {
    /// As the reference reads it.
    Reference,
    /// Something else.
    Other {
        /// The names and values, escaped like the input.
        pairs: Vec<(String, String)>,
        /// Differences from the reference's.
        differences: Vec<Difference>,
    },
    /// No reading: the parser refused the header in the way that its documentation describes.
    Refused,
    /// No reading: an exception that nobody caught, a crash or a hang.
    Failed {
        /// Word for it: `exception`, `crash`, `hang`.
        how: String,
    },
    /// A person, who was logged in with it.
    Person {
        /// The person: `victim` or `attacker`; `None` if nobody was.
        who: Option<String>,
    },
}

macro_rules! differences {
    ($($variant:ident = $word:literal, $sentence:literal;)+) => {
        /// A way in which a reading differs from the reference's.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "kebab-case")]
        pub enum Difference { $(#[doc = $sentence] $variant),+ }

        impl Difference {
            /// Every one, the gravest first.
            pub const ALL: &[Difference] = &[$(Difference::$variant),+];

            /// Returns the word that stands for it.
            pub fn as_str(self) -> &'static str {
                match self { $(Difference::$variant => $word),+ }
            }

            /// Returns what it is, in a clause.
            pub fn sentence(self) -> &'static str {
                match self { $(Difference::$variant => $sentence),+ }
            }
        }
    };
}

differences! {
    ForgedPrefix = "forged-prefix", "a cookie has a name with a prefix that was not sent";
    Added = "added", "a cookie that was not sent";
    Swallowed = "swallowed", "a cookie is part of another's value";
    Lost = "lost", "a well-formed cookie is missing";
    Weakened = "weakened", "Secure, HttpOnly or SameSite is missing or weaker";
    Widened = "widened", "the cookie is for another domain";
    LastOfSeveral = "last-of-several", "of several cookies of one name, the last";
    FirstOfSeveral = "first-of-several", "of several cookies of one name, the first";
    Renamed = "renamed", "a name was decoded, trimmed or changed";
    Unquoted = "unquoted", "quotes are taken off a value";
    Unescaped = "unescaped", "backslashes in a value are escapes";
    Decoded = "decoded", "a value is percent-decoded";
    Trimmed = "trimmed", "more white space than RFC 6265's is taken off";
    Padded = "padded", "white space around a name or a value stays";
    Joined = "joined", "several cookies of one name are one value";
    Charset = "charset", "bytes beyond ASCII are read in another encoding, or replaced";
    Cut = "cut", "a value ends early";
    Ignored = "ignored", "a cookie that is not well-formed is left out";
    Nameless = "nameless", "a piece without a name is a cookie with an empty one";
    Bare = "bare", "a word without `=` is a cookie with an empty value";
    Control = "control", "a header with control characters is read";
    Attribute = "attribute", "another attribute is missing, added or has another value";
    Other = "other", "none of these";
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
