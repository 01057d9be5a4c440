//! `interloper doctor`: what this host can do, and what would let it do more.

use std::fs;
use std::path::Path;

use interloper_engine::{Host, Tier, Worker};
use interloper_record::Exit;

use super::text::{GREEN, RED, YELLOW, clean, hanging, heading, paint};
use crate::failure::Failure;
use crate::output;
use crate::run::touchstone;
use crate::subjects::runtime::python;
use crate::subjects::{self, Cache, SubjectError, free_space};

/// The tiers, the best first, and what each gives.
const TIERS: [(Tier, &str); 3] = [
    (
        Tier::Namespaces,
        "every sandbox is a user namespace: other users are real, and a store may run as root",
    ),
    (Tier::Uids, "other users are real, without namespaces: stores run as root are skipped"),
    (Tier::Predicted, "one uid: what others could do is computed from modes, and results say so"),
];

/// Settings that protect shared directories, and what a planted file or link can do where they are off.
const PROTECTED: [(&str, &str); 4] = [
    ("fs.protected_symlinks", "links that others planted in sticky directories are followed"),
    ("fs.protected_hardlinks", "anybody may link to files that are not theirs"),
    (
        "fs.protected_fifos",
        "FIFOs that others planted in sticky directories are opened for writing",
    ),
    (
        "fs.protected_regular",
        "files that others planted in sticky directories are opened for writing",
    ),
];

/// The column in which explanations begin.
const COLUMN: usize = 26;

/// Says what this host can do. Exit code 0 where tier `namespaces` works, 4 where only a lesser one does.
pub(crate) fn doctor() -> Result<Exit, Failure> {
    let host = Host::read();
    let width = output::width();
    let mut text = heading("tiers, each really tried");
    let mut best = None;
    for (tier, gives) in TIERS {
        let (word, style, says) = match Worker::start_in(&touchstone(), tier) {
            Ok(_) if best.is_none() => {
                best = Some(tier);
                ("used", GREEN, gives.to_owned())
            }
            Ok(_) => ("works", GREEN, gives.to_owned()),
            Err(error) => ("refused", YELLOW, clean(&error.to_string())),
        };
        let head = format!("  {:14}{word}", tier.as_str());
        let styled = format!("  {:14}{}", tier.as_str(), paint(style, word));
        text += &hanging(&styled, head.len(), COLUMN, &says, width);
    }

    text += &format!("\n{}", heading("this host"));
    // What stands in the way of the best tier does not where that tier works.
    let works = best == Some(Tier::Namespaces);
    for note in host.notes().iter().filter(|note| note.good || !works) {
        let style = if note.good { GREEN } else { YELLOW };
        let mark = if note.good { "ok  " } else { "look" };
        let head = format!("  {mark}  {}", note.what);
        let styled = format!("  {}  {}", paint(style, mark), note.what);
        text += &hanging(&styled, head.len(), COLUMN, &clean(&note.says), width);
    }

    text += &format!("\n{}", heading("protection of shared directories"));
    for (name, off) in PROTECTED {
        let said = match host.settings.get(name).map(String::as_str) {
            Some("0") => format!("0 (off): {off}, and findings about that are of this host, too"),
            Some(value) => format!("{value} (on)"),
            None => "not there: this kernel does not say".to_owned(),
        };
        text += &line(name, &said, width);
    }

    text += &format!("\n{}", heading("stores that read the system's clock"));
    text += &match interloper_engine::faketime() {
        Ok(path) => line("libfaketime", &path.display().to_string(), width),
        Err(why) => {
            let way = "the end of their sessions is waited for, in profile full; Debian: apt-get install libfaketime";
            line("libfaketime", &format!("{}: {way}", paint(YELLOW, why)), width)
        }
    };

    text += &format!("\n{}", heading("stores in other languages"));
    text += &python_there(width);
    text += &others(width)?;
    text += &cache(width);
    output::print(&text)?;
    Ok(match best {
        Some(Tier::Namespaces) => Exit::Clean,
        Some(_) => Exit::Untested,
        None => Exit::Broken,
    })
}

fn line(name: &str, said: &str, width: usize) -> String {
    let head = format!("  {name}");
    hanging(&head, head.len(), COLUMN, said, width)
}

fn python_there(width: usize) -> String {
    let python = match python::find(None) {
        Ok(python) => python,
        Err(error) => return line("python3", &paint(YELLOW, &clean(&error.to_string())), width),
    };
    let said = format!("{} {}", python.version_text(), python.executable.display());
    let mut text = line("python3", &said, width);
    text += &match python.missing() {
        None => line("venv", "there", width),
        Some(error) => line("venv", &paint(YELLOW, &clean(&error.to_string())), width),
    };
    text
}

/// The subjects whose runtime is another than Python.
fn others(width: usize) -> Result<String, Failure> {
    let mut text = String::new();
    for entry in subjects::all().map_err(SubjectError::from)? {
        let Some(found) = entry.interpreter().filter(|_| !entry.is_python()) else { continue };
        let said = match found {
            Ok(found) => format!("{} {}", found.version, found.program.display()),
            Err(error) => paint(YELLOW, &clean(&error.to_string())),
        };
        text += &line(&entry.name, &said, width);
    }
    Ok(text)
}

fn cache(width: usize) -> String {
    let path = match Cache::path() {
        Ok(path) => path,
        Err(error) => return line("cache", &paint(RED, &clean(&error.to_string())), width),
    };
    let used = size(&path);
    let said = format!("{} ({} MB used, {})", path.display(), used / 1_000_000, free_space(&path));
    line("cache", &said, width)
}

/// How many bytes are below a directory; what cannot be read does not count.
fn size(dir: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(dir) else { return 0 };
    let sizes = entries.filter_map(Result::ok).map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}
