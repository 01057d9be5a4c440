use std::collections::BTreeSet;

use nix::errno::Errno;

use super::super::table::known;
use super::super::{Class, Effect, class, errnos};

/// Calls that change something, and report no failure of it.
const SILENT: [&str; 2] = ["sync", "close_range"];

fn of(name: &str, flags: Option<i32>) -> Vec<Errno> {
    errnos(name, flags.map(|flags| flags as u64)).iter().map(|fault| fault.errno).collect()
}

#[test]
fn every_call_that_does_something_can_fail() {
    for name in known() {
        let Some(Class::Reaches(spec)) = class(name) else {
            assert!(errnos(name, None).is_empty(), "{name} is never held");
            continue;
        };
        if matches!(spec.effect, Effect::Execute | Effect::Map) || SILENT.contains(&name) {
            assert!(errnos(name, None).is_empty(), "{name}");
        } else {
            assert!(!errnos(name, None).is_empty(), "{name}");
        }
    }
}

#[test]
fn every_fault_is_there_once_with_its_page_and_its_words() {
    let lock_commands = [6, 7, 37, 38, 1024].map(Some);
    let opens = [
        Some(libc::O_PATH as u64),
        Some(libc::O_WRONLY as u64),
        Some((libc::O_WRONLY | libc::O_CREAT) as u64),
        Some((libc::O_RDWR | libc::O_TMPFILE) as u64),
    ];
    let locks = [libc::LOCK_EX, libc::LOCK_EX | libc::LOCK_NB, libc::LOCK_UN];
    for name in known() {
        let with: Vec<Option<u64>> = match name {
            "open" | "openat" | "openat2" => opens.to_vec(),
            "fcntl" => lock_commands.to_vec(),
            "flock" => locks.map(|operation| Some(operation as u64)).to_vec(),
            _ => vec![],
        };
        for flags in with.into_iter().chain([None]) {
            let faults = errnos(name, flags);
            let different: BTreeSet<i32> = faults.iter().map(|fault| fault.errno as i32).collect();
            assert_eq!(different.len(), faults.len(), "{name} {flags:?}: {faults:?}");
            for fault in faults {
                assert!(!fault.what.is_empty(), "{name}: {fault:?}");
                let page = fault.source.strip_suffix("(2)").unwrap();
                assert!(
                    !page.is_empty()
                        && page.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '2'),
                    "{name}: {fault:?}"
                );
            }
        }
    }
}

#[test]
fn an_open_has_no_room_only_for_what_it_makes() {
    let full = [Errno::ENOSPC, Errno::EDQUOT];
    let has = |flags: i32, errno: &Errno| of("openat", Some(flags)).contains(errno);
    for errno in &full {
        assert!(has(libc::O_WRONLY | libc::O_CREAT, errno));
        assert!(has(libc::O_RDWR | libc::O_TMPFILE, errno));
        assert!(!has(libc::O_WRONLY | libc::O_TRUNC, errno));
        // O_TMPFILE has the bit of O_DIRECTORY.
        assert!(!has(libc::O_RDONLY | libc::O_DIRECTORY, errno));
    }
    assert!(has(libc::O_WRONLY, &Errno::EROFS));
    assert!(has(libc::O_TRUNC, &Errno::EROFS));
    assert!(!has(libc::O_RDONLY, &Errno::EROFS));
    assert!(!has(libc::O_PATH, &Errno::EIO));
    assert_eq!(of("creat", None), of("open", Some(libc::O_CREAT)));
}

#[test]
fn a_lock_is_waited_for_or_not() {
    assert_eq!(of("flock", Some(libc::LOCK_EX)), [Errno::EINTR, Errno::ENOLCK]);
    assert_eq!(
        of("flock", Some(libc::LOCK_EX | libc::LOCK_NB)),
        [Errno::EWOULDBLOCK, Errno::ENOLCK]
    );
    assert!(of("fcntl", Some(libc::F_SETLK)).contains(&Errno::EAGAIN));
    assert!(!of("fcntl", Some(libc::F_SETLKW)).contains(&Errno::EAGAIN));
}

#[test]
fn writing_and_closing_fail_as_their_pages_say() {
    use Errno::{EDQUOT, EFBIG, EINTR, EIO, ENOSPC};
    assert_eq!(of("write", None), [ENOSPC, EDQUOT, EIO, EFBIG, EINTR]);
    assert_eq!(of("close", None), [EIO, ENOSPC, EDQUOT, EINTR]);
    assert!(errnos("close", None).iter().all(|fault| fault.what.ends_with("closed all the same")));
}
