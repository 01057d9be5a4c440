//! Corpora: directories of inputs, and the finds of searches among them.
//!
//! An input is a file; its name says which of a session's files it is the contents of. Those of a target are kept in the cache unless
//! `--corpus` names a directory.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use interloper_engine::SavedInput;

use crate::output::{OutputError, write_file};
use crate::subjects::Cache;

/// The directory of a corpus that finds are kept in.
const FOUND: &str = "found";
/// The directory beside a driver that has inputs for `check`.
const BESIDE: &str = "regressions";
/// The most inputs of a corpus; the oldest go.
const MOST: usize = 2_000;
/// The longest input that is read, in bytes.
const LONGEST: u64 = 4 << 20;

/// A directory of inputs.
#[derive(Clone, Debug)]
pub(crate) struct CorpusDir(PathBuf);

impl CorpusDir {
    /// Returns the directory that was named, or the target's in the cache; `None` if there is no cache.
    pub(crate) fn of(named: Option<&Path>, store: &str, setup: &str) -> Option<CorpusDir> {
        let plain = |word: &str| word.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        let cached = || {
            let base = Cache::path().ok()?.parent()?.join("fuzz");
            Some(base.join(format!("{}-{}", plain(store), plain(setup))))
        };
        named.map(Path::to_owned).or_else(cached).map(CorpusDir)
    }

    /// Reads the inputs and the finds; none if there is no directory.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(crate) fn read(&self) -> io::Result<Vec<SavedInput>> {
        let mut inputs = read(&self.0)?;
        inputs.extend(read(&self.0.join(FOUND))?);
        Ok(inputs)
    }

    /// Adds an input.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn add(&self, input: &SavedInput) -> Result<(), OutputError> {
        put(&self.0, input)
    }

    /// Adds a find, and gives its file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn add_find(&self, input: &SavedInput) -> Result<PathBuf, OutputError> {
        let dir = self.0.join(FOUND);
        put(&dir, input)?;
        Ok(dir.join(&input.name))
    }

    /// Removes the oldest inputs where there are too many. Finds stay.
    pub(crate) fn prune(&self) {
        let Ok(entries) = fs::read_dir(&self.0) else { return };
        let mut files: Vec<(SystemTime, PathBuf)> = entries
            .filter_map(Result::ok)
            .filter_map(|entry| {
                let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
                Some((metadata.modified().ok()?, entry.path()))
            })
            .collect();
        files.sort();
        let over = files.len().saturating_sub(MOST);
        for (_, path) in &files[..over] {
            // One that somebody else removed is gone.
            let _ = fs::remove_file(path);
        }
    }
}

/// Reads the inputs that `check` replays: those of the directory that was named, or else those in `regressions` beside a driver.
///
/// # Errors
/// When a file cannot be read, or the directory that was named.
pub(crate) fn regressions(
    named: Option<&Path>,
    source: Option<&str>,
) -> Result<Vec<SavedInput>, OutputError> {
    let fail = |path: &Path| {
        let path = path.to_owned();
        move |source| OutputError::Beforehand { path, source }
    };
    if let Some(dir) = named {
        fs::read_dir(dir).map_err(fail(dir))?;
        return CorpusDir(dir.to_owned()).read().map_err(fail(dir));
    }
    let Some(dir) = source.and_then(|source| Path::new(source).parent()) else {
        return Ok(Vec::new());
    };
    let dir = dir.join(BESIDE);
    read(&dir).map_err(fail(&dir))
}

fn put(dir: &Path, input: &SavedInput) -> Result<(), OutputError> {
    let path = dir.join(&input.name);
    let fail = |source| OutputError::Failed { path: dir.to_owned(), source };
    fs::create_dir_all(dir).map_err(fail)?;
    match path.exists() {
        true => Ok(()),
        false => write_file(&path, &input.bytes),
    }
}

fn read(dir: &Path) -> io::Result<Vec<SavedInput>> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut inputs = Vec::new();
    for entry in entries {
        let entry = entry?;
        let metadata = entry.metadata()?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // A page about an input stands beside it.
        if metadata.is_file() && metadata.len() <= LONGEST && !name.ends_with(".md") {
            inputs.push(SavedInput { name, bytes: fs::read(entry.path())? });
        }
    }
    inputs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(inputs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(name: &str) -> SavedInput {
        SavedInput { name: name.into(), bytes: name.as_bytes().to_vec() }
    }

    #[test]
    fn inputs_and_finds_are_read_again_in_order_without_their_pages() {
        let dir = tempfile::tempdir().unwrap();
        let corpus = CorpusDir(dir.path().join("corpus"));
        assert_eq!(corpus.read().unwrap(), []);
        corpus.add(&input("b")).unwrap();
        corpus.add(&input("a")).unwrap();
        let find = corpus.add_find(&input("find")).unwrap();
        fs::write(find.with_extension("md"), "what it shows").unwrap();
        assert_eq!(corpus.read().unwrap(), [input("a"), input("b"), input("find")]);
    }

    #[test]
    fn the_inputs_beside_a_driver_are_its_regressions() {
        let dir = tempfile::tempdir().unwrap();
        let driver = dir.path().join("driver.py");
        assert_eq!(regressions(None, driver.to_str()).unwrap(), []);
        fs::create_dir(dir.path().join(BESIDE)).unwrap();
        fs::write(dir.path().join(BESIDE).join("one"), "one").unwrap();
        assert_eq!(regressions(None, driver.to_str()).unwrap(), [input("one")]);
        assert!(regressions(Some(&dir.path().join("none")), None).is_err());
    }
}
