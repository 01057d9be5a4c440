//! A store that reads the system's clock, which libfaketime moves.

use crate::kit::{Done, command, dir, python, run};

const SCENARIOS: &str = "deletion::expired_does_not_load,honesty::histories";

fn check(how: &str, faketime: Option<&str>) -> Done {
    let dir = dir(&format!("clock-{how}-{}", faketime.is_some()));
    let driver = format!("{} {how}", python(&dir, "clock.py"));
    let bind = dir.to_str().unwrap();
    let args = ["check", "--driver", &driver, "--bind", bind, "--scenario", SCENARIOS];
    let mut command = command(&args);
    command.envs(faketime.map(|value| ("INTERLOPER_FAKETIME", value)));
    run(command)
}

/// Whether libfaketime is here; where it has to be, that it is not is a failure.
fn is_moved(done: &Done) -> bool {
    let moved = done.out.contains("clock: faketime");
    assert!(moved || done.out.contains("clock: wall ("), "{done:?}");
    let must_be = std::env::var_os("CI").is_some() && done.out.contains("tier namespaces");
    assert!(moved || !must_be, "CI has no libfaketime: ci/install");
    moved
}

#[test]
fn a_store_that_compares_the_time_passes() {
    for how in ["keeps", "mtime"] {
        let done = check(how, None);
        assert_eq!(done.code, Some(0), "{done:?}");
        if is_moved(&done) {
            assert!(!done.out.contains("waited for in profile full"), "{done:?}");
        }
    }
}

#[test]
fn a_store_that_forgets_the_time_is_found_without_waiting_for_it() {
    let done = check("forgets", None);
    assert_eq!(done.code, Some(1), "{done:?}");
    if is_moved(&done) {
        let fact = "an hour and a second after it was saved for an hour, load(\"alpha\") by another \
                    process answered a session";
        let out = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(out.contains(fact), "{out}");
    }
}

#[test]
fn a_clock_that_nothing_moves_is_said() {
    let done = check("keeps", Some("/nowhere"));
    assert_eq!(done.code, Some(0), "{done:?}");
    let out = done.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let why = match out.contains("tier namespaces") {
        true => "clock: wall (INTERLOPER_FAKETIME names no file that the sandbox shows)",
        false => "clock: wall (libfaketime is for tier namespaces)",
    };
    for word in [why, "the end of a session is waited for in profile full"] {
        assert!(out.contains(word), "lacks {word:?}: {out}");
    }
}
