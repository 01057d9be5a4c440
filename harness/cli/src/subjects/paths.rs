//! What of the host a driver needs to see: programs, their runtimes, and the files that arguments name.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use interloper_engine::{Hosting, StoreSpec, Tier};

/// Programs that run what their first file argument says.
pub(super) const INTERPRETERS: [&str; 16] = [
    "python", "pypy", "node", "nodejs", "deno", "bun", "ruby", "php", "perl", "lua", "luajit",
    "java", "sh", "bash", "dash", "Rscript",
];

/// Directories that are never shown as a whole: they hold what is none of a driver's business, or the sandbox has its own.
fn too_much(dir: &Path) -> bool {
    let fixed =
        ["/", "/tmp", "/var/tmp", "/home", "/root", "/etc", "/var", "/dev", "/proc", "/run"];
    fixed.iter().any(|path| Path::new(path) == dir)
        || std::env::var_os("HOME").is_some_and(|home| {
            let home = PathBuf::from(home);
            dir == home || dir == home.join(".local")
        })
}

/// A program on PATH, or where it says it is, as an absolute path.
pub(crate) fn resolve(program: &str) -> Option<PathBuf> {
    let executable = |path: &Path| {
        fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
    };
    if program.contains('/') {
        return std::path::absolute(program).ok().filter(|path| executable(path));
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter(|dir| dir.is_absolute())
        .map(|dir| dir.join(program))
        .find(|path| executable(path))
}

/// A path and every path its links lead through, the last one without any.
///
/// The sandbox has only what it is shown, so a link whose target is missing there leads nowhere.
pub(crate) fn hops(path: &Path) -> Vec<PathBuf> {
    let mut hops = vec![path.to_owned()];
    let mut at = path.to_owned();
    // As many as the kernel follows.
    for _ in 0..40 {
        let Ok(target) = fs::read_link(&at) else { break };
        at = at.parent().unwrap_or(Path::new("/")).join(target);
        hops.push(at.clone());
    }
    if let Ok(real) = fs::canonicalize(path) {
        hops.push(real);
    }
    hops.dedup();
    hops
}

/// What to show for a file: its directory, or the file alone where that would show too much.
pub(crate) fn around(file: &Path) -> Vec<PathBuf> {
    let mut shown = Vec::new();
    for hop in hops(file) {
        match hop.parent() {
            Some(dir) if !too_much(dir) => shown.push(dir.to_owned()),
            _ => shown.push(hop),
        }
    }
    shown
}

/// The installation that a program in `…/bin` belongs to.
fn prefix(program: &Path) -> Option<PathBuf> {
    let bin = program.parent()?;
    let is_bin = bin.file_name().is_some_and(|name| name == "bin" || name == "sbin");
    let prefix = bin.parent()?;
    (is_bin && !too_much(prefix)).then(|| prefix.to_owned())
}

/// Returns the paths to show for a program: itself, where its links lead, and for an interpreter the installation it belongs to.
pub(super) fn around_program(program: &Path) -> Vec<PathBuf> {
    let mut shown = Vec::new();
    for hop in hops(program) {
        if is(program, &INTERPRETERS) {
            shown.extend(prefix(&hop));
        }
        shown.push(hop);
    }
    shown
}

/// Returns whether a program is one of these, whatever version its name ends with.
pub(super) fn is(program: &Path, names: &[&str]) -> bool {
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    let base = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    names.contains(&base)
}

/// Why another user of this host could not get at what a driver needs, where that matters.
///
/// Namespaces show a path whatever leads there, so there only its own mode counts; without them, everything above it does.
pub(crate) fn unreachable(spec: &StoreSpec, tier: Tier) -> Option<String> {
    let Hosting::Command { argv, .. } = &spec.hosting else { return None };
    if tier == Tier::Predicted {
        return None;
    }
    let named = argv.iter().map(Path::new).filter(|path| path.is_absolute() && path.exists());
    for path in named {
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let Ok(metadata) = fs::metadata(&path) else { continue };
        let wanted = if metadata.is_dir() { 0o005 } else { 0o004 };
        if metadata.mode() & wanted != wanted {
            return Some(way_out(&path, metadata.mode(), "read"));
        }
        if tier == Tier::Uids {
            for dir in path.ancestors().skip(1) {
                let mode = fs::metadata(dir).map_or(0o1, |metadata| metadata.mode());
                if mode & 0o001 == 0 {
                    return Some(way_out(dir, mode, "pass through"));
                }
            }
        }
    }
    None
}

fn way_out(path: &Path, mode: u32, verb: &str) -> String {
    let bits = if verb == "read" { "o+rX" } else { "o+x" };
    format!(
        "the sandbox's users are others to this host and may not {verb} {} (mode {:04o}): chmod {bits}, or put it elsewhere",
        path.display(),
        mode & 0o7777
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_of_everybodys_is_not_shown_for_one_file() {
        assert_eq!(
            around(Path::new("/tmp/no-such-driver.py")),
            [Path::new("/tmp/no-such-driver.py")]
        );
        assert_eq!(around(Path::new("/opt/x/no-such-driver.py")), [Path::new("/opt/x")]);
    }

    #[test]
    fn the_prefix_of_a_program() {
        assert_eq!(
            prefix(Path::new("/opt/node/bin/node")).as_deref(),
            Some(Path::new("/opt/node"))
        );
        assert_eq!(prefix(Path::new("/bin/sh")), None);
        assert_eq!(prefix(Path::new("/opt/store")), None);
    }
}
