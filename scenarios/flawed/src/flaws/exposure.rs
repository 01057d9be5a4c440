//! What others get while an operation is under way.

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::process::Command;

use interloper_driver::{Failure, Session};
use rustix::fs::{AtFlags, Mode, OFlags, chmodat, fchmod, fsync, openat};

use super::{FlawEntry, WRITES_IN_PLACE};
use crate::hardened::{Key, Level, Modes, Seal, Sound, Steps, failed, replace};

/// The flaws of this area.
pub(super) const ENTRIES: &[FlawEntry] = &[
    FlawEntry::new(
        "chmod-after-write",
        "makes the file with what the umask leaves of 0666, and narrows it when the session is \
         in it",
        &ChmodAfterWrite,
    )
    .cwe(&["CWE-276", "CWE-362"])
    .like(&["CVE-2021-24031", "CVE-2021-24032"])
    .caught_by(&["exposure::no_window"])
    .may_fail(WRITES_IN_PLACE),
    FlawEntry::new(
        "wide-temp",
        "makes the temporary file with mode 0644, and narrows it when it has its name",
        &WideTemp,
    )
    .cwe(&["CWE-377"])
    .caught_by(&["exposure::no_window"])
    .may_fail(&["exposure::*", "permissions::*", "concurrency::*"]),
    FlawEntry::new(
        "checks-after-write",
        "makes the file with what the umask leaves of 0666, writes the session, and takes it back \
         with an error where others can read it",
        &ChecksAfterWrite,
    )
    .cwe(&["CWE-276", "CWE-367"])
    .caught_by(&["exposure::no_window"])
    .refuses(),
    FlawEntry::new(
        "secret-in-arguments",
        "hands the session to another program as an argument",
        &SecretInArguments,
    )
    .cwe(&["CWE-214"])
    .caught_by(&["exposure::arguments"]),
    FlawEntry::new("prints-session", "prints the session it saves", &PrintsSession)
        .cwe(&["CWE-532"])
        .caught_by(&["exposure::output"]),
    FlawEntry::new("prints-ids", "prints each id that it gives", &PrintsIds)
        .cwe(&["CWE-532"])
        .caught_by(&["exposure::ids"]),
    FlawEntry::new(
        "names-ids-in-errors",
        "calls a session's file what the session's id is, and says in errors which file it was",
        &NamesIdsInErrors,
    )
    .cwe(&["CWE-209", "CWE-532"])
    .caught_by(&["exposure::ids"])
    .may_fail(&["permissions::*"]),
    FlawEntry::new(
        "secret-in-title",
        "names its process after the session that it saves",
        &SecretInTitle,
    )
    .cwe(&["CWE-214"])
    .caught_by(&["exposure::arguments"]),
    FlawEntry::new(
        "copy-in-tmp",
        "keeps a copy in the directory for temporary files while it saves",
        &CopyInTmp,
    )
    .cwe(&["CWE-377", "CWE-379"])
    .caught_by(&["exposure::elsewhere"])
    .may_fail(&["exposure::no_window", "faults::*", "planting::*"]),
];

struct ChmodAfterWrite;
impl Steps for ChmodAfterWrite {
    fn dir_modes(&self, _: Level, _: BorrowedFd<'_>) -> Modes {
        Modes::exactly(0o755)
    }
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
        let file = openat(dir, name, flags, Mode::from_raw_mode(0o666));
        let mut file = File::from(file.map_err(failed("make a file"))?);
        file.write_all(sealed)?;
        fchmod(&file, Mode::from_raw_mode(0o600)).map_err(failed("narrow a file"))?;
        fsync(&file).and_then(|()| fsync(dir)).map_err(failed("sync a file"))
    }
}

struct WideTemp;
impl Steps for WideTemp {
    fn dir_modes(&self, _: Level, _: BorrowedFd<'_>) -> Modes {
        Modes::exactly(0o755)
    }
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        replace(dir, name, sealed, Modes::exactly(0o644))?;
        chmodat(dir, name, Mode::from_raw_mode(0o600), AtFlags::empty())
            .map_err(failed("narrow a file"))
    }
}

struct ChecksAfterWrite;
impl Steps for ChecksAfterWrite {
    fn dir_modes(&self, _: Level, _: BorrowedFd<'_>) -> Modes {
        Modes::exactly(0o755)
    }
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::CLOEXEC;
        let file = openat(dir, name, flags, Mode::from_raw_mode(0o666));
        let mut file = File::from(file.map_err(failed("make a file"))?);
        file.write_all(sealed)?;
        if file.metadata()?.mode() & 0o077 == 0 {
            return Ok(());
        }
        Sound.remove(dir, name)?;
        Err(Failure::invalid("others can read the session file"))
    }
}

struct SecretInArguments;
impl Steps for SecretInArguments {
    fn kept(&self, session: &Session) -> Session {
        // As one hands a token to a helper that keeps it in the system's keyring.
        let _ = Command::new("/bin/true").arg(format!("{session:?}")).status();
        session.clone()
    }
}

struct PrintsSession;
impl Steps for PrintsSession {
    fn kept(&self, session: &Session) -> Session {
        eprintln!("debug: saving {session:?}");
        session.clone()
    }
}

struct CopyInTmp;
impl Steps for CopyInTmp {
    fn write(&self, dir: BorrowedFd<'_>, name: &str, sealed: &[u8]) -> Result<(), Failure> {
        let tmp = std::env::temp_dir().join(format!("{name}-{}", dir.as_raw_fd()));
        let _ = std::fs::write(&tmp, sealed).and_then(|()| std::fs::remove_file(&tmp));
        Sound.write(dir, name, sealed)
    }
}

struct PrintsIds;
impl Steps for PrintsIds {
    fn new_id(&self, requested: Option<&str>, session: &Session) -> Result<String, Failure> {
        let id = Sound.new_id(requested, session)?;
        eprintln!("new session {id}");
        Ok(id)
    }
}

struct NamesIdsInErrors;
impl Steps for NamesIdsInErrors {
    fn file_name(&self, id: &str) -> String {
        match id.bytes().all(|byte| byte.is_ascii_alphanumeric()) && id.len() < 64 {
            true => id.to_owned(),
            false => Sound.file_name(id),
        }
    }
    fn unseal(&self, seal: Seal, key: &Key, name: &str, file: &[u8]) -> Result<Session, Failure> {
        let told = |failure: Failure| Failure::corrupt(format!("{name}: {}", failure.message));
        Sound.unseal(seal, key, name, file).map_err(told)
    }
}

struct SecretInTitle;
impl Steps for SecretInTitle {
    fn kept(&self, session: &Session) -> Session {
        // proc_pid_stat(5): arg_start and env_end. What stands between them is the title, proc_pid_cmdline(5).
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split(' ').collect();
        let address = |n: usize| fields.get(n - 2).and_then(|field| field.parse().ok());
        let mut title = format!("saving {session:?}").into_bytes();
        if let (Some(start), Some(end)) = (address(48), address(51)) {
            title.truncate(u64::saturating_sub(end, start) as usize);
            let memory = File::options().write(true).open("/proc/self/mem");
            let _ = memory.and_then(|memory| memory.write_all_at(&title, start));
        }
        session.clone()
    }
}
