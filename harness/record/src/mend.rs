//! Mends: changes to a store's own system calls, or to its surroundings, that were made and tried.

use std::fmt;

use interloper_driver::Umask;
use serde::{Deserialize, Serialize};

/// What a system call of a store is for: which calls a change is made to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CallRole {
    /// An open that can create, empty or write a file.
    WriteFile,
    /// An open of a file for reading alone.
    ReadFile,
    /// A mkdir.
    MakeDirectory,
    /// A rename.
    Rename,
    /// An unlink.
    Remove,
    /// A chmod.
    SetMode,
}

/// A change to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The mode in the call loses the bits of group and others: 0600, 0700.
    PrivateMode,
    /// O_NOFOLLOW is added.
    NoFollow,
    /// O_CLOEXEC is added.
    CloseOnExec,
    /// A file that is there is removed first, and the new one is made with O_EXCL.
    Exclusive,
    /// O_NONBLOCK is added, and what is no regular file is refused.
    RegularOnly,
    /// A file of another user is refused, before it is emptied.
    OwnOnly,
    /// A file that others may read or write loses their bits when it is opened.
    Narrow,
    /// The file is written under a new name, synced, and renamed over the old one when it is closed.
    Replace,
    /// The file is synced before the rename.
    SyncFile,
    /// The directory is synced after the call.
    SyncDirectory,
    /// The umask is 0077 during the call.
    PrivateUmask,
}

impl Change {
    /// Returns the change in a clause; `role` says what is changed.
    pub fn words(self, role: CallRole) -> &'static str {
        match (self, role) {
            (Change::PrivateMode, CallRole::MakeDirectory) => "0700",
            (Change::PrivateMode, CallRole::SetMode) => "no bits for group and others",
            (Change::PrivateMode, _) => "0600",
            (Change::NoFollow, _) => "O_NOFOLLOW",
            (Change::CloseOnExec, _) => "O_CLOEXEC",
            (Change::Exclusive, _) => "unlink first, then O_EXCL",
            (Change::RegularOnly, _) => "O_NONBLOCK, and only a regular file (fstat)",
            (Change::OwnOnly, CallRole::ReadFile) => "only a file of one's own (fstat)",
            (Change::OwnOnly, _) => "only a file of one's own (fstat), emptied after that",
            (Change::Narrow, _) => "fchmod of an open file that others may read or write",
            (Change::Replace, _) => {
                "a new file (O_EXCL|O_NOFOLLOW, 0600), fsync, rename over the old one, fsync of the directory"
            }
            (Change::SyncFile, _) => "fsync before it",
            (Change::SyncDirectory, _) => "fsync of the directory after it",
            (Change::PrivateUmask, _) => "under umask 0077",
        }
    }
}

/// A change to every call of a role that reaches the sandbox's writable directories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The calls.
    pub at: CallRole,
    /// The change.
    pub change: Change,
}

/// Changes under which cases are run.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// Changes to the store's calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
    /// The umask of each case, in place of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub umask: Option<Umask>,
    /// The mode of the home of each case, in place of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<u16>,
}

impl Changes {
    /// Returns whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        *self == Changes::default()
    }

    /// Returns these changes and others.
    #[must_use]
    pub fn and(&self, more: &Changes) -> Changes {
        let mut all = self.clone();
        all.rules.extend(more.rules.iter().filter(|rule| !self.rules.contains(rule)));
        all.umask = more.umask.or(all.umask);
        all.home = more.home.or(all.home);
        all
    }
}

impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words: Vec<String> = Vec::new();
        words.extend(self.umask.map(|umask| format!("umask {umask}")));
        words.extend(self.home.map(|home| format!("home {home:04o}")));
        words.extend(self.rules.iter().map(|rule| rule.change.words(rule.at).to_owned()));
        // The first is what the call gets, and the others come with it.
        match words.split_first() {
            Some((first, [])) => f.write_str(first),
            Some((first, [others @ .., last])) if !others.is_empty() => {
                write!(f, "{first} with {} and {last}", others.join(", "))
            }
            Some((first, others)) => write!(f, "{first} with {}", others.join(", ")),
            None => Ok(()),
        }
    }
}

/// A call of the store to which a change was made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangedCall {
    /// What it is for.
    pub at: CallRole,
    /// The call as the store made it: `openat("~/alpha.json", O_WRONLY|O_CREAT|O_TRUNC, 0666)`.
    pub call: String,
}

/// What was tried to mend the findings of a store, and what came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Mends {
    /// The store.
    pub store: String,
    /// The number of its findings.
    pub of: usize,
    /// The shortest list of changes to its calls that was found: each is made on top of those before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<TriedChange>,
    /// The whole selection of the run under all these changes; `None` if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub together: Option<Together>,
    /// What can be done without a change to the store, each by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub surroundings: Vec<TriedChange>,
    /// What no change of a call removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub designs: Vec<OtherDesign>,
    /// What was not tried, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untried: Vec<String>,
}

/// A change that was made and tried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TriedChange {
    /// The call as the store makes it, the first of its kind; `None` for a change that is none of a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<String>,
    /// The change, in a clause: `0600 with O_NOFOLLOW`.
    pub change: String,
    /// The change.
    pub changes: Changes,
    /// The fingerprints of the findings that are gone with it.
    pub gone: Vec<String>,
}

/// The whole selection of a run under several changes at once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Together {
    /// The number of results.
    pub results: usize,
    /// The fingerprints of the findings that are gone.
    pub gone: Vec<String>,
    /// Findings that were not there before: `SCENARIO CAUSE (SETUP)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub new: Vec<String>,
}

/// Findings of one root cause that need another design.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OtherDesign {
    /// The id of the root cause.
    pub cause: String,
    /// The design, in a clause.
    pub design: String,
    /// The fingerprints of the findings.
    pub findings: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(rules: &[(CallRole, Change)]) -> Changes {
        let rules = rules.iter().map(|(at, change)| Rule { at: *at, change: *change }).collect();
        Changes { rules, ..Changes::default() }
    }

    #[test]
    fn several_changes_to_a_call_are_one_clause() {
        use {CallRole::WriteFile, Change::*};
        let clause = |rules: &[(CallRole, Change)]| changes(rules).to_string();
        assert_eq!(clause(&[(WriteFile, PrivateMode)]), "0600");
        assert_eq!(
            clause(&[(WriteFile, PrivateMode), (WriteFile, NoFollow)]),
            "0600 with O_NOFOLLOW"
        );
        assert_eq!(
            clause(&[(WriteFile, PrivateMode), (WriteFile, NoFollow), (WriteFile, CloseOnExec)]),
            "0600 with O_NOFOLLOW and O_CLOEXEC"
        );
        assert_eq!(Changes { home: Some(0o700), ..Changes::default() }.to_string(), "home 0700");
    }

    #[test]
    fn changes_on_top_of_others_have_each_rule_once() {
        use {CallRole::MakeDirectory, Change::PrivateMode};
        let one = changes(&[(MakeDirectory, PrivateMode)]);
        assert_eq!(one.and(&one), one);
        assert!(Changes::default().is_empty() && !one.is_empty());
    }
}
