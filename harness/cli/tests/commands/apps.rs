//! Web applications: the example of the book, and servers that do their worst.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::hostile::nothing_is_left;
use crate::kit::{dir, interloper, replays, usage, with};

/// Returns the example of the book.
fn example() -> String {
    format!("{}/../../docs/examples/notes/app.toml", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_example_of_the_book_fails_what_it_does_wrong_and_nothing_else() {
    let done = interloper(&["check", "--app", &example(), "--format", "json"]);
    let run: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"));
    let failing = [
        "cookies::http_only",
        "cookies::same_site",
        "lifecycle::logout",
        // A second login in a browser leaves the first session.
        "lifecycle::old_id_dead",
    ];
    assert_eq!(with(&run, "fail"), failing.map(str::to_owned).into(), "{}", done.err);
    let unsupported = [
        "cookies::secure",
        "lifecycle::change_password",
        "lifecycle::change_password_during_visit",
        // What ends nothing while nobody else is served is `lifecycle::logout`'s and `old_id_dead`'s.
        "lifecycle::login_during_visit",
        "lifecycle::logout_during_visit",
        "lifecycle::revoke_all",
        "lifecycle::revoke_all_during_visit",
    ];
    assert_eq!(with(&run, "unsupported"), unsupported.map(str::to_owned).into());
    assert_eq!(with(&run, "error").len() + with(&run, "skip").len(), 0, "{}", done.out);
    // No scenario about stores is run on it, and no credential is in the record.
    let scenarios = run["results"].as_array().unwrap().iter();
    let mut areas =
        scenarios.map(|one| one["scenario"].as_str().unwrap().split(':').next().unwrap());
    assert!(areas.all(|area| ["lifecycle", "cookies", "seizure", "parsers"].contains(&area)));
    assert!(done.out.contains("session=#1"), "{}", done.out);
}

#[test]
fn the_manifest_in_the_book_is_the_one_of_the_example() {
    let page = include_str!("../../../../docs/src/check-an-application.md");
    let manifest = fs::read_to_string(example()).unwrap();
    assert!(page.contains(&format!("```toml\n{manifest}```")), "{manifest}");
}

#[test]
fn a_finding_of_an_application_is_replayed_by_its_token_and_by_its_file() {
    assert!(replays("--app", &example(), "lifecycle::logout").unwrap().contains("POST /logout"));
}

#[test]
fn a_manifest_that_cannot_be_used_is_a_usage_error_with_the_way_out() {
    let dir = dir("app-usage");
    let file = dir.join("app.toml");
    let usage = |text: &str| usage("--app", &file, text);
    let text = fs::read_to_string(example()).unwrap();
    let said = usage(&text.replace("request = \"POST /login\"", "url = \"/login\""));
    assert!(said.contains("`url`") && said.contains("app.toml:8"), "{said}");
    let said = usage(&text.replace("python3", "no-such-program"));
    assert!(said.contains("no-such-program") && said.contains("PATH"), "{said}");
    let said = usage(&text.replace(", \"{socket}\"", ""));
    assert!(said.contains("{socket}") && said.contains("{port}"), "{said}");
    let none = dir.join("none.toml");
    let done = interloper(&["check", "--app", none.to_str().unwrap()]);
    assert!(done.code == Some(2) && done.err.contains("none.toml"), "{done:?}");
}

#[test]
fn an_application_in_which_nobody_is_logged_in_is_one_trouble_that_says_why() {
    let dir = dir("app-login");
    fs::copy(Path::new(&example()).with_file_name("app.py"), dir.join("app.py")).unwrap();
    let file = dir.join("app.toml");
    let text = fs::read_to_string(example()).unwrap();
    fs::write(&file, text.replace("POST /login", "POST /sign-in")).unwrap();
    let done = interloper(&["check", "--app", file.to_str().unwrap()]);
    assert_eq!(done.code, Some(2), "{done:?}");
    let out: Vec<&str> = done.out.split_whitespace().collect();
    let out = out.join(" ");
    assert!(out.contains("nobody can log in to it in setup default"), "{out}");
    assert!(out.contains("compare [login] and [whoami]") && !out.contains("driver"), "{out}");
    let said =
        "POST /sign-in was answered 403, and GET /whoami after it 200 without the user's name";
    assert!(out.contains(said), "{out}");
    assert_eq!(out.matches(said).count(), 1, "{out}");
}

/// Runs scenarios on the example with other ids; returns the causes of findings.
fn causes_with_ids(id: &str, scenarios: &[&str]) -> Vec<String> {
    let dir = dir("app-ids");
    let source = fs::read_to_string(Path::new(&example()).with_file_name("app.py")).unwrap();
    let import = "import hashlib, random, uuid\nfrom functools import cache\n\n@cache\ndef token(user):\n    return secrets.token_hex(16)\n\n\nSESSIONS";
    let source = source.replace("secrets.token_hex(16)", id).replacen("SESSIONS", import, 1);
    assert!(source.contains(id));
    fs::write(dir.join("app.py"), source).unwrap();
    fs::copy(example(), dir.join("app.toml")).unwrap();
    let manifest = dir.join("app.toml");
    let mut args = vec!["check", "--app", manifest.to_str().unwrap(), "--profile", "full"];
    args.extend(scenarios.iter().flat_map(|scenario| ["--scenario", scenario]));
    let done = interloper(&[&args[..], &["--format", "json"]].concat());
    let run: Value = serde_json::from_str(&done.out).unwrap_or_else(|_| panic!("{done:?}"));
    assert!(run["results"].as_array().unwrap().iter().all(|one| one["verdict"] != "error"));
    let results = run["results"].as_array().unwrap().iter();
    let findings = results.flat_map(|one| one["findings"].as_array().cloned().unwrap_or_default());
    findings.map(|finding| finding["cause"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn ids_that_come_again_hold_the_time_or_are_a_hash_of_the_name_are_found() {
    let unpredictable = ["lifecycle::unpredictable_id"];
    let few = "hashlib.md5(str(random.randint(0, 999)).encode()).hexdigest()";
    assert_eq!(causes_with_ids(few, &unpredictable), ["repeated"]);
    assert_eq!(causes_with_ids("str(uuid.uuid1())", &unpredictable), ["time-uuid"]);
    assert_eq!(causes_with_ids("uuid.uuid1().hex", &unpredictable), ["time-uuid"]);
    // 122 bits; ASVS 5.0 asks for 128.
    assert_eq!(causes_with_ids("str(uuid.uuid4())", &unpredictable), ["below-128-bits"]);
    assert_eq!(causes_with_ids("secrets.token_urlsafe(16)", &unpredictable), [""; 0]);
    // One for each user, which nobody else can make.
    assert_eq!(causes_with_ids("token(form['user'])", &unpredictable), [""; 0]);
    let scenarios = ["lifecycle::tampered", "lifecycle::unpredictable_id"];
    let name = "hashlib.sha1(form['user'].encode()).hexdigest()";
    assert_eq!(causes_with_ids(name, &scenarios), ["name-from-cookie", "predictable"]);
}

#[test]
fn what_a_manifest_documents_stays_in_the_report_and_does_not_fail() {
    let dir = dir("app-documented");
    fs::copy(Path::new(&example()).with_file_name("app.py"), dir.join("app.py")).unwrap();
    let file = dir.join("app.toml");
    let check = |announced: &str| {
        let text = fs::read_to_string(example()).unwrap();
        fs::write(&file, format!("{text}{announced}")).unwrap();
        let scenario = ["--scenario", "lifecycle::logout", "--details"];
        interloper(&[&["check", "--app", file.to_str().unwrap()], &scenario[..]].concat())
    };
    let announced = "[[documented]]\nscenario = \"lifecycle::logout\"\npage = \"https://x.test/logout\"\nsays = \"a logout ends no session\"\n";
    let done = check(announced);
    assert_eq!(done.code, Some(0), "{done:?}");
    for words in ["DOCUMENTED", "a logout ends no session (https://x.test/logout)", "1 documented"]
    {
        assert!(done.out.contains(words), "lacks {words}: {}", done.out);
    }
    // What no longer holds hides the next finding.
    let done = check(&format!("{announced}cause = \"other\"\n"));
    assert_eq!(done.code, Some(1), "{done:?}");
    assert!(done.out.contains("app.toml") && done.out.contains("alive-after-logout"), "{done:?}");
}

/// Checks an application whose server does this; the run must come to an end, with these words.
fn comes_to(what: &str, words: &[&str]) {
    let dir = dir(&format!("app-{what}"));
    let server = dir.join("hostile_app.py");
    fs::write(&server, include_str!("hostile_app.py")).unwrap();
    let file = dir.join("app.toml");
    let requests = "[login]\nrequest = \"POST /login\"\n[whoami]\nrequest = \"GET /whoami\"\n";
    let serve = format!(
        "[serve]\nrun = [\"python3\", \"{{app}}/hostile_app.py\", \"{{socket}}\", \"{what}\"]\n"
    );
    fs::write(&file, format!("name = \"hostile\"\nkind = \"application\"\n{serve}{requests}"))
        .unwrap();
    let done = interloper(&[
        "check",
        "--app",
        file.to_str().unwrap(),
        "--scenario",
        "lifecycle::identity",
    ]);
    assert_eq!(done.code, Some(2), "{done:?}");
    let out: Vec<&str> = done.out.split_whitespace().collect();
    let out = out.join(" ");
    for word in words {
        assert!(out.contains(word), "lacks {word:?}: {out}");
    }
    nothing_is_left(server.to_str().unwrap());
}

#[test]
fn a_server_that_exits() {
    comes_to(
        "exits",
        &[
            "the application cannot be tested: it does not start in setup default: nobody accepts connections",
            "hostile_app.py '{socket}' exits",
            "it printed: cannot find the database",
            "run the command by hand",
            "1 application cannot be tested",
        ],
    );
}

#[test]
fn a_server_that_listens_elsewhere() {
    comes_to("elsewhere", &["nobody accepts connections"]);
}

#[test]
fn a_server_whose_socket_is_a_link() {
    comes_to("link", &["it is no socket"]);
}

#[test]
fn a_server_that_never_answers() {
    comes_to("hangs", &["did not answer"]);
}

#[test]
fn a_server_that_closes_every_connection() {
    comes_to("resets", &["after 0 bytes of the answer"]);
}

#[test]
fn a_server_that_is_none_of_http() {
    comes_to("garbage", &["not HTTP/1"]);
}

#[test]
fn a_server_that_answers_a_gigabyte() {
    comes_to("gigabyte", &["more than 1048576 bytes"]);
}

#[test]
fn a_server_whose_parent_ends_is_asked_and_ended() {
    comes_to("forks", &["was answered 404", "nobody is logged in"]);
}
