//! What is left when a program is killed while it is held, many runs in a row, and what a step costs.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::conformance::{command, run};
use super::held::{Program, make_home};
use super::programs::Language;
use crate::access::tests::others::in_child;
use crate::driver::own_children;
use crate::stepper::{Hold, Release, reap, reap_threads};

/// How often a small program is run in a row; `INTERLOPER_REPEATS` says another number.
const REPEATS: usize = 200;
/// How many programs are killed in the middle of things.
const KILLS: u32 = 40;

/// A program with threads and a child is killed at a step, and everything of it is gone in no time.
fn leaves_nothing(hold: Hold) {
    let dir = tempfile::tempdir().unwrap();
    let Some(argv) = command(Language::C, dir.path(), "forever") else { return };
    for at in 1..=KILLS {
        let home = tempfile::tempdir().unwrap();
        let layout = make_home(home.path());
        let last = in_child(|| {
            // Orphans come here, as they come to the supervisor.
            nix::sys::prctl::set_child_subreaper(true).map_err(|errno| errno.to_string())?;
            let mut program = Program::start(hold, &layout, argv.clone(), Vec::new())?;
            let held = loop {
                let Some(step) = program.next()?.0 else { continue };
                if step.number > at * 3 && step.changes && step.result.is_none() {
                    break step;
                }
                program.stepper.release(&step, Release::Continue).map_err(|e| e.to_string())?;
            };
            let root = program.spawned.child.id() as i32;
            kill(Pid::from_raw(root), Signal::SIGKILL).map_err(|errno| errno.to_string())?;
            let orphans = |left: &[i32]| left.iter().copied().find(|pid| *pid != root);
            reap_threads(root);
            let status = program.spawned.child.wait().map_err(|error| error.to_string())?;
            if std::os::unix::process::ExitStatusExt::signal(&status) != Some(9) {
                return Err(format!("the program ended with {status}"));
            }
            // Going on with what was killed is no error.
            program.stepper.release(&held, Release::Continue).map_err(|e| e.to_string())?;
            while let Some(orphan) = orphans(&own_children()) {
                let _ = kill(Pid::from_raw(orphan), Signal::SIGKILL);
                reap(orphan);
            }
            match own_children().as_slice() {
                [] => Ok(held.paths.last().cloned()),
                left => Err(format!("{left:?} are left")),
            }
        });
        let made = last.unwrap_or_else(|why| panic!("killed at {at} by {hold:?}: {why}"));
        // A thread of the child's, which was not killed first, cannot have made the root's file.
        let held = made.expect("a step has a path");
        assert!(!held.exists() || held.components().any(|c| c.as_os_str() == "k"), "{held:?}");
    }
}

/// The same small program again and again, without a hang and without a call too few.
fn repeats(hold: Hold) {
    let dir = tempfile::tempdir().unwrap();
    let repeats = std::env::var("INTERLOPER_REPEATS").ok().and_then(|number| number.parse().ok());
    for name in ["threads", "children"] {
        let Some(argv) = command(Language::C, dir.path(), name) else { return };
        for n in 0..repeats.unwrap_or(REPEATS) / 2 {
            let ran = run(Language::C, hold, &argv, |_| Release::Continue)
                .unwrap_or_else(|why| panic!("{name} by {hold:?}, run {n}: {why}"));
            let count: usize = ran.calls.values().map(Vec::len).sum();
            assert_eq!((ran.status, count), (0, 181), "{name} by {hold:?}, run {n}: {}", ran.said);
        }
    }
}

#[test]
fn nothing_is_left_by_notification() {
    leaves_nothing(Hold::Notify);
}

#[test]
fn nothing_is_left_by_tracing() {
    leaves_nothing(Hold::Trace);
}

#[test]
fn repeats_by_notification() {
    repeats(Hold::Notify);
}

#[test]
fn repeats_by_tracing() {
    repeats(Hold::Trace);
}

/// Where the tracer steps a driver and another's call is held, neither takes the other's news.
#[test]
fn two_tracers_do_not_hear_each_others() {
    let dir = tempfile::tempdir().unwrap();
    let Some(argv) = command(Language::C, dir.path(), "children") else { return };
    let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let layouts = homes.each_ref().map(|home| make_home(home.path()));
    let counts: (usize, usize) = in_child(|| {
        let start = |n: usize| Program::start(Hold::Trace, &layouts[n], argv.clone(), Vec::new());
        let mut programs = [start(0)?, start(1)?];
        let mut counts = [0, 0];
        let mut going = [true, true];
        while going.contains(&true) {
            for n in [0, 1] {
                // One may come to something only when the other goes on.
                if going[n] {
                    let (step, goes_on) = programs[n].next()?;
                    going[n] = goes_on;
                    if let Some(step) = step {
                        counts[n] += usize::from(step.result.is_some());
                        programs[n]
                            .stepper
                            .release(&step, Release::Continue)
                            .map_err(|error| error.to_string())?;
                    }
                }
            }
        }
        Ok((counts[0], counts[1]))
    })
    .unwrap();
    assert_eq!(counts, (181, 181));
}

/// A filter above has a listener: notification is refused, and tracing is not.
#[test]
fn traces_where_another_listens() {
    let dir = tempfile::tempdir().unwrap();
    let home = tempfile::tempdir().unwrap();
    let Some(argv) = command(Language::C, dir.path(), "plain") else { return };
    let layout = make_home(home.path());
    let steps: usize = in_child(|| {
        let _listener = super::programs::listen_to_nothing()?;
        let start = |hold| Program::start(hold, &layout, argv.clone(), Vec::new());
        match start(Hold::Notify) {
            Err(why) if why.contains("seccomp_unotify") => {}
            Err(why) => return Err(format!("notification was refused otherwise: {why}")),
            Ok(_) => return Err("notification was not refused".into()),
        }
        let ran = start(Hold::Trace)?.go_through(|_| Release::Continue)?;
        Ok(ran.calls.values().map(Vec::len).sum())
    })
    .unwrap();
    assert_eq!(steps, 13);
}
