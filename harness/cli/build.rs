//! Writes the list of `scenarios/subjects`: every folder with a `subject.toml`, and the files of each. A new subject is a new folder.
//! Writes the list of `scenarios/places` too: a new place is a line there, a new tool a file.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let subjects = fs::canonicalize(package.join("../../scenarios/subjects"))?;
    println!("cargo:rerun-if-changed={}", subjects.display());
    let mut list = String::from("&[\n");
    for folder in sorted(&subjects)?.iter().filter(|folder| folder.join("subject.toml").is_file()) {
        list += &format!("Folder {{ name: {:?}, files: &[\n", name(folder));
        for file in sorted(folder)?.iter().filter(|file| file.is_file() && is_used(&name(file))) {
            list += &format!("({:?}, include_str!({file:?})),\n", name(file));
        }
        list += "] },\n";
    }
    list += "]\n";
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("subjects.rs"), list)?;
    fs::write(out.join("places.rs"), places(&package)?)
}

/// Returns the list of `scenarios/places`: every table, and what it says.
fn places(package: &Path) -> io::Result<String> {
    let places = fs::canonicalize(package.join("../../scenarios/places"))?;
    println!("cargo:rerun-if-changed={}", places.display());
    let tables = sorted(&places)?.into_iter().filter(|file| name(file).ends_with(".toml"));
    let lines = tables.map(|file| format!("({:?}, include_str!({file:?})),\n", name(&file)));
    Ok(format!("&[\n{}]\n", lines.collect::<String>()))
}

/// Notes and tests are for readers; the crate of the bundled stores is a dependency.
fn is_used(name: &str) -> bool {
    !name.ends_with(".md") && !name.starts_with("test_") && name != "Cargo.toml"
}

fn sorted(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths =
        fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
