//! A run kept as files: its record, and one file to replay each finding with.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use interloper_record::json::{ReadError, read_run};
use interloper_record::{Finding, Policy, Run, ScenarioResult};
use serde::{Deserialize, Serialize};

use crate::args::{CommandArgs, DriverArgs};
use crate::output::{OutputError, check_room, read_text, write_file};
use crate::report::{Extent, Format};

/// The version of a replay file's layout.
const FORMAT: u32 = 1;

/// No replay file is longer, in bytes: a token holds one case.
const LONGEST: u64 = 64 << 20;

/// Everything that `interloper replay` needs to run a case again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Replay {
    format: u32,
    /// The token.
    pub(crate) token: String,
    /// What `--driver` was, where the store is none of the registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) driver: Option<String>,
    /// What `--app` was, if it is an application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) app: Option<PathBuf>,
    /// The commands, if the store is made of those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) command: Option<CommandArgs>,
    /// The directory that the command was given in: its paths may be relative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) directory: Option<PathBuf>,
    /// What `--bind` was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) bind: Vec<PathBuf>,
    /// What was found, for whoever opens the file.
    #[serde(default)]
    pub(crate) finding: String,
}

/// Why a replay file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayFileError {
    /// The file itself.
    #[error("{}: neither a replay token nor a file that can be read: {source}; a token is what a finding's replay line shows, whole", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Something else.
    #[error("{}: not a replay file: {why}; give one that `interloper check --save DIR` wrote, or the token of a finding", .path.display())]
    NotOne {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// One of a layout that this version does not know.
    #[error("{}: a replay file of format {found}, and this version reads format {FORMAT}: use the version that wrote it, or run the check again", .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
    },
}

/// Makes the directory that a run is to be kept in, before it runs.
///
/// # Errors
/// When it cannot be made or written to.
pub(crate) fn check_dir(dir: &Path) -> Result<(), OutputError> {
    let fail = |source| OutputError::Beforehand { path: dir.to_owned(), source };
    fs::create_dir_all(dir).map_err(fail)?;
    check_room(dir).map_err(fail)
}

/// Name of the record in the directory that a run is kept in.
const RECORD: &str = "run.json";

/// Reads a run that was kept: a record, or the directory that [`save`] wrote.
///
/// # Errors
/// When there is no record that can be read.
pub(crate) fn read_saved(path: &Path) -> Result<Run, ReadError> {
    match path.is_dir() {
        true => read_run(&path.join(RECORD)),
        false => read_run(path),
    }
}

/// Keeps a run; gives how many findings it wrote a file for. `own` is the name of the user's own store.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn save(
    run: &Run,
    dir: &Path,
    driver: &DriverArgs,
    own: Option<&str>,
) -> Result<usize, OutputError> {
    let path = dir.join(RECORD);
    let mut bytes = Vec::new();
    Format::Json.writer(Policy::default(), 0, Extent::Whole).write(run, &mut bytes)?;
    write_file(&path, &bytes)?;
    let mut written = 0;
    for result in &run.results {
        for finding in &result.findings {
            let own = own == Some(result.store.as_str());
            let replay = Replay {
                format: FORMAT,
                token: finding.replay.clone(),
                driver: driver.driver.clone().filter(|_| own),
                app: driver.app.as_deref().filter(|_| own).map(absolute),
                command: (own && driver.command.is_given()).then(|| driver.command.clone()),
                directory: std::env::current_dir().ok().filter(|_| own),
                bind: driver.bind.iter().map(|path| absolute(path)).collect(),
                finding: finding.told(),
            };
            let mut text = serde_json::to_vec_pretty(&replay).map_err(io::Error::from)?;
            text.push(b'\n');
            write_file(&dir.join(file_name(result, finding)), &text)?;
            written += 1;
        }
    }
    Ok(written)
}

/// A name that says what it is, and is one file's on every file system.
fn file_name(result: &ScenarioResult, finding: &Finding) -> String {
    let scenario = result.scenario.replace("::", "-");
    let name = format!("{}-{}-{scenario}-{}", result.store, result.setup, finding.fingerprint);
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
    format!("{}.replay.json", name.chars().map(plain).collect::<String>())
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Reads a token, or a file with one.
///
/// # Errors
/// When the file cannot be read, or is something else.
pub(crate) fn read_replay(word: &str) -> Result<Replay, ReplayFileError> {
    let path = PathBuf::from(word);
    let bare = |token: &str| Replay {
        format: FORMAT,
        token: token.trim().to_owned(),
        driver: None,
        app: None,
        command: None,
        directory: None,
        bind: Vec::new(),
        finding: String::new(),
    };
    // A token has an `@`, and the names of its scenario and store in front of it.
    if !path.exists() && word.contains('@') {
        return Ok(bare(word));
    }
    let text = read_text(&path, LONGEST)
        .map_err(|source| ReplayFileError::Unreadable { path: path.clone(), source })?;
    if !text.trim_start().starts_with('{') {
        return Ok(bare(&text));
    }
    let not_one = |why: String| ReplayFileError::NotOne { path: path.clone(), why };
    let replay: Replay = serde_json::from_str(&text).map_err(|error| not_one(error.to_string()))?;
    match replay.format {
        FORMAT => Ok(replay),
        found => Err(ReplayFileError::Format { path, found }),
    }
}
