//! The table of flaws: what each is called, and which scenario must notice it.

use super::{
    FlawEntry, concurrency, corruption, deletion, exposure, faults, honesty, identifiers,
    permissions, planting,
};

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
const WRITES_IN_PLACE: &[&str] =
    &["permissions::*", "exposure::*", "faults::*", "corruption::replaced_by_fifo"];

/// Every flaw.
pub static FLAWS: &[FlawEntry] = &[
    FlawEntry::new(
        "umask-default-mode",
        "makes files with mode 0666 and directories with 0777, and keeps what the umask leaves",
        &permissions::UmaskDefaultMode,
    )
    .cwe(&["CWE-276"])
    .like(&["CVE-2019-16355"])
    .caught_by(&["permissions::nobody_reaches", "permissions::mode_owner_only"])
    .may_fail(WIDE),
    FlawEntry::new(
        "lax-file-mode",
        "gives session files mode 0644 and trusts their directory's 0700 alone",
        &permissions::LaxFileMode,
    )
    .cwe(&["CWE-732"])
    .like(&["CVE-2025-22620"])
    .caught_by(&["permissions::mode_owner_only"])
    .may_fail(&[
        "permissions::default_acl_parent",
        "permissions::leftovers",
        "permissions::service_umask",
        "permissions::setgid_parent",
        "permissions::side_files",
        "permissions::update_keeps_or_narrows",
    ]),
    FlawEntry::new(
        "lax-intermediate-dirs",
        "makes the directories above its own with mode 0777 less the umask",
        &permissions::LaxIntermediateDirs,
    )
    .cwe(&["CWE-276"])
    .like(&["CVE-2020-24583", "CVE-2020-24584"])
    .caught_by(&["permissions::directories"])
    .may_fail(&[
        "permissions::default_acl_parent",
        "permissions::mode_owner_only",
        "permissions::nobody_reaches",
        "permissions::service_umask",
        "permissions::setgid_parent",
    ]),
    FlawEntry::new(
        "listable-names",
        "gives its directories mode 0755 and names files after the ids",
        &permissions::ListableNames,
    )
    .cwe(&["CWE-548"])
    .caught_by(&["permissions::names"])
    .may_fail(WIDE),
    FlawEntry::new(
        "widens-on-update",
        "gives a file mode 0644 when it replaces an earlier one, in directories with mode 0755",
        &permissions::WidensOnUpdate,
    )
    .cwe(&["CWE-281"])
    .caught_by(&["permissions::update_keeps_or_narrows"])
    .may_fail(WIDE),
    FlawEntry::new(
        "trusts-leftovers",
        "uses a directory and a session file that are already there as they are",
        &permissions::TrustsLeftovers,
    )
    .cwe(&["CWE-732", "CWE-283"])
    .caught_by(&["permissions::leftovers"])
    .may_fail(&[
        "concurrency::*",
        "corruption::replaced_by_fifo",
        "permissions::kept_descriptors",
        "permissions::update_keeps_or_narrows",
        "planting::*",
    ]),
    FlawEntry::new(
        "copies-parent-group-bits",
        "adds the group's bits of a setgid or access-listed parent to its own modes",
        &permissions::CopiesParentGroupBits,
    )
    .cwe(&["CWE-277", "CWE-278"])
    .caught_by(&["permissions::setgid_parent", "permissions::default_acl_parent"])
    .may_fail(&["permissions::directories", "permissions::mode_owner_only"]),
    FlawEntry::new(
        "keeps-backup",
        "copies the previous version to a .bak with mode 0644 before an update, in directories with mode 0711",
        &permissions::KeepsBackup,
    )
    .cwe(&["CWE-530", "CWE-459"])
    .caught_by(&["permissions::side_files", "deletion::residue"])
    .may_fail(WIDE),
    FlawEntry::new(
        "service-relies-on-umask",
        "leaves modes to the umask when it runs as root",
        &permissions::ServiceReliesOnUmask,
    )
    .cwe(&["CWE-276"])
    .like(&["CVE-2019-16355"])
    .caught_by(&["permissions::service_umask"]),
    FlawEntry::new(
        "leaks-descriptor",
        "keeps the session file open, and lets started programs inherit it",
        &permissions::LeaksDescriptor,
    )
    .cwe(&["CWE-403"])
    .caught_by(&["permissions::close_on_exec"])
    .may_fail(&["concurrency::save_delete"]),
    FlawEntry::new(
        "keeps-inode",
        "narrows a file that is already there and writes into the same inode",
        &permissions::KeepsInode,
    )
    .cwe(&["CWE-367"])
    .caught_by(&["permissions::kept_descriptors"])
    .may_fail(&["concurrency::*", "permissions::leftovers", "faults::*"]),
    FlawEntry::new(
        "chmods-home",
        "gives the home directory mode 0755 so that the store can be found",
        &permissions::ChmodsHome,
    )
    .cwe(&["CWE-732"])
    .caught_by(&["permissions::private_home_untouched"]),
    FlawEntry::new(
        "delete-does-nothing",
        "answers ok to a delete and keeps the session",
        &deletion::DeleteDoesNothing,
    )
    .cwe(&["CWE-613"])
    .like(&["CVE-2024-31999", "CVE-2026-30224"])
    .caught_by(&["deletion::absent_after_delete"])
    .may_fail(&["concurrency::*", "deletion::residue", "permissions::any_history"]),
    FlawEntry::new(
        "delete-twice-fails",
        "answers an input/output error when what is to be deleted is gone",
        &deletion::DeleteTwiceFails,
    )
    .cwe(&["CWE-754"])
    .caught_by(&["deletion::idempotent"]),
    FlawEntry::new(
        "deletes-by-prefix",
        "deletes every session whose id begins with the one given",
        &deletion::DeletesByPrefix,
    )
    .cwe(&["CWE-706"])
    .caught_by(&["deletion::neighbours_untouched"]),
    FlawEntry::new(
        "soft-delete",
        "renames a deleted session to .deleted and keeps it",
        &deletion::SoftDelete,
    )
    .cwe(&["CWE-459"])
    .caught_by(&["deletion::residue"]),
    FlawEntry::new(
        "panics-on-empty",
        "takes the first byte of a file that may have none",
        &corruption::PanicsOnEmpty,
    )
    .cwe(&["CWE-248"])
    .caught_by(&["corruption::empty"])
    .may_fail(&["corruption::truncation"]),
    FlawEntry::new(
        "lenient-parse",
        "answers a session with default parts when the file cannot be read whole",
        &corruption::LenientParse,
    )
    .cwe(&["CWE-354", "CWE-636"])
    .caught_by(&["corruption::truncation", "corruption::random_bytes"])
    .may_fail(&["corruption::empty", "corruption::wrong_types"]),
    FlawEntry::new(
        "skips-integrity",
        "does not check who wrote the file: each part that parses loads, the others get defaults",
        &corruption::SkipsIntegrity,
    )
    .cwe(&["CWE-353"])
    .caught_by(&["corruption::wrong_types"])
    .may_fail(&["corruption::random_bytes"]),
    FlawEntry::new(
        "retypes-panic",
        "takes for granted that each part of the JSON has its type",
        &corruption::RetypesPanic,
    )
    .cwe(&["CWE-248"])
    .caught_by(&["corruption::wrong_types"])
    .may_fail(&["corruption::random_bytes"]),
    FlawEntry::new(
        "clears-what-is-in-the-way",
        "removes a directory at the session's path with everything in it",
        &corruption::ClearsWhatIsInTheWay,
    )
    .cwe(&["CWE-754"])
    .caught_by(&["corruption::replaced_by_directory"]),
    FlawEntry::new(
        "blocks-on-fifo",
        "opens whatever lies at the session's path, and waits for a FIFO's writer",
        &corruption::BlocksOnFifo,
    )
    .cwe(&["CWE-66"])
    .caught_by(&["corruption::replaced_by_fifo"]),
    FlawEntry::new(
        "panics-on-denied",
        "takes for granted that its own file can be read",
        &corruption::PanicsOnDenied,
    )
    .cwe(&["CWE-280", "CWE-248"])
    .caught_by(&["corruption::unreadable"])
    .may_fail(&["permissions::leftovers"]),
    FlawEntry::new(
        "resurrects-after-delete",
        "writes a session that it has loaded back, as if to note that it was used",
        &concurrency::ResurrectsAfterDelete,
    )
    .cwe(&["CWE-367", "CWE-613"])
    .caught_by(&["concurrency::save_delete"])
    .may_fail(&["concurrency::*", "faults::*"]),
    FlawEntry::new(
        "lost-update",
        "loads only what is in an index, which a save reads, adds to and writes back without a lock",
        &concurrency::LostUpdate,
    )
    .cwe(&["CWE-362"])
    .caught_by(&["concurrency::save_save"])
    .may_fail(&["concurrency::*", "faults::*"]),
    FlawEntry::new(
        "stale-lock",
        "makes a lock file that nobody takes over when its maker dies",
        &concurrency::StaleLock,
    )
    .cwe(&["CWE-667", "CWE-412"])
    .caught_by(&["concurrency::stale_lock", "faults::crash"])
    .may_fail(&["faults::*"]),
    FlawEntry::new(
        "torn-read",
        "empties a session that is there and writes it anew in two parts, with nobody locked out",
        &concurrency::TornRead,
    )
    .cwe(&["CWE-366", "CWE-413"])
    .caught_by(&["concurrency::read_write", "concurrency::stress"])
    .may_fail(&["concurrency::*", "faults::*", "permissions::kept_descriptors", "permissions::leftovers"]),
    FlawEntry::new(
        "deadlocks",
        "takes two locks in one order to save and in the other to delete",
        &concurrency::Deadlocks,
    )
    .cwe(&["CWE-833"])
    .caught_by(&["concurrency::deadlock"]),
    FlawEntry::new("drops-headers", "saves a session without its headers", &honesty::DropsHeaders)
        .cwe(&["CWE-221"])
        .caught_by(&["honesty::saved_loads"])
        .may_fail(COMPARING),
    FlawEntry::new(
        "writes-on-read-only",
        "makes directories and saves although it was opened for reading only",
        &honesty::WritesOnReadOnly,
    )
    .cwe(&["CWE-440"])
    .caught_by(&["honesty::read_only_writes_nothing"]),
    FlawEntry::new(
        "id-as-path",
        "names the file after the id, whatever is in it",
        &identifiers::IdAsPath,
    )
    .cwe(&["CWE-22"])
    .like(&["CVE-2011-0698", "CVE-2018-18926", "CVE-2023-42456", "CVE-2024-3400"])
    .caught_by(&["identifiers::traversal"])
    .may_fail(&["identifiers::separators", "identifiers::very_long"]),
    FlawEntry::new(
        "folds-separators",
        "takes an id with a slash for the one with an underscore",
        &identifiers::FoldsSeparators,
    )
    .cwe(&["CWE-694"])
    .caught_by(&["identifiers::separators"]),
    FlawEntry::new(
        "folds-case",
        "takes ids that differ in case for one",
        &identifiers::FoldsCase,
    )
    .cwe(&["CWE-178"])
    .caught_by(&["deletion::neighbours_untouched"]),
    FlawEntry::new(
        "truncates-long-ids",
        "keeps a session under the first 64 bytes of its id",
        &identifiers::TruncatesLongIds,
    )
    .cwe(&["CWE-222"])
    .caught_by(&["identifiers::very_long"]),
    FlawEntry::new(
        "chmod-after-write",
        "makes the file with what the umask leaves of 0666, and narrows it when the session is in it",
        &exposure::ChmodAfterWrite,
    )
    .cwe(&["CWE-276", "CWE-362"])
    .caught_by(&["exposure::no_window"])
    .may_fail(WRITES_IN_PLACE),
    FlawEntry::new(
        "wide-temp",
        "makes the temporary file with mode 0644, and narrows it when it has its name",
        &exposure::WideTemp,
    )
    .cwe(&["CWE-377"])
    .caught_by(&["exposure::no_window"])
    .may_fail(WIDE),
    FlawEntry::new(
        "secret-in-arguments",
        "hands the session to another program as an argument",
        &exposure::SecretInArguments,
    )
    .cwe(&["CWE-214"])
    .caught_by(&["exposure::arguments"]),
    FlawEntry::new(
        "prints-session",
        "prints the session it saves",
        &exposure::PrintsSession,
    )
    .cwe(&["CWE-532"])
    .caught_by(&["exposure::output"]),
    FlawEntry::new(
        "copy-in-tmp",
        "keeps a copy in the directory for temporary files while it saves",
        &exposure::CopyInTmp,
    )
    .cwe(&["CWE-377", "CWE-379"])
    .caught_by(&["exposure::elsewhere"])
    .may_fail(&["exposure::no_window", "faults::*"]),
    FlawEntry::new(
        "in-place-write",
        "empties the session file and writes it anew",
        &faults::InPlaceWrite,
    )
    .cwe(&["CWE-662"])
    .caught_by(&["faults::crash", "faults::file_size"])
    .may_fail(WRITES_IN_PLACE),
    FlawEntry::new(
        "no-fsync",
        "gives the temporary file its name before what is in it is on the disk",
        &faults::NoFsync,
    )
    .cwe(&["CWE-662"])
    .caught_by(&["faults::power_loss"]),
    FlawEntry::new(
        "swallows-enospc",
        "does not look at what came of a write",
        &faults::SwallowsEnospc,
    )
    .cwe(&["CWE-252", "CWE-391"])
    .caught_by(&["faults::errors", "faults::disk_full"])
    .may_fail(&["faults::*"]),
    FlawEntry::new(
        "writes-once",
        "takes for granted that one write writes everything",
        &faults::WritesOnce,
    )
    .cwe(&["CWE-252"])
    .caught_by(&["faults::short_writes"])
    .may_fail(&["faults::*"]),
    FlawEntry::new(
        "hides-denied",
        "writes over the session file, and answers ok where it may not",
        &faults::HidesDenied,
    )
    .cwe(&["CWE-390"])
    .caught_by(&["faults::unwritable"])
    .may_fail(WRITES_IN_PLACE),
    FlawEntry::new(
        "follows-symlink",
        "writes to a name beside its directory that everybody knows, wherever a link under it leads",
        &planting::FollowsSymlink,
    )
    .cwe(&["CWE-61", "CWE-377"])
    .like(&["CVE-2006-1279"])
    .caught_by(&["planting::symlink"])
    .may_fail(&["planting::*"]),
    FlawEntry::new(
        "predictable-temp",
        "writes to a name beside its directory that everybody knows, though somebody may have made the file",
        &planting::PredictableTemp,
    )
    .cwe(&["CWE-377"])
    .caught_by(&["planting::file", "planting::hard_link"])
    .may_fail(&["planting::*"]),
    FlawEntry::new(
        "check-then-open",
        "removes what lies under a known name, and takes for granted that nothing is there a step later",
        &planting::CheckThenOpen,
    )
    .cwe(&["CWE-367"])
    .caught_by(&["planting::symlink"])
    .may_fail(&["planting::*"]),
    FlawEntry::new(
        "trusts-foreign-file",
        "loads a session from a file and a directory of somebody else's",
        &planting::TrustsForeignFile,
    )
    .cwe(&["CWE-283"])
    .caught_by(&["planting::file"])
    .may_fail(&["planting::*"]),
    FlawEntry::new(
        "trusts-foreign-directory",
        "keeps its sessions in a directory that somebody else has made",
        &planting::TrustsForeignDirectory,
    )
    .cwe(&["CWE-379", "CWE-283"])
    .caught_by(&["planting::directory"])
    .may_fail(&["planting::*"]),
    FlawEntry::new(
        "waits-on-fifo",
        "opens a lock file beside its directory, and waits for the other side of a FIFO",
        &planting::WaitsOnFifo,
    )
    .cwe(&["CWE-833", "CWE-377"])
    .caught_by(&["planting::fifo"]),
    FlawEntry::new(
        "clears-through-link",
        "empties a directory beside its own when it deletes, wherever a link under that name leads",
        &planting::ClearsThroughLink,
    )
    .cwe(&["CWE-59", "CWE-367"])
    .like(&["RUSTSEC-2023-0018"])
    .caught_by(&["planting::symlink"]),
];
