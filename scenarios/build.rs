//! Writes the list of `subjects`: every folder with a manifest, and the files of each; and the list of `places`. A new subject is a new folder,
//! a new place a line there, a new tool a file.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("subjects.rs"), subjects(&package.join("subjects"))?)?;
    fs::write(out.join("places.rs"), places(&package.join("places"))?)
}

/// Returns the list of the subjects. A folder that is a package ships its manifest itself: it is no part of this one.
fn subjects(subjects: &Path) -> io::Result<String> {
    println!("cargo:rerun-if-changed={}", subjects.display());
    let mut list = String::from("&[\n");
    let is_ours = |folder: &&PathBuf| {
        folder.join("subject.toml").is_file() && !folder.join("Cargo.toml").exists()
    };
    for folder in sorted(subjects)?.iter().filter(is_ours) {
        list += &format!("Folder {{ name: {:?}, files: &[\n", name(folder));
        for file in sorted(folder)?.iter().filter(|file| file.is_file() && is_used(&name(file))) {
            list += &format!("({:?}, include_str!({file:?})),\n", name(file));
        }
        list += "] },\n";
    }
    Ok(list + "]\n")
}

/// Returns the list of the tables of places.
fn places(places: &Path) -> io::Result<String> {
    println!("cargo:rerun-if-changed={}", places.display());
    let tables = sorted(places)?.into_iter().filter(|file| name(file).ends_with(".toml"));
    let lines = tables.map(|file| format!("({:?}, include_str!({file:?})),\n", name(&file)));
    Ok(format!("&[\n{}]\n", lines.collect::<String>()))
}

/// Notes and tests are for readers.
fn is_used(name: &str) -> bool {
    !name.ends_with(".md") && !name.starts_with("test_")
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
