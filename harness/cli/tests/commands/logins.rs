//! Login commands with the faults that such commands are reported for, in six languages: `check -- CMD` says exactly that.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{USUAL, failing, set};
use crate::kit::dir;

/// A fault, and the scenarios that fail for it with medium severity or above, and with less.
type Fault = (&'static str, &'static [&'static str], &'static [&'static str]);

const FAULTS: [Fault; 8] = [
    ("none", &[], &[]),
    ("umask", &["exposure::no_window", "permissions::nobody_reaches"], &[]),
    ("chmod-after", &["exposure::no_window"], &[]),
    (
        "widens",
        &[
            "exposure::no_window",
            "permissions::nobody_reaches",
            "permissions::update_keeps_or_narrows",
        ],
        &[],
    ),
    ("parent", &["permissions::directories"], &[]),
    ("argument", &["exposure::arguments"], &[]),
    ("prints", &["exposure::output"], &[]),
    ("left-over", &[], &["deletion::overwritten", "deletion::residue"]),
];

const LANGUAGES: [&str; 6] = ["sh", "c", "py", "js", "rs", "go"];

/// Returns the command of a login program, built if it has to be.
fn login(language: &str, built: &Path) -> Vec<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/commands/logins");
    let text = |path: PathBuf| path.to_str().expect("paths here are text").to_owned();
    let source = text(here.join(format!("login.{language}")));
    let program = text(built.join(format!("login-{language}")));
    let build = |compiler: &str, words: &[&str]| {
        let mut command = Command::new(compiler);
        let done = command.args(words).args(["-o", &program, &source]).status();
        let done = done.unwrap_or_else(|error| panic!("{compiler}: {error}; ci/install has it"));
        assert!(done.success(), "{compiler} did not build {source}");
        vec![program.clone()]
    };
    match language {
        "sh" => vec!["sh".into(), source],
        "py" => vec!["python3".into(), source],
        "js" => vec!["node".into(), source],
        "c" => build("cc", &["-Wall", "-Werror"]),
        "rs" => build("rustc", &["--edition=2021"]),
        "go" => build("go", &["build"]),
        other => panic!("{other}: no such language"),
    }
}

/// Checks a login program with one fault.
fn says_exactly(language: &str, login: &[String], (fault, serious, slight): &Fault, more: &[&str]) {
    let mut words: Vec<&str> = login.iter().map(String::as_str).chain([*fault]).collect();
    let mut args = vec!["--scenario", USUAL];
    match *fault {
        "argument" => words.push("{secret}"),
        _ => args.extend(["--stdin", "{secret}"]),
    }
    // What a login leaves is seen where a logout was to remove it.
    if *fault == "left-over" {
        args.extend(["--delete", "rm -f token"]);
    }
    args.extend(more);
    assert_eq!(failing(&args, &words), (set(serious), set(slight)), "{language}: {fault}");
}

#[test]
fn a_login_command_fails_what_its_fault_is_about_and_nothing_else() {
    let built = dir("logins");
    // Each fault in one language, and the careful one in all of them that need no long build.
    let some = LANGUAGES.iter().filter(|language| **language != "go");
    for (n, language) in some.enumerate() {
        let login = login(language, &built);
        says_exactly(language, &login, &FAULTS[0], &["--umask", "0022"]);
        for fault in FAULTS[1..].iter().skip(n).step_by(LANGUAGES.len() - 1) {
            // A directory of mode 0755 has names that are no secret; one of mode 0775 lets the group replace the token.
            let umask = if fault.0 == "parent" { "0002" } else { "0022" };
            says_exactly(language, &login, fault, &["--umask", umask]);
        }
    }
}

#[test]
#[ignore = "ci/nightly runs it: each fault in each language under each umask"]
fn a_login_command_in_any_language_fails_what_its_fault_is_about() {
    let built = dir("logins-all");
    let mut seen = BTreeSet::new();
    for language in LANGUAGES {
        let login = login(language, &built);
        for fault in &FAULTS {
            says_exactly(language, &login, fault, &[]);
            seen.insert((language, fault.0));
        }
    }
    assert_eq!(seen.len(), LANGUAGES.len() * FAULTS.len());
}
