//! Families of findings: what a store does that lets them in. The first that matches is a finding's.
//!
//! One cause shows in many scenarios, in every setup, for reading and for writing. A maintainer mends it once.

use interloper_engine::record::Family;
use interloper_engine::record::known::Glob;

/// A family, and its findings: patterns over `SCENARIO CAUSE`.
type Row = (Family, &'static [&'static str]);

const fn family(id: &'static str, sentence: &'static str, fix: &'static str) -> Family {
    Family { id, sentence, fix }
}

const NEW_FILE: &str = "write a new file with open(O_CREAT|O_EXCL|O_NOFOLLOW, 0600) beside the old one, fsync it, and rename it over the old one";

/// The families, from the most particular.
const FAMILIES: &[Row] = &[
    (
        family(
            "directory-mode",
            "a directory is made with the mode that the umask leaves, or a wider one",
            "make each directory on the way with mkdir(2) and mode 0700, and not with a recursive call, whose mode is that of the last",
        ),
        &[
            "permissions::directories *",
            "permissions::mode_owner_only directory-mode*",
            "permissions::setgid_parent *",
            "permissions::private_home_untouched *",
        ],
    ),
    (
        family(
            "waits-at-a-fifo",
            "a file is opened and read whatever it is, so that a FIFO stops the store",
            "open with O_NONBLOCK and O_NOFOLLOW, and take anything but a regular file for damage (fstat)",
        ),
        &["planting::fifo *", "corruption::replaced_by_fifo *", "corruption::replaced_by_socket *"],
    ),
    (
        family(
            "follows-links",
            "a symbolic link at the file's path is followed",
            "open with O_NOFOLLOW; write a new file with O_CREAT|O_EXCL and rename it over the path",
        ),
        &["planting::symlink *", "planting::service followed*", "corruption::replaced_by_link *"],
    ),
    (
        family(
            "reuses-what-is-there",
            "a file that is there already is written into, with the owner, mode and readers that it has",
            NEW_FILE,
        ),
        &[
            "planting::file *",
            "planting::hard_link *",
            "planting::directory *",
            "planting::service *",
            "permissions::leftovers *",
            "permissions::kept_descriptors *",
        ],
    ),
    (
        family(
            "mode-of-the-umask",
            "a file that holds secrets is created with the mode that the umask leaves, or a wider one",
            "create the file with mode 0600 in the open call itself (O_CREAT|O_EXCL, 0600); a chmod afterwards comes too late",
        ),
        &[
            "permissions::nobody_reaches *",
            "permissions::mode_owner_only *",
            "permissions::any_history *",
            "permissions::default_acl_parent *",
            "permissions::service_umask *",
            "permissions::side_files *",
            "permissions::update_keeps_or_narrows *",
            "exposure::no_window *",
        ],
    ),
    (
        family(
            "ids-in-names",
            "ids stand in file names that others can list",
            "keep the files in a directory of mode 0700, or name them after a hash of the id",
        ),
        &["permissions::names *"],
    ),
    (
        family(
            "inherited-descriptors",
            "a program that the store's process starts inherits descriptors of its files",
            "open with O_CLOEXEC",
        ),
        &["permissions::close_on_exec *"],
    ),
    (
        family(
            "told-to-others",
            "a secret is in arguments, output or places that others read",
            "hand secrets over by a pipe or an inherited descriptor, and print ids and counts, never values",
        ),
        &["exposure::*", "doors::*"],
    ),
    (
        family(
            "acknowledged-too-early",
            "a server acknowledges a change before it is where the server finds it again after a crash",
            "write the change to a log on the disk, and sync that, before acknowledging it; if it is a cache, say what a crash may lose",
        ),
        &["faults::server_killed *"],
    ),
    (
        family(
            "errors-unnoticed",
            "an operation is answered ok although a system call of it failed",
            "look at what every call gives back, close included; tell the caller, and remove what was half done",
        ),
        &["faults::* lied*"],
    ),
    (
        family(
            "temporary-files-stay",
            "what an interrupted save wrote stays behind, and no delete takes it away",
            "remove leftovers of dead processes at the next save, or write to an unnamed file (O_TMPFILE)",
        ),
        &["faults::* residue*"],
    ),
    (
        family("writes-in-place", "a session is cut off and written where it stands", NEW_FILE),
        &[
            "faults::* torn*",
            "faults::* lost*",
            "faults::* neighbour*",
            "concurrency::* torn*",
            "concurrency::* failed*",
        ],
    ),
    (
        family(
            "faults-badly-borne",
            "an interrupted or failed operation leaves the store worse than before",
            NEW_FILE,
        ),
        &["faults::*"],
    ),
    (
        family(
            "locks",
            "an operation waits for what never comes: a lock of a dead process, or two locks in two orders",
            "use a lock that ends with its process (flock, fcntl), take locks in one order, and give them back before answering",
        ),
        &["concurrency::deadlock *", "concurrency::stale_lock *"],
    ),
    (
        family(
            "unlocked-update",
            "two writers at once undo each other's changes",
            "read, change and replace what several writers share under one lock",
        ),
        &["concurrency::*"],
    ),
    (
        family(
            "code-in-sessions",
            "the bytes of a session decide which code runs",
            "use a format that is data alone, as JSON, or authenticate the bytes before they are decoded",
        ),
        &["corruption::code_execution *"],
    ),
    (
        family(
            "work-without-bounds",
            "a small or damaged file makes a load use memory or time out of proportion",
            "refuse files above a size, and nesting above a depth, before they are decoded",
        ),
        &["corruption::* memory*", "corruption::* time*", "corruption::* hang*"],
    ),
    (
        family(
            "changes-unnoticed",
            "bytes that were changed load as a session",
            "authenticate the contents (an HMAC or authenticated encryption, bound to the id), or check them against a checksum",
        ),
        &[
            "corruption::* altered*",
            "corruption::* spliced*",
            "corruption::* others-data*",
            "encryption::no_rollback *",
            "encryption::not_swappable *",
        ],
    ),
    (
        family(
            "damage-not-told",
            "a damaged file is answered with something else than that it is damaged",
            "check type and shape of what was read, and answer corrupt to all that is not what the store writes",
        ),
        &["corruption::*"],
    ),
    (
        family(
            "secrets-stay",
            "a secret is still there after it was deleted or overwritten",
            "remove or overwrite every copy: old files, free pages of a database (secure_delete), journals and backups",
        ),
        &["deletion::residue *", "deletion::overwritten *"],
    ),
    (
        family(
            "sessions-outlive-their-end",
            "a session that was ended, expired or moved to another id still loads",
            "remove what the id leads to before answering, and compare the time at each load",
        ),
        &["deletion::*"],
    ),
    (
        family(
            "ids-as-paths",
            "an id decides which file is meant, or which session",
            "compare whole ids, and name files after a hash of them, or answer invalid to every id that is not plain",
        ),
        &[
            "identifiers::traversal *",
            "identifiers::separators *",
            "identifiers::reserved *",
            "identifiers::look_alikes *",
            "identifiers::very_long *",
            "identifiers::parts *",
        ],
    ),
    (
        family(
            "ids-from-outside",
            "ids can be guessed, or chosen by somebody else",
            "draw at least 128 bits from the kernel for each new id, and never take one from a request",
        ),
        &["identifiers::*", "lifecycle::unpredictable_id *"],
    ),
    (
        family(
            "not-kept-as-given",
            "what was saved does not load as it was, or another session's does",
            "escape what the format gives a meaning, or answer invalid to what it cannot hold",
        ),
        &["honesty::*"],
    ),
    (
        family(
            "encryption-without-effect",
            "encryption that is promised does not hide or protect what it should",
            "use authenticated encryption with a fresh nonce for each save, and a key that is kept apart",
        ),
        &["encryption::*"],
    ),
    (
        family(
            "cookies-misread",
            "a header of cookies is read in another way than RFC 6265 reads it",
            "split at semicolons and at the first `=`, take off spaces and tabs, decode nothing before that, and read on behind a piece that is odd",
        ),
        &["parsers::*", "fuzzing::headers *"],
    ),
    (
        family(
            "login-keeps-the-id",
            "a login takes over an id that somebody else may know",
            "make a new id at each login, end the session that the browser had, and take no id from a URL",
        ),
        &["lifecycle::own_id_planted *", "lifecycle::made_up_id *", "lifecycle::id_in_url *"],
    ),
    (
        family(
            "ended-sessions-accepted",
            "the server takes cookies of sessions that were ended",
            "keep sessions on the server, and remove each that a logout, another login, a revocation or a new password ends",
        ),
        &[
            "lifecycle::logout *",
            "lifecycle::revoke_all *",
            "lifecycle::change_password *",
            "lifecycle::old_id_dead *",
            "lifecycle::histories revived",
            "lifecycle::histories not-ended",
        ],
    ),
    (
        family(
            "ended-sessions-brought-back",
            "a request that is being served brings a session back that another one ended",
            "change a session only if it is still there, under a lock from reading it to writing it",
        ),
        &[
            "lifecycle::logout_during_visit *",
            "lifecycle::revoke_all_during_visit *",
            "lifecycle::change_password_during_visit *",
            "lifecycle::login_during_visit *",
        ],
    ),
    (
        family(
            "trusts-the-cookie",
            "who is logged in follows from what a browser sends, or from what requests share",
            "look the whole id up on the server, or check a signature over all that the cookie says",
        ),
        &["lifecycle::*"],
    ),
    (
        family(
            "cookie-attributes",
            "the session cookie is set without the attributes that keep it where it belongs",
            "set HttpOnly, Secure and SameSite, no Domain, and a lifetime; remove it as it was set",
        ),
        &[
            "cookies::http_only *",
            "cookies::secure *",
            "cookies::same_site *",
            "cookies::scope *",
            "cookies::lifetime *",
            "cookies::deleted_at_logout *",
        ],
    ),
    (
        family(
            "id-gets-out",
            "the session id is where others can find it: in pages, logs or files",
            "keep the id in the cookie alone, and its hash on the server",
        ),
        &["cookies::*", "seizure::*"],
    ),
    (
        family(
            "client-takes-its-driver-along",
            "the driver of the client dies, hangs or breaks the protocol while the client runs",
            "let the client end by itself, and signal no process that it did not start; in a driver, catch what the client's library raises",
        ),
        &["clients::* crash", "clients::* hang", "clients::* protocol"],
    ),
    (
        family(
            "credentials-follow-redirects",
            "what was sent to one host follows its redirect to another",
            "choose cookies and credentials anew for each request of a redirect, by its scheme, host and port",
        ),
        &[
            "clients::redirect_cookie *",
            "clients::given_cookie *",
            "clients::redirect_auth *",
            "clients::downgrade_auth *",
            "clients::downgrade_cookie after-redirect",
            "clients::bound_to_host redirect",
        ],
    ),
    (
        family(
            "certificates-unchecked",
            "the client talks to servers whose certificates are not right",
            "leave the checks of certificates on, those of the name and of the time included",
        ),
        &["clients::certificate *"],
    ),
    (
        family(
            "cookies-outlive-their-end",
            "the client sends or keeps cookies that were removed or have expired",
            "leave out of each request, and of the file, what has ended",
        ),
        &["clients::deleted *", "clients::expired *"],
    ),
    (
        family(
            "session-changed-unasked",
            "a run that is to leave the session as it is writes to it",
            "save nothing in a read-only run",
        ),
        &["clients::read_only *"],
    ),
    (
        family(
            "clear-replaces-secure",
            "what plain http sets replaces what https has set",
            "refuse a cookie that plain http sets if a Secure one of that name is there (RFC 6265bis, section 5.7, step 14)",
        ),
        &["clients::secure_overwritten *"],
    ),
    (
        family(
            "sent-too-widely",
            "the client sends a cookie or a password to addresses that it is not for",
            "compare scheme, host and path as RFC 6265 says, before a cookie is kept and before it is sent, and keep with each what decides it",
        ),
        &["clients::*"],
    ),
    (
        family(
            "reader-trusts-the-file",
            "the reader of a session's file believes what it finds there: lengths, depths, names, quotes",
            "parse with limits, check the whole file before any part is used, and keep nothing of one session for the next",
        ),
        &["fuzzing::*"],
    ),
];

