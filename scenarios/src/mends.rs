//! Mends: which changes to a store's calls are tried for which families of findings, and the design that helps where none does.

use interloper_engine::mend::{Candidate, Catalogue, Surrounding};
use interloper_engine::record::{CallRole, Change, Rule};

use crate::families::family_of;

const fn rule(at: CallRole, change: Change) -> Rule {
    Rule { at, change }
}

const fn candidate(rules: &'static [Rule], families: &'static [&'static str]) -> Candidate {
    Candidate { rules, families, last: false }
}

use CallRole::{MakeDirectory, ReadFile, Remove, Rename, SetMode, WriteFile};
use Change::{
    CloseOnExec, Exclusive, Narrow, NoFollow, OwnOnly, PrivateMode, PrivateUmask, RegularOnly,
    Replace, SyncDirectory, SyncFile,
};

const MODES: &[&str] =
    &["mode-of-the-umask", "directory-mode", "ids-in-names", "reuses-what-is-there"];
const DURABILITY: &[&str] = &[
    "writes-in-place",
    "faults-badly-borne",
    "errors-unnoticed",
    "sessions-outlive-their-end",
    "secrets-stay",
];

/// The candidates, the smallest first.
const CANDIDATES: &[Candidate] = &[
    candidate(&[rule(WriteFile, PrivateMode)], MODES),
    candidate(&[rule(MakeDirectory, PrivateMode)], MODES),
    candidate(&[rule(SetMode, PrivateMode)], MODES),
    candidate(&[rule(WriteFile, CloseOnExec)], &["inherited-descriptors"]),
    candidate(&[rule(ReadFile, CloseOnExec)], &["inherited-descriptors"]),
    candidate(&[rule(WriteFile, NoFollow)], &["follows-links"]),
    candidate(&[rule(ReadFile, NoFollow)], &["follows-links"]),
    candidate(&[rule(ReadFile, RegularOnly)], &["waits-at-a-fifo"]),
    candidate(&[rule(WriteFile, RegularOnly)], &["waits-at-a-fifo"]),
    candidate(&[rule(ReadFile, OwnOnly)], &["reuses-what-is-there"]),
    candidate(&[rule(WriteFile, OwnOnly)], &["reuses-what-is-there"]),
    candidate(&[rule(WriteFile, Narrow)], &["reuses-what-is-there", "mode-of-the-umask"]),
    candidate(&[rule(Rename, SyncFile)], DURABILITY),
    candidate(&[rule(Rename, SyncDirectory)], DURABILITY),
    candidate(&[rule(Remove, SyncDirectory)], DURABILITY),
    candidate(
        &[rule(ReadFile, NoFollow), rule(ReadFile, RegularOnly), rule(ReadFile, OwnOnly)],
        &["follows-links", "waits-at-a-fifo", "reuses-what-is-there"],
    ),
    candidate(
        &[
            rule(WriteFile, PrivateMode),
            rule(WriteFile, NoFollow),
            rule(WriteFile, RegularOnly),
            rule(WriteFile, OwnOnly),
            rule(WriteFile, Narrow),
        ],
        &["mode-of-the-umask", "follows-links", "waits-at-a-fifo", "reuses-what-is-there"],
    ),
    candidate(
        &[rule(WriteFile, PrivateMode), rule(WriteFile, Exclusive)],
        &["mode-of-the-umask", "follows-links", "waits-at-a-fifo", "reuses-what-is-there"],
    ),
    candidate(
        &[rule(WriteFile, Replace)],
        &[
            "mode-of-the-umask",
            "follows-links",
            "waits-at-a-fifo",
            "reuses-what-is-there",
            "writes-in-place",
            "faults-badly-borne",
            "secrets-stay",
        ],
    ),
    Candidate {
        rules: &[rule(WriteFile, PrivateUmask), rule(MakeDirectory, PrivateUmask)],
        families: MODES,
        last: true,
    },
];

/// What an administrator can do.
const SURROUNDINGS: &[Surrounding] = &[
    Surrounding { words: "umask 0077 for whoever runs it", umask: Some(0o077), home: None },
    Surrounding { words: "chmod 0700 of the home", umask: None, home: Some(0o700) },
];

/// The design that a family needs where no change of a call ends it.
const DESIGNS: &[(&[&str], &str)] = &[
    (
        &["directory-mode", "mode-of-the-umask", "ids-in-names"],
        "a directory of mode 0700 that the store makes and checks, and files of 0600 in it",
    ),
    (
        &["waits-at-a-fifo", "follows-links", "reuses-what-is-there"],
        "a directory of mode 0700 of one's own; each file opened with O_NOFOLLOW|O_NONBLOCK and checked (fstat: a regular file, one's own, not writable for others); a new file and rename for each save",
    ),
    (
        &["writes-in-place", "faults-badly-borne"],
        "a new file for each save: write, fsync, rename, fsync of the directory; a lock around what several files share",
    ),
    (&["inherited-descriptors"], "close what is no longer used, and O_CLOEXEC for the rest"),
    (
        &["told-to-others"],
        "secrets by a pipe or an inherited descriptor; no values in arguments, output and messages",
    ),
    (
        &["errors-unnoticed"],
        "the result of every call looked at, close and fsync included, and the caller told",
    ),
    (
        &["temporary-files-stay"],
        "an unnamed file (O_TMPFILE), or locked temporary files that the next save sweeps",
    ),
    (
        &["acknowledged-too-early"],
        "a log on the disk that is synced before a change is acknowledged",
    ),
    (
        &["ended-sessions-brought-back"],
        "one lock, or one transaction, from reading a session to writing it; a write that finds it gone leaves it gone",
    ),
    (&["locks"], "a lock that ends with its process (flock), taken in one order"),
    (
        &["unlocked-update"],
        "one lock around reading, changing and replacing (flock on a file beside the session)",
    ),
    (
        &["code-in-sessions"],
        "a format that is data alone, or an HMAC that is checked before the bytes are decoded",
    ),
    (&["work-without-bounds"], "a limit for size and depth, checked before a file is decoded"),
    (&["changes-unnoticed"], "an HMAC or authenticated encryption, bound to the id"),
    (&["damage-not-told"], "a check of types and shape after reading, and one error for damage"),
    (
        &["secrets-stay"],
        "every copy removed or overwritten: old files, free pages, journals, backups",
    ),
    (
        &["sessions-outlive-their-end"],
        "the time compared at each load, and what an id leads to removed before the answer",
    ),
    (&["ids-as-paths"], "files named after a hash of the whole id"),
    (&["ids-from-outside"], "128 bits from the kernel for each new id"),
    (&["not-kept-as-given"], "what the format gives a meaning escaped, or refused"),
    (
        &["encryption-without-effect"],
        "authenticated encryption with a fresh nonce, and a key kept apart",
    ),
    (
        &["login-keeps-the-id", "ended-sessions-accepted", "trusts-the-cookie"],
        "sessions kept on the server under an id of the server's own, made anew at each login and removed at its end",
    ),
    (
        &["cookie-attributes"],
        "HttpOnly, Secure, SameSite and no Domain where the cookie is set and where it is removed",
    ),
    (
        &["cookies-misread"],
        "one reader of cookies that splits at semicolons first and decodes no name",
    ),
    (&["id-gets-out"], "the id in the cookie alone, and its hash on the server"),
    (
        &["credentials-follow-redirects", "sent-too-widely", "clear-replaces-secure"],
        "a jar that keeps scheme, host and path with each cookie and password, asked anew for each request",
    ),
    (
        &["cookies-outlive-their-end", "session-changed-unasked"],
        "a session that is written at the end of a run that may change it, without what has ended",
    ),
    (
        &["certificates-unchecked"],
        "the checks of the TLS library as they come, and no option to leave them out",
    ),
    (
        &["client-takes-its-driver-along"],
        "a client that ends by itself, and signals no process that it did not start",
    ),
    (
        &["reader-trusts-the-file"],
        "a parser with limits that checks the whole file before any part of it is used",
    ),
];

fn design_of(family: &str) -> &'static str {
    let design = DESIGNS.iter().find(|(families, _)| families.contains(&family));
    design.map_or("see the finding", |(_, design)| *design)
}

