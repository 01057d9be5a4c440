//! Reports are made from the record and nothing else.

use std::fs;
use std::path::{Path, PathBuf};

/// The crates that know how a run is made.
const FORBIDDEN: [&str; 3] = ["interloper_engine", "interloper_scenarios", "interloper::"];

/// Returns every source file below a directory.
fn sources(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).expect("the directory is in the repository");
    let paths = entries.map(|entry| entry.expect("it can be listed").path());
    paths.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// Returns the crates of `FORBIDDEN` that a source names.
fn forbidden(source: &str) -> Vec<&'static str> {
    FORBIDDEN.into_iter().filter(|name| source.contains(name)).collect()
}

#[test]
fn reports_import_the_record_and_neither_the_engine_nor_the_facade() {
    let files = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report"));
    assert!(files.len() > 10, "the reports have moved: {files:?}");
    for file in files {
        let source = fs::read_to_string(&file).expect("it can be read");
        assert_eq!(forbidden(&source), [""; 0], "{}", file.display());
    }
}

#[test]
fn the_search_for_forbidden_imports_finds_one() {
    assert_eq!(forbidden("use interloper_engine::Workload;"), ["interloper_engine"]);
    assert_eq!(forbidden("use interloper::CATALOGUE;"), ["interloper::"]);
    assert_eq!(forbidden("use interloper_record::Run;"), [""; 0]);
}
