//! How well other users can be played on this host.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Means by which other users are played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// One uid; the others' access is computed from modes, lists and the path.
    Predicted,
    /// Real uids without namespaces, for root in containers that refuse them.
    Uids,
    /// A user namespace of its own for each sandbox: the normal tier.
    Namespaces,
}

impl Tier {
    /// Returns the word that stands for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Tier::Predicted => "predicted",
            Tier::Uids => "uids",
            Tier::Namespaces => "namespaces",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Tier {
    type Err = String;
    fn from_str(word: &str) -> Result<Tier, String> {
        [Tier::Predicted, Tier::Uids, Tier::Namespaces]
            .into_iter()
            .find(|tier| tier.as_str() == word)
            .ok_or_else(|| format!("{word:?} is not one of namespaces, uids, predicted"))
    }
}
