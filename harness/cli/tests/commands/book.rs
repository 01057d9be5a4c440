//! The drivers that the book and the README show keep the protocol.

use std::fs;
use std::path::Path;

use crate::kit::{dir, interloper};

fn repository(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Writes the block of a page that is a whole driver in this language beside the kit, and returns the driver's path.
fn driver(page: &str, language: &str, kit: &str, name: &str) -> String {
    let text = fs::read_to_string(repository(page)).unwrap();
    let start = format!("```{language}\n");
    let mut blocks = text.split(&start).skip(1).filter_map(|rest| rest.split("```").next());
    let code = blocks.find(|block| block.contains("serve(")).unwrap();
    let dir = dir(name);
    let kit = repository(kit);
    fs::copy(&kit, dir.join(kit.file_name().unwrap())).unwrap();
    let path = dir.join(format!("driver.{}", kit.extension().unwrap().display()));
    fs::write(&path, code).unwrap();
    path.display().to_string()
}

#[test]
fn the_drivers_in_python_that_the_book_shows_keep_the_protocol() {
    for (n, page) in ["README.md", "docs/src/write-a-driver.md"].into_iter().enumerate() {
        let kit = "harness/driver/python/interloper_driver.py";
        let command = format!("python3 {}", driver(page, "python", kit, &format!("book-{n}")));
        let done = interloper(&["check", "--driver", &command, "--profile", "protocol"]);
        assert_eq!(done.code, Some(0), "{page}: {done:?}");
    }
}

#[test]
fn the_driver_in_node_that_the_book_shows_keeps_the_protocol() {
    if std::process::Command::new("node").arg("--version").output().is_err() {
        println!("this host has no node");
        return;
    }
    let kit = "harness/driver/node/interloper_driver.js";
    let driver = driver("docs/src/write-a-driver.md", "js", kit, "book-node");
    let command = format!("node {driver}");
    let done = interloper(&["check", "--driver", &command, "--profile", "protocol"]);
    assert_eq!(done.code, Some(0), "{done:?}");
}

/// Whether a runtime is on PATH; CI has every one.
fn has(runtime: &str) -> bool {
    let here = std::process::Command::new(runtime).arg("--version").output().is_ok();
    assert!(
        here || std::env::var_os("CI").is_none(),
        "{runtime} is not here: ci/install brings it"
    );
    if !here {
        eprintln!("left out: this host has no {runtime}");
    }
    here
}

#[test]
fn the_page_of_a_kit_shows_the_driver_beside_it_which_keeps_the_protocol() {
    for (language, extension) in [("php", "php"), ("ruby", "rb")] {
        let kit = format!("harness/driver/{language}/interloper_driver.{extension}");
        let page = format!("docs/src/kit-{language}.md");
        let shown = driver(&page, language, &kit, &format!("book-{language}"));
        let template = format!("harness/driver/{language}/template/driver.{extension}");
        let beside = fs::read_to_string(repository(&template)).unwrap();
        assert_eq!(fs::read_to_string(&shown).unwrap(), beside, "{page} and {template}");
        if has(language) {
            let command = format!("{language} {shown}");
            let done = interloper(&["check", "--driver", &command, "--profile", "protocol"]);
            assert_eq!(done.code, Some(0), "{page}: {done:?}");
        }
    }
}
