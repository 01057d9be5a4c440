//! What was answered and did not happen, or happened and was not asked for.

use interloper_driver::{Open, Session};

use super::{COMPARING, FlawEntry};
use crate::hardened::Steps;

/// The flaws of this area.
pub(super) const ENTRIES: &[FlawEntry] = &[
    FlawEntry::new("drops-headers", "saves a session without its headers", &DropsHeaders)
        .cwe(&["CWE-221"])
        .caught_by(&["honesty::saved_loads"])
        .may_fail(COMPARING),
    FlawEntry::new(
        "writes-on-read-only",
        "makes directories and saves although it was opened for reading only",
        &WritesOnReadOnly,
    )
    .cwe(&["CWE-440"])
    .caught_by(&["honesty::read_only_writes_nothing"]),
];

struct DropsHeaders;
impl Steps for DropsHeaders {
    fn kept(&self, session: &Session) -> Session {
        Session { headers: Vec::new(), ..session.clone() }
    }
}

struct WritesOnReadOnly;
impl Steps for WritesOnReadOnly {
    fn read_only(&self, _: &Open) -> bool {
        false
    }
}