/// What is tried to mend findings.
pub static MENDS: Catalogue = Catalogue {
    candidates: CANDIDATES,
    surroundings: SURROUNDINGS,
    of_surroundings: &[
        "directory-mode",
        "waits-at-a-fifo",
        "follows-links",
        "reuses-what-is-there",
        "mode-of-the-umask",
        "ids-in-names",
        "told-to-others",
    ],
    family: family_of,
    design: design_of,
    works: &[
        "honesty::saved_loads",
        "honesty::replaced",
        "deletion::absent_after_delete",
        "deletion::neighbours_untouched",
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CATALOGUE;
    use crate::families::names;

    #[test]
    fn every_family_has_a_design_and_every_name_is_one() {
        let named = |family: &&str| names().any(|name| name == *family);
        for family in names() {
            assert_ne!(design_of(family), "see the finding", "{family}");
        }
        let of_candidates = CANDIDATES.iter().flat_map(|candidate| candidate.families);
        for family in of_candidates.chain(MENDS.of_surroundings) {
            assert!(named(family), "{family}");
        }
        for (families, _) in DESIGNS {
            assert!(families.iter().all(named), "{families:?}");
        }
        for scenario in MENDS.works {
            assert!(CATALOGUE.iter().any(|known| known.id == *scenario), "{scenario}");
        }
    }
}
