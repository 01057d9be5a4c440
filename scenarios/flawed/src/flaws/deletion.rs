//! What deleting leaves.

use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;
use std::sync::{Mutex, PoisonError};

use interloper_driver::{ErrorKind, Failure, Session};
use rustix::fs::{Dir, renameat};

use super::FlawEntry;
use super::identifiers::hex_or_hash;
use crate::hardened::{Sound, Steps, exists, failed};
use crate::served_apart::ServedApart;

/// The flaws of this area.
pub(super) const ENTRIES: &[FlawEntry] = &[
    FlawEntry::new(
        "undelete-by-the-server",
        "has a server that keeps what is deleted under another name, and still gives it to its owner",
        &ServedApart("soft"),
    )
    .cwe(&["CWE-459", "CWE-212"])
    .caught_by(&["deletion::recoverable", "deletion::residue"])
    .may_fail(&["deletion::*", "honesty::*"]),
    FlawEntry::new(
        "delete-does-nothing",
        "answers ok to a delete and keeps the session",
        &DeleteDoesNothing,
    )
    .cwe(&["CWE-613"])
    .like(&["CVE-2024-31999", "CVE-2026-30224"])
    .caught_by(&["deletion::absent_after_delete"])
    .may_fail(&[
        "concurrency::*",
        "deletion::purge",
        "deletion::purge_beside_damage",
        "deletion::rotated_id_is_dead",
        "deletion::stays_deleted",
        "deletion::residue",
        "permissions::any_history",
    ]),
    FlawEntry::new(
        "delete-twice-fails",
        "answers an input/output error when what is to be deleted is gone",
        &DeleteTwiceFails,
    )
    .cwe(&["CWE-754"])
    .caught_by(&["deletion::idempotent"]),
    FlawEntry::new(
        "deletes-by-prefix",
        "deletes every session whose id begins with the one given",
        &DeletesByPrefix,
    )
    .cwe(&["CWE-706"])
    .caught_by(&["deletion::neighbours_untouched"]),
    FlawEntry::new(
        "second-delete-takes-more",
        "deletes the sessions whose ids begin with the one given where there is none of that id",
        &SecondDeleteTakesMore,
    )
    .cwe(&["CWE-706"])
    .caught_by(&["deletion::neighbours_untouched", "identifiers::parts"]),
    FlawEntry::new(
        "soft-delete",
        "renames a deleted session to .deleted and keeps it",
        &SoftDelete,
    )
    .cwe(&["CWE-459"])
    .caught_by(&["deletion::residue"])
    .may_fail(&["deletion::purge", "deletion::purge_beside_damage", "faults::errors"]),
    FlawEntry::new(
        "ignores-expiry",
        "keeps the time at which a session is over, and never looks at it",
        &IgnoresExpiry,
    )
    .cwe(&["CWE-613"])
    .like(&["CVE-2018-1000814"])
    .caught_by(&["deletion::expired_does_not_load"])
    .may_fail(&["deletion::purge", "deletion::purge_beside_damage"]),
    FlawEntry::new(
        "forgets-a-cookies-end",
        "keeps a cookie whose time is over as one that has no end",
        &ForgetsACookiesEnd,
    )
    .cwe(&["CWE-672"])
    .caught_by(&["deletion::expired_cookie"]),
    FlawEntry::new(
        "use-puts-off-the-end",
        "loads a session that is over if it was loaded half an hour ago or less",
        &UsePutsOffTheEnd,
    )
    .cwe(&["CWE-613"])
    .caught_by(&["deletion::use_extends_nothing"]),
    FlawEntry::new("purges-nothing", "answers ok to a purge and removes nothing", &PurgesNothing)
        .cwe(&["CWE-459"])
        .caught_by(&["deletion::purge"]),
    FlawEntry::new(
        "purge-ends-at-damage",
        "ends a purge with ok at the first session that cannot be read",
        &PurgeEndsAtDamage,
    )
    .cwe(&["CWE-703"])
    .caught_by(&["deletion::purge_beside_damage"]),
    FlawEntry::new("purges-everything", "removes every session in a purge", &PurgesEverything)
        .cwe(&["CWE-672"])
        .caught_by(&["deletion::purge"])
        .may_fail(&["concurrency::save_purge", "deletion::purge_beside_damage"]),
    FlawEntry::new(
        "rotation-keeps-old-id",
        "gives a session a new id, and leaves it under the old one too",
        &RotationKeepsOldId,
    )
    .cwe(&["CWE-384"])
    .like(&["CVE-2018-1000519"])
    .caught_by(&["deletion::rotated_id_is_dead"]),
    FlawEntry::new(
        "keeps-versions",
        "keeps the version before, private, until the session is deleted",
        &KeepsVersions,
    )
    .cwe(&["CWE-459"])
    .caught_by(&["deletion::overwritten"])
    .may_fail(&["deletion::purge", "deletion::purge_beside_damage", "faults::*"]),
    FlawEntry::new(
        "undoes-deletes",
        "puts a deleted session back when another one is saved",
        &UndoesDeletes,
    )
    .cwe(&["CWE-613"])
    .caught_by(&["deletion::stays_deleted"])
    .may_fail(&[
        "concurrency::*",
        "deletion::purge",
        "deletion::purge_beside_damage",
        "deletion::residue",
        "faults::*",
    ]),
];

