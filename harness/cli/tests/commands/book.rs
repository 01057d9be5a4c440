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
fn the_driver_that_the_readme_shows_keeps_the_protocol() {
    let kit = "harness/driver/python/interloper_driver.py";
    let command = format!("python3 {}", driver("README.md", "python", kit, "book-readme"));
    let done = interloper(&["check", "--driver", &command, "--profile", "protocol"]);
    assert_eq!(done.code, Some(0), "{done:?}");
}

/// Each kit's language, the language of its blocks of code, and the driver beside it.
const KITS: [(&str, &str, &str); 10] = [
    ("python", "python", "driver.py"),
    ("python", "python", "client.py"),
    ("php", "php", "client.php"),
    ("ruby", "ruby", "client.rb"),
    ("go", "go", "client.go"),
    ("node", "js", "driver.js"),
    ("php", "php", "driver.php"),
    ("ruby", "ruby", "driver.rb"),
    ("go", "go", "driver.go"),
    ("shell", "sh", "store.sh"),
];

#[test]
fn the_page_of_a_kit_shows_the_driver_that_init_writes() {
    for (language, block, file) in KITS {
        let page = format!("docs/src/kit-{language}.md");
        let text = fs::read_to_string(repository(&page)).unwrap();
        let template = format!("harness/driver/{language}/template/{file}");
        let template = fs::read_to_string(repository(&template)).unwrap();
        assert!(
            text.contains(&format!("```{block}\n{template}```")),
            "{page} shows another {file}"
        );
    }
}
