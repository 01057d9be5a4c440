//! Every seed and every regression, through the same oracles as in fuzzing, on stable and in seconds.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use interloper_oracles::{Input, TARGETS, target};

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The files of a folder, which need not be there.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn every_seed_satisfies_the_oracles() {
    for target in TARGETS {
        let seeds: Vec<_> =
            target.seeds.iter().flat_map(|name| files(&fuzz().join("seeds").join(name))).collect();
        assert!(!seeds.is_empty(), "{} has no seeds", target.name);
        for seed in seeds {
            let ran = target.run(Input::whole(&fs::read(&seed).unwrap()));
            ran.unwrap_or_else(|violation| panic!("{}: {violation}", seed.display()));
        }
    }
}

#[test]
fn every_regression_satisfies_the_oracles_and_is_explained() {
    for folder in files(&fuzz().join("regressions")) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let target = target(name).unwrap_or_else(|| panic!("there is no target {name}"));
        for file in files(&folder) {
            if file.extension().is_some_and(|extension| extension == "md") {
                assert!(file.with_extension("").exists(), "{} explains nothing", file.display());
                continue;
            }
            let page = file.with_extension("md");
            let text = fs::read_to_string(&page).unwrap_or_default();
            assert!(
                text.trim().len() > 40,
                "{} needs an explanation in {}",
                file.display(),
                page.display()
            );
            let ran = target.run(Input::whole(&fs::read(&file).unwrap()));
            ran.unwrap_or_else(|violation| panic!("{}: {violation}", file.display()));
        }
    }
}

#[test]
fn every_target_has_its_file_and_is_built() {
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for target in TARGETS {
        let path = fuzz().join("fuzz_targets").join(target.name).with_extension("rs");
        let made = format!("target!({});", target.name.to_uppercase());
        assert!(fs::read_to_string(path).unwrap().contains(&made), "{made}");
        assert!(manifest.contains(&format!("name = \"{}\"", target.name)), "{}", target.name);
    }
    assert_eq!(files(&fuzz().join("fuzz_targets")).len(), TARGETS.len());
}

/// The scripts begin with the same seeds as this test.
#[test]
fn the_scripts_know_the_seeds_of_every_target() {
    for target in TARGETS {
        let script = ". ./seeds.sh; seeds \"$1\"";
        let mut bash = Command::new("bash");
        let ran = bash.args(["-euc", script, "bash", target.name]).current_dir(fuzz()).output();
        let folders = String::from_utf8(ran.unwrap().stdout).unwrap();
        let folders: Vec<&str> = folders.lines().collect();
        let known: Vec<String> = target.seeds.iter().map(|name| format!("seeds/{name}")).collect();
        assert_eq!(folders, known, "{}", target.name);
    }
}
