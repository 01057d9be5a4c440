//! Flaws: the hardened store with one step done wrong each.
//!
//! To add one:
//! 1. write a type with its change to a step in the file of its area, in at most 15 lines (a test counts them);
//! 2. add its entry to the list at the top of that file: a name, a sentence, the type, and the scenarios that must notice;
//! 3. where it shows without stepping, add a line to `tests/shows/mod.rs`, which sees it without the harness.
//!
//! The expected-verdict table of the catalogue takes it from [`flaws`]; no scenario is touched.

mod concurrency;
mod corruption;
mod deletion;
mod doors;
mod encryption;
mod execution;
mod exposure;
mod faults;
mod honesty;
mod identifiers;
mod permissions;
mod planting;

pub(crate) use doors::doors;
use interloper_driver::SessionStore;

use crate::hardened::{Hardened, Seal, Steps};

/// What any mode wider than its owner's may trip over, beside the scenario that is about it.
const WIDE: &[&str] = &[
    "exposure::no_window",
    "permissions::any_history",
    "permissions::default_acl_parent",
    "permissions::directories",
    "permissions::kept_descriptors",
    "permissions::leftovers",
    "permissions::mode_owner_only",
    "permissions::names",
    "permissions::nobody_reaches",
    "permissions::service_umask",
    "permissions::setgid_parent",
    "permissions::side_files",
    "permissions::update_keeps_or_narrows",
];

/// What compares a loaded session with the saved one on its way to something else.
const COMPARING: &[&str] = &[
    "corruption::empty",
    "corruption::malformed",
    "corruption::random_bytes",
    "corruption::replaced_by_directory",
    "corruption::replaced_by_fifo",
    "corruption::truncation",
    "corruption::unreadable",
    "corruption::wrong_types",
    "deletion::neighbours_untouched",
    "permissions::any_history",
];

/// What writes over the file that is there may trip over, beside the scenario that is about it.
const WRITES_IN_PLACE: &[&str] = &[
    "permissions::*",
    "exposure::*",
    "faults::*",
    "concurrency::*",
    "corruption::replaced_by_fifo",
    "corruption::replaced_by_link",
];

/// Every flaw, area by area.
pub fn flaws() -> impl Iterator<Item = &'static FlawEntry> {
    let areas = [
        permissions::ENTRIES,
        deletion::ENTRIES,
        corruption::ENTRIES,
        execution::ENTRIES,
        concurrency::ENTRIES,
        honesty::ENTRIES,
        identifiers::ENTRIES,
        encryption::ENTRIES,
        exposure::ENTRIES,
        doors::ENTRIES,
        faults::ENTRIES,
        planting::ENTRIES,
    ];
    areas.into_iter().flatten()
}

/// A flaw, and who must notice it.
pub struct FlawEntry {
    /// What it is called, in kebab-case.
    pub name: &'static str,
    /// What is done wrong.
    pub sentence: &'static str,
    /// The weaknesses it is an example of: <https://cwe.mitre.org>.
    pub cwe: &'static [&'static str],
    /// Published flaws of the same class.
    pub cves: &'static [&'static str],
    /// The scenarios that must fail.
    pub caught_by: &'static [&'static str],
    /// The scenarios that may fail, too; all others must not. `area::*` stands for a whole area.
    pub may_fail: &'static [&'static str],
    /// Whether its saves are refused under the usual umask, so that other scenarios have nothing to look at.
    pub refuses: bool,
    seal: Seal,
    steps: &'static dyn Steps,
}

impl FlawEntry {
    const fn new(
        name: &'static str,
        sentence: &'static str,
        steps: &'static dyn Steps,
    ) -> FlawEntry {
        let none: &[&str] = &[];
        let seal = Seal::Plain;
        FlawEntry {
            name,
            sentence,
            cwe: none,
            cves: none,
            caught_by: none,
            may_fail: none,
            refuses: false,
            seal,
            steps,
        }
    }

    const fn cwe(self, cwe: &'static [&'static str]) -> FlawEntry {
        FlawEntry { cwe, ..self }
    }

    const fn like(self, cves: &'static [&'static str]) -> FlawEntry {
        FlawEntry { cves, ..self }
    }

    const fn caught_by(self, caught_by: &'static [&'static str]) -> FlawEntry {
        FlawEntry { caught_by, ..self }
    }

    const fn may_fail(self, may_fail: &'static [&'static str]) -> FlawEntry {
        FlawEntry { may_fail, ..self }
    }

    const fn refuses(self) -> FlawEntry {
        FlawEntry { refuses: true, ..self }
    }

    /// Built on the store that encrypts, for what only shows there.
    const fn encrypted(self) -> FlawEntry {
        FlawEntry { seal: Seal::Encrypted, ..self }
    }

    /// The store with this flaw.
    pub fn store(&self) -> Box<dyn SessionStore> {
        Box::new(Hardened::with(&format!("flawed-{}", self.name), self.seal, self.steps))
    }
}

/// The store, the application, the client or the parser with the flaw of this name.
pub fn make(flaw: &str) -> Option<Box<dyn SessionStore>> {
    let store = flaws().find(|entry| entry.name == flaw).map(FlawEntry::store);
    let store = store.or_else(|| crate::app::make(flaw)).or_else(|| crate::client::make(flaw));
    store.or_else(|| crate::parser::make(flaw))
}
