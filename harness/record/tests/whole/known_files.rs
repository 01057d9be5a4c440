//! Known-failure files: what they may say, what they mark, and when an entry has to go.

use std::fs;
use std::path::PathBuf;

use interloper_driver::Umask;
use interloper_record::known::{KnownFailures, write_known};
use interloper_record::{Exit, Policy, Run, ScenarioResult, Severity, StoreInfo, Verdict};

use crate::fixture::{because, empty, finding, result, rich, store, these, with};

const CATALOGUE: [&str; 4] =
    ["exposure::no_window", "permissions::mode", "permissions::reach", "deletion::gone"];

fn file(name: &str, text: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).expect("the target directory can be written");
    path
}

/// The message of a reader's error, without the directory.
fn error(name: &str, text: &str) -> String {
    let path = file(name, text);
    let message = KnownFailures::read(&path).expect_err("something is wrong").to_string();
    message.replace(&path.display().to_string(), name)
}

#[test]
fn an_error_names_the_file_the_line_and_the_way_out() {
    let head = "# a comment\n\n[[known]]\nstore = \"httpie\"\n";
    let messages = [
        error("key.toml", &format!("{head}scenario = \"*\"\nwhy = \"x\"\n")),
        error("table.toml", "[[knwon]]\nstore = \"httpie\"\n"),
        error("type.toml", &format!("{head}scenario = 7\n")),
        error("toml.toml", &format!("{head}scenario = permissions::*\n")),
        error("reason.toml", &format!("{head}scenario = \"*\"\n")),
        error("no-reason.toml", &format!("{head}scenario = \"*\"\nreason = \"  \"\n")),
        error("lines.toml", &format!("{head}scenario = \"*\"\nreason = \"a\\nb\"\n")),
        error("pattern.toml", &format!("{head}scenario = \"\"\nreason = \"x\"\n")),
        error("cause.toml", &format!("{head}scenario = \"*\"\ncause = \"\"\nreason = \"x\"\n")),
        error("scenario.toml", &format!("{head}reason = \"x\"\n")),
        error("store.toml", "\n\n[[known]]\nscenario = \"*\"\nreason = \"x\"\n"),
    ];
    insta::assert_snapshot!(messages.join("\n\n"));
    let absent = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("no-such-list.toml");
    let message = KnownFailures::read(&absent).unwrap_err().to_string();
    assert!(message.contains("no-such-list.toml: cannot read the known-failure file: "));
    assert!(message.ends_with("`--write-known FILE` writes one"), "{message}");
}

fn fail(store: &str, setup: &str, scenario: &str, cause: &str) -> ScenarioResult {
    let result = result(store, setup, scenario, Verdict::Fail);
    with(result, vec![finding(cause, Severity::High)])
}

fn pass(store: &str, setup: &str, scenario: &str) -> ScenarioResult {
    result(store, setup, scenario, Verdict::Pass)
}

/// Applies one entry, given as its keys, to a run of these results.
fn apply(name: &str, entry: &str, results: Vec<ScenarioResult>) -> Run {
    let mut run = Run { results, ..empty() };
    apply_to(&mut run, name, entry);
    run
}

fn apply_to(run: &mut Run, name: &str, entry: &str) {
    let text = format!("[[known]]\n{}\nreason = \"because\"\n", entry.replace("; ", "\n"));
    KnownFailures::read(&file(name, &text))
        .expect("the entry is well formed")
        .apply(run, &CATALOGUE);
}

fn marked(run: &Run) -> Vec<&str> {
    let known = |result: &&ScenarioResult| result.findings.iter().any(|f| f.known.is_some());
    run.results.iter().filter(known).map(|result| result.setup.as_str()).collect()
}