/// The family of a finding of which this catalogue knows nothing.
const OTHER: Family = family("other", "something else", "see the finding");

/// Returns the names of the families.
#[cfg(test)]
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().map(|(family, _)| family.id)
}

/// Returns the family of a finding.
pub fn family_of(scenario: &str, cause: &str) -> Family {
    let finding = format!("{scenario} {cause}");
    let matches = |patterns: &[&str]| {
        patterns.iter().any(|pattern| {
            // A pattern without a cause is of all of them.
            let pattern =
                if pattern.contains(' ') { (*pattern).into() } else { format!("{pattern} *") };
            Glob::new(&pattern).matches(&finding)
        })
    };
    FAMILIES.iter().find(|(_, patterns)| matches(patterns)).map_or(OTHER, |(family, _)| *family)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{FAMILIES, family_of};
    use crate::CATALOGUE;

    #[test]
    fn every_scenario_has_a_family_and_every_pattern_a_scenario() {
        for scenario in CATALOGUE {
            assert_ne!(family_of(scenario.id, "any").id, "other", "{}", scenario.id);
        }
        for (family, patterns) in FAMILIES {
            for pattern in *patterns {
                let id = pattern.split(' ').next().unwrap();
                let start = id.trim_end_matches('*');
                let named =
                    |scenario: &&&interloper_engine::Scenario| scenario.id.starts_with(start);
                assert!(CATALOGUE.iter().any(|s| named(&s)), "{}: {pattern}", family.id);
            }
        }
    }

    #[test]
    fn names_are_unique_and_the_most_particular_comes_first() {
        let names: BTreeSet<&str> = FAMILIES.iter().map(|(family, _)| family.id).collect();
        assert_eq!(names.len(), FAMILIES.len());
        assert_eq!(
            family_of("permissions::mode_owner_only", "directory-mode").id,
            "directory-mode"
        );
        assert_eq!(family_of("permissions::mode_owner_only", "file-mode").id, "mode-of-the-umask");
        assert_eq!(family_of("faults::errors", "lied").id, "errors-unnoticed");
        assert_eq!(family_of("faults::crash", "torn").id, "writes-in-place");
    }
}