struct DeleteDoesNothing;
impl Steps for DeleteDoesNothing {
    fn remove(&self, _: BorrowedFd<'_>, _: &str) -> Result<(), Failure> {
        Ok(())
    }
}

struct DeleteTwiceFails;
impl Steps for DeleteTwiceFails {
    fn remove(&self, dir: BorrowedFd<'_>, name: &str) -> Result<(), Failure> {
        match exists(dir, name) {
            true => Sound.remove(dir, name),
            false => Err(Failure::new(ErrorKind::Io, "no such file")),
        }
    }
}

struct DeletesByPrefix;
impl Steps for DeletesByPrefix {
    // Hexadecimal, so that the name of `alpha` begins the name of `alphabet`; a hash has no such neighbours.
    fn file_name(&self, id: &str) -> String {
        hex_or_hash(id)
    }
    fn remove(&self, dir: BorrowedFd<'_>, prefix: &str) -> Result<(), Failure> {
        for entry in Dir::read_from(dir).map_err(failed("list the sessions"))? {
            let entry = entry.map_err(failed("list the sessions"))?;
            let name = entry.file_name().to_string_lossy();
            if name.starts_with(prefix) {
                Sound.remove(dir, &name)?;
            }
        }
        Ok(())
    }
}

struct SecondDeleteTakesMore;
impl Steps for SecondDeleteTakesMore {
    fn file_name(&self, id: &str) -> String {
        hex_or_hash(id)
    }
    fn remove(&self, dir: BorrowedFd<'_>, name: &str) -> Result<(), Failure> {
        match exists(dir, name) {
            true => Sound.remove(dir, name),
            false => DeletesByPrefix.remove(dir, name),
        }
    }
}

struct SoftDelete;
impl Steps for SoftDelete {
    fn remove(&self, dir: BorrowedFd<'_>, name: &str) -> Result<(), Failure> {
        if !exists(dir, name) {
            return Ok(());
        }
        renameat(dir, name, dir, format!("{name}.deleted"))
            .map_err(failed("mark the session as deleted"))?;
        Sound.remove(dir, name)
    }
}

struct IgnoresExpiry;
impl Steps for IgnoresExpiry {
    fn expired(&self, _: &Session, _: i64) -> bool {
        false
    }
}

struct ForgetsACookiesEnd;
impl Steps for ForgetsACookiesEnd {
    fn kept(&self, session: &Session) -> Session {
        let mut session = session.clone();
        for cookie in &mut session.cookies {
            // Two thousand and thirty-three: nothing that is saved here ends between then and now.
            cookie.expires = cookie.expires.filter(|end| *end > 2_000_000_000);
        }
        session
    }
}

/// When each session was last loaded, in Unix seconds.
static USED: Mutex<BTreeMap<String, i64>> = Mutex::new(BTreeMap::new());

struct UsePutsOffTheEnd;
impl Steps for UsePutsOffTheEnd {
    fn expired(&self, session: &Session, now: i64) -> bool {
        let mut used = USED.lock().unwrap_or_else(PoisonError::into_inner);
        let used = used.entry(format!("{session:?}")).or_default();
        let over = Sound.expired(session, now) && now - *used > 1_800;
        if !over {
            *used = now;
        }
        over
    }
}

struct PurgesNothing;
impl Steps for PurgesNothing {
    fn purges(&self, _: bool) -> bool {
        false
    }
}

struct PurgeEndsAtDamage;
impl Steps for PurgeEndsAtDamage {
    fn purges_on(&self) -> bool {
        false
    }
}

struct PurgesEverything;
impl Steps for PurgesEverything {
    fn purges(&self, _: bool) -> bool {
        true
    }
}

struct RotationKeepsOldId;
impl Steps for RotationKeepsOldId {
    fn retire(&self, _: BorrowedFd<'_>, _: &str) -> Result<(), Failure> {
        Ok(())
    }
}

struct KeepsVersions;
impl Steps for KeepsVersions {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        if let Some(before) = Sound.read(dir, name, false)? {
            Sound.write(dir, &format!("{name}.1"), &before)?;
        }
        Sound.write(dir, name, sealed)
    }
    fn remove(&self, dir: BorrowedFd<'_>, name: &str) -> Result<(), Failure> {
        Sound.remove(dir, &format!("{name}.1"))?;
        Sound.remove(dir, name)
    }
}

struct UndoesDeletes;
impl Steps for UndoesDeletes {
    fn remove(&self, dir: BorrowedFd<'_>, name: &str) -> Result<(), Failure> {
        let _ = renameat(dir, name, dir, format!(".undo-{name}"));
        Ok(())
    }
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        for entry in Dir::read_from(dir).map_err(failed("list the sessions"))?.flatten() {
            let undo = entry.file_name().to_string_lossy();
            if let Some(name) = undo.strip_prefix(".undo-") {
                let _ = renameat(dir, &*undo, dir, name);
            }
        }
        Sound.write(dir, name, sealed)
    }
}