#[test]
fn an_entry_marks_what_it_names_and_nothing_else() {
    let results = || {
        vec![
            fail("httpie", "default", "permissions::reach", "read-secret"),
            fail("httpie", "file", "permissions::reach", "read-secret"),
            fail("other", "dir", "permissions::reach", "read-secret"),
        ]
    };
    let table: [(&str, &[&str]); 7] = [
        (r#"store = "httpie"; scenario = "permissions::reach""#, &["default", "file"]),
        (r#"store = "httpie"; scenario = "permissions::*""#, &["default", "file"]),
        (r#"store = "httpie"; setup = "file"; scenario = "*""#, &["file"]),
        (r#"store = "other"; scenario = "*""#, &["dir"]),
        (r#"store = "httpie"; scenario = "*"; cause = "read-*""#, &["default", "file"]),
        (r#"store = "httpie"; scenario = "*"; cause = "write-*""#, &[]),
        (r#"store = "http*"; scenario = "*""#, &[]),
    ];
    for (entry, expected) in table {
        let run = apply("marks.toml", entry, results());
        assert_eq!(marked(&run), expected, "{entry}");
    }
}

#[test]
fn an_entry_is_stale_only_on_evidence() {
    let entry = r#"store = "a"; scenario = "permissions::reach""#;
    let everywhere = r#"store = "a"; scenario = "permissions::*""#;
    let at_dir = r#"store = "a"; setup = "dir"; scenario = "permissions::reach""#;
    let caused = r#"store = "a"; scenario = "permissions::reach"; cause = "read""#;
    let nowhere = r#"store = "b"; scenario = "permisions::*""#;
    let reach = "permissions::reach";
    let other = |verdict| because(result("a", "file", reach, verdict), "a reason");
    let predicted = ScenarioResult { predicted: true, ..pass("a", "file", reach) };
    let mode = || pass("a", "file", "permissions::mode");
    let table: Vec<(&str, &str, Vec<ScenarioResult>, bool)> = vec![
        ("it holds", entry, vec![fail("a", "file", reach, "read")], false),
        ("it passed", entry, vec![pass("a", "file", reach)], true),
        (
            "it holds at one place",
            entry,
            vec![fail("a", "file", reach, "x"), pass("a", "dir", reach)],
            false,
        ),
        ("it fails for another cause", caused, vec![fail("a", "file", reach, "write")], true),
        ("its store was not run", entry, vec![pass("hardened", "file", reach)], false),
        ("its scenario was not run", entry, vec![mode()], false),
        ("nothing was run", entry, vec![], false),
        ("half of its pattern was run", everywhere, vec![mode()], false),
        ("all of its pattern passed", everywhere, vec![mode(), pass("a", "file", reach)], true),
        ("its place was not tested", at_dir, vec![pass("a", "file", reach)], true),
        ("neither setup nor scenario was run", at_dir, vec![mode()], false),
        ("it was skipped", entry, vec![other(Verdict::Skip)], false),
        ("the harness broke", entry, vec![other(Verdict::Error)], false),
        (
            "one place was skipped",
            entry,
            vec![pass("a", "dir", reach), other(Verdict::Skip)],
            false,
        ),
        ("it is unsupported", entry, vec![other(Verdict::Unsupported)], false),
        (
            "it passed where supported",
            entry,
            vec![pass("a", "dir", reach), other(Verdict::Unsupported)],
            true,
        ),
        ("it was only predicted to pass", entry, vec![predicted], false),
        ("no scenario is called so", nowhere, vec![pass("a", "file", reach)], true),
        ("no scenario is called so, on an empty run", nowhere, vec![], true),
    ];
    let mut whys = Vec::new();
    for (n, (name, entry, results, expected)) in table.into_iter().enumerate() {
        let run = apply(&format!("stale-{n}.toml"), entry, results);
        assert_eq!(!run.stale.is_empty(), expected, "{name}: {:?}", run.stale);
        assert!(run.stale.iter().all(|stale| stale.file.ends_with(&format!("stale-{n}.toml:1"))));
        whys.extend(run.stale.into_iter().map(|stale| format!("{}: {}", stale.pattern, stale.why)));
    }
    insta::assert_snapshot!(whys.join("\n"));
}

#[test]
fn fewer_umasks_than_usual_prove_nothing() {
    let entry = r#"store = "a"; scenario = "permissions::reach""#;
    let table = [
        (these([]), 1),
        (these([0, 0o022]), 0),
        (these([0o077]), 0),
        (Umask::COMMON.to_vec(), 1),
        (Umask::all().collect(), 1),
    ];
    for (umasks, stale) in table {
        let mut run = Run { results: vec![pass("a", "file", "permissions::reach")], ..empty() };
        run.asked.umasks = umasks;
        apply_to(&mut run, "umasks.toml", entry);
        assert_eq!(run.stale.len(), stale);
    }
}

#[test]
fn setups_that_were_left_out_may_have_what_an_entry_lists() {
    let everywhere = r#"store = "a"; scenario = "permissions::reach""#;
    let at_dir = r#"store = "a"; setup = "dir"; scenario = "permissions::reach""#;
    let at_file = r#"store = "a"; setup = "file"; scenario = "permissions::reach""#;
    for (entry, untested, stale) in [
        (everywhere, vec!["dir".to_owned()], 0),
        (everywhere, vec![], 1),
        (at_dir, vec!["dir".to_owned()], 0),
        (at_dir, vec![], 1),
        (at_file, vec!["dir".to_owned()], 1),
    ] {
        let mut run = Run { results: vec![pass("a", "file", "permissions::reach")], ..empty() };
        run.stores = vec![StoreInfo { untested, ..store("a", "1", &["file"]) }];
        apply_to(&mut run, "setups.toml", entry);
        assert_eq!(run.stale.len(), stale, "{entry}: {:?}", run.stale);
    }
}

#[test]
fn a_name_that_nobody_has_is_an_error_with_file_and_line() {
    let entry = |store: &str, scenario: &str| {
        format!("[[known]]\nstore = \"{store}\"\nscenario = \"{scenario}\"\nreason = \"x\"\n")
    };
    let checked = |text: &str| {
        let known = KnownFailures::parse("k.toml".as_ref(), text).unwrap();
        known.check_names(|name| name == "a", &CATALOGUE).map_err(|error| error.to_string())
    };
    let first = entry("a", "permissions::*");
    assert_eq!(checked(&first), Ok(()));
    let said = checked(&format!("{first}\n{}", entry("aa", "*"))).unwrap_err();
    assert!(said.starts_with("k.toml:6: there is no store \"aa\"; "), "{said}");
    let said = checked(&format!("{first}\n{}", entry("a", "permision::*"))).unwrap_err();
    assert!(said.starts_with("k.toml:6: no scenario has a name like \"permision::*\"; "), "{said}");
}

#[test]
fn the_first_file_that_lists_a_finding_gives_the_reason() {
    let mut run = Run { results: vec![fail("a", "file", "permissions::reach", "x")], ..empty() };
    for reason in ["first", "second"] {
        let text =
            format!("[[known]]\nstore = \"a\"\nscenario = \"*::reach\"\nreason = \"{reason}\"\n");
        KnownFailures::read(&file(&format!("{reason}.toml"), &text))
            .unwrap()
            .apply(&mut run, &CATALOGUE);
    }
    assert_eq!(run.results[0].findings[0].known.as_deref(), Some("first"));
    assert!(run.stale.is_empty(), "both matched");
}

#[test]
fn a_written_list_is_stable_and_excuses_what_it_was_made_from() {
    let mut run = rich();
    run.stale.clear();
    let scenario = "permissions::nobody_reaches";
    // The same cause at both setups is one entry; odd characters do not become wildcards.
    let more = finding("read-secret", Severity::High);
    let mut more = with(result("httpie", "file", scenario, Verdict::Fail), vec![more]);
    more.findings[0].sentence = run.results[1].findings[0].sentence.clone();
    more.findings.push(finding(r#"odd*"cause"?"#, Severity::Low));
    run.results.push(more);
    run.results.retain(|result| matches!(result.verdict, Verdict::Pass | Verdict::Fail));
    run.results.retain(|result| !result.predicted);
    let text = write_known(&run);
    insta::assert_snapshot!(text);

    let catalogue: Vec<String> = run.scenarios.iter().map(|s| s.id.clone()).collect();
    KnownFailures::read(&file("written.toml", &text)).unwrap().apply(&mut run, &catalogue);
    assert_eq!(run.stale, []);
    let strict = Policy { fail_on: Severity::Low, ..Policy::default() };
    let outcome = strict.judge(&run);
    assert_eq!(outcome.exit, Exit::Clean, "{}", outcome.words());
    run.results.reverse();
    assert_eq!(write_known(&run).lines().count(), text.lines().count());
}

#[test]
fn a_list_of_nothing_is_a_list() {
    let path = file("nothing.toml", &write_known(&empty()));
    let mut run = empty();
    KnownFailures::read(&path).unwrap().apply(&mut run, &CATALOGUE);
    assert_eq!(run, empty());
}
