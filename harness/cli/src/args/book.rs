//! The commands that the book and the README show are commands that this program takes.

use std::path::{Path, PathBuf};
use std::{fs, iter};

use clap::Parser;

use super::Cli;

/// Beginnings of lines of a shell or of a workflow that run the command.
const STARTS: [&str; 2] = ["interloper ", "cargo run --release -- "];

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let pages = fs::read_dir(root.join("docs/src")).unwrap().map(|entry| entry.unwrap().path());
    pages
        .chain(iter::once(root.join("README.md")))
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect()
}

/// Returns the lines of the blocks in shell and YAML that run the command, without what comes before its arguments.
fn commands(page: &str) -> Vec<&str> {
    let (mut is_shown, mut found) = (false, Vec::new());
    for line in page.lines().map(str::trim) {
        match line.strip_prefix("```") {
            Some(language) => is_shown = ["sh", "yaml"].contains(&language),
            None if is_shown => {
                let line = line.trim_start_matches("- ").trim_start_matches("run: ");
                found.extend(STARTS.iter().find_map(|start| line.strip_prefix(start)));
            }
            None => {}
        }
    }
    found
}

#[test]
fn every_command_that_the_book_shows_is_taken() {
    let mut count = 0;
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap();
        for line in commands(&page) {
            let words = shlex::split(line).unwrap();
            let words = iter::once("interloper").chain(words.iter().map(String::as_str));
            let taken = Cli::try_parse_from(words);
            assert!(taken.is_ok(), "{}: {line}\n{}", path.display(), taken.unwrap_err());
            count += 1;
        }
    }
    assert!(count > 40, "{count} commands were found");
}
