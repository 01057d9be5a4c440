//! Drivers in trouble: none is a finding about something else, and what is a finding does not hang on the clock.

use crate::kit::{Done, dir, interloper, python};

/// Checks the sound store whose driver makes this trouble, in these scenarios and with what options follow them.
fn check(trouble: &str, scenarios: &[&str]) -> Done {
    let driver = python(&dir(&format!("troubled-{trouble}")), "troubled.py");
    let driver = format!("{driver} {trouble}");
    let options = scenarios.iter().position(|word| word.starts_with("--"));
    let (scenarios, options) = scenarios.split_at(options.unwrap_or(scenarios.len()));
    let scenarios = scenarios.join(",");
    interloper(&[&["check", "--driver", &driver, "--scenario", &scenarios], options].concat())
}

/// The report on one line: what is long is folded.
fn words(done: &Done) -> String {
    done.out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_process_that_cannot_fork_passes_what_one_that_can_passes() {
    let areas = ["permissions::side_files", "exposure::no_window", "faults::errors"];
    let (once, forks) = (check("once", &areas), check("none", &areas));
    assert_eq!((once.code, forks.code), (Some(0), Some(0)), "{once:?}\n{forks:?}");
    let passed = |done: &Done| {
        let text = words(done);
        text.split("verdicts ")
            .nth(1)
            .and_then(|rest| rest.split(" host ").next().map(str::to_owned))
    };
    assert_eq!(passed(&once), passed(&forks));
}

#[test]
fn a_fork_that_is_answered_late_is_waited_for() {
    let done = check("late-fork", &["permissions::nobody_reaches", "exposure::no_window"]);
    assert_eq!(done.code, Some(0), "{done:?}");
}

#[test]
fn a_driver_that_says_hello_late_where_it_is_held_is_an_error() {
    let done = check("late-hello", &["exposure::no_window"]);
    assert_eq!(done.code, Some(2), "{done:?}");
    assert!(words(&done).contains("no answer to hello: it slept for more than 15 s"), "{done:?}");
}

#[test]
fn a_store_that_waits_at_its_own_fifo_is_told_by_the_call_it_sleeps_in() {
    let done = check("fifo", &["permissions::nobody_reaches"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(words(&done).contains("it sleeps in openat(2), which nobody ends"), "{done:?}");
}

#[test]
fn a_store_that_makes_calls_for_ever_while_it_is_held_is_told_by_its_processor_time() {
    // Each case costs the whole budget, and the one with a driver that is not held is among the sixty.
    let done = check("steps", &["exposure::no_window", "--umask", "0022", "--setup", "file"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    let said = words(&done);
    assert!(said.contains("no answer to save: it used more than"), "{said}");
}

#[test]
fn a_store_that_stops_its_driver_is_ended_all_the_same() {
    let done = check("stops", &["permissions::nobody_reaches"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(words(&done).contains("its process was stopped by a signal"), "{done:?}");
}

#[test]
fn a_store_that_kills_everything_it_may_does_not_reach_the_probers() {
    let done = check("kills", &["permissions::nobody_reaches"]);
    assert!(matches!(done.code, Some(1 | 3)), "{done:?}");
    let said = words(&done);
    assert!(said.contains("killed by SIGKILL") && !said.contains("prober"), "{said}");
}

#[test]
fn a_driver_that_closes_its_requests_and_lives_on_is_ended() {
    let done = check("once-closes", &["honesty::saved_loads"]);
    assert!(matches!(done.code, Some(1 | 3)), "{done:?}");
    assert!(words(&done).contains("closed its requests"), "{done:?}");
}

#[test]
fn calls_that_pass_are_no_wait_in_the_one_that_was_held() {
    let driver = python(&dir("stats"), "stats.py");
    let scenarios = "concurrency::deadlock,concurrency::save_save,concurrency::read_write";
    let args = ["check", "--driver", &driver, "--scenario", scenarios, "--allow", "skip,predicted"];
    let done = interloper(&args);
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(!done.out.contains("wrong-alone"), "{}", done.out);
}
