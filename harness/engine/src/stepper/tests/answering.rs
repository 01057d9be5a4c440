//! Answering in the kernel's place: a program says what it got.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::held::{Program, make_home};
use crate::access::tests::others::in_child;
use crate::stepper::{Answers, Ingredients, Release};

const USUAL: Ingredients = Ingredients {
    random: 1,
    kept: Vec::new(),
    time: 1_700_000_000,
    uptime: 10,
    process: 3_000_000,
};

/// Compiles the program; `None` where this host cannot, which must not pass unseen in CI.
fn compiled(dir: &Path, how: &[&str]) -> Option<String> {
    let (source, program) = (dir.join("asks.c"), dir.join("asks"));
    fs::write(&source, include_str!("programs/asks.c")).unwrap();
    let mut compiler = Command::new("cc");
    compiler.args(how).arg("-o").arg(&program).arg(&source);
    if compiler.output().is_ok_and(|output| output.status.success()) {
        return Some(program.display().to_string());
    }
    assert!(std::env::var_os("CI").is_none(), "cannot compile C {how:?}");
    eprintln!("not tested: C {how:?}");
    None
}

/// Runs it in a process of one thread, and gives what it said.
fn said(program: &str, ingredients: &Ingredients) -> Vec<String> {
    let home = tempfile::tempdir().unwrap();
    let layout = make_home(home.path());
    let ran = in_child(|| {
        let answers = Answers::default();
        answers.borrow_mut().choose(ingredients.clone());
        let argv = vec![program.to_owned()];
        Program::start_answered(&layout, argv, answers)?.go_through(|_| Release::Pass)
    });
    let ran = ran.unwrap();
    assert_eq!(ran.status, 0, "{}", ran.said);
    ran.said.lines().map(str::to_owned).collect()
}

fn gets_what_was_chosen(how: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let Some(program) = compiled(dir.path(), how) else { return };
    let usual = said(&program, &USUAL);
    assert_eq!(said(&program, &USUAL), usual, "the same each time");
    let [call, file, vector, rest @ ..] = &usual[..] else { panic!("{usual:?}") };
    assert_eq!(
        rest,
        [
            "time 1700000000.823456789 1700000000.823456 1700000000",
            "waited up to 11",
            "process 3000000 3000000",
            "signals 2",
            "child above of 3000000",
        ]
    );
    let other = said(&program, &Ingredients { random: 2, ..USUAL });
    assert!(other[0] != *call && other[1] != *file && other[2] != *vector, "{other:?}");
    assert_eq!(other[3..], *rest);
    let elsewhere = Ingredients { time: 1_800_000_000, process: 3_000_007, ..USUAL };
    let elsewhere = said(&program, &elsewhere);
    assert_eq!(elsewhere[..3], usual[..3]);
    assert!(elsewhere[3].starts_with("time 1800000000.") && elsewhere[5].ends_with(" 3000007"));
}

#[test]
fn a_program_gets_the_bytes_the_time_and_the_number_that_were_chosen() {
    gets_what_was_chosen(&["-O1"]);
}

#[test]
fn a_program_without_a_dynamic_linker_gets_them_too() {
    gets_what_was_chosen(&["-O1", "-static"]);
}
