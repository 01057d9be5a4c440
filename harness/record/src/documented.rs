//! Findings that the documentation of the software announces: they stay in every report, with the page, and do not fail a run.
//!
//! ```toml
//! [[documented]]
//! setup = "cookies"                    # optional: only in this setup
//! scenario = "lifecycle::logout"       # a glob over scenario ids
//! cause = "alive-after-logout"         # optional: a glob over the causes of findings
//! page = "https://docs.djangoproject.com/en/5.2/topics/http/sessions/#using-cookie-based-sessions"
//! says = "cookie-based sessions are not invalidated when a user logs out"
//! ```
//!
//! An insecure default that the page tells to change is no such finding: it is mended by the change.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::known::{Entry, Glob, KnownFailures};
use crate::{Documented, Run};

/// One thing that a page announces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announcement {
    /// The setup; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub setup: Option<String>,
    /// The scenarios, as a glob.
    pub scenario: String,
    /// The causes of findings, as a glob; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The address of the page.
    pub page: String,
    /// Words of the page, as a clause.
    pub says: String,
}

/// Announcements of a subject's documentation, as its manifest lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documentation {
    /// The manifest.
    pub file: PathBuf,
    /// The subject's name in the run.
    pub store: String,
    /// The announcements.
    pub announcements: Vec<Announcement>,
}

impl Announcement {
    /// Returns what is wrong with it; `None` if nothing is.
    pub fn wrong(&self) -> Option<String> {
        if !self.page.starts_with("https://") || self.page.contains(char::is_whitespace) {
            return Some(format!(
                "{:?} is no address of a page, which begins with https://",
                self.page
            ));
        }
        if self.says.trim().is_empty() || self.says.contains(char::is_control) {
            return Some("says is empty, or has more than one line: say what the page says".into());
        }
        None
    }
}

impl Documentation {
    /// Marks the findings that it announces, and adds what no longer holds to `run.stale`, as a known-failure file does.
    pub fn apply(&self, run: &mut Run, catalogue: &[impl AsRef<str>]) {
        let entry = |one: &Announcement| Entry {
            line: 0,
            store: self.store.clone(),
            setup: one.setup.clone(),
            scenario: Glob::new(&one.scenario),
            cause: one.cause.as_deref().map(Glob::new),
            reason: one.says.clone(),
        };
        let entries = self.announcements.iter().map(entry).collect();
        let list = KnownFailures { file: self.file.clone(), entries };
        list.mark(run, catalogue, |finding, number, entry| {
            let page = self.announcements[number].page.clone();
            let documented = || Documented { page, says: entry.reason.clone() };
            finding.documented.get_or_insert_with(documented);
        });
    }
}
