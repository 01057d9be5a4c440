//! Reading a known-failure file, and saying what is wrong with one.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::{fmt, fs, io};

use serde::Deserialize;
use toml::Spanned;

use super::{Entry, Glob, KnownFailures};

/// What is wrong with a known-failure file, and what to do about it.
#[derive(Debug)]
pub enum KnownError {
    /// The file itself.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Not TOML, or not of the form.
    Form {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// What the reader of the format said.
        what: String,
    },
    /// An entry that says too little.
    Entry {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// What is wrong.
        what: String,
        /// What to do about it.
        way_out: &'static str,
    },
}

impl fmt::Display for KnownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KnownError::Unreadable { path, source } => write!(
                f,
                "{}: cannot read the known-failure file: {source}; `--write-known FILE` writes one",
                path.display()
            ),
            KnownError::Form { path, line, what } => write!(
                f,
                "{}:{line}: {what}; an entry is `[[known]]` with store, scenario and reason, and setup and cause where needed",
                path.display()
            ),
            KnownError::Entry { path, line, what, way_out } => {
                write!(f, "{}:{line}: {what}; {way_out}", path.display())
            }
        }
    }
}

impl std::error::Error for KnownError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            KnownError::Unreadable { source, .. } => Some(source),
            KnownError::Form { .. } | KnownError::Entry { .. } => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    known: Vec<Spanned<RawEntry>>,
}

/// Everything is optional here, so that what is missing is said with the way out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    store: Option<Spanned<String>>,
    setup: Option<Spanned<String>>,
    scenario: Option<Spanned<String>>,
    cause: Option<Spanned<String>>,
    reason: Option<Spanned<String>>,
}

impl KnownFailures {
    /// Reads a known-failure file.
    ///
    /// # Errors
    /// When the file cannot be read, is not TOML, has a key that no entry has, or an entry without a store, a scenario
    /// or a reason. Each error names file and line, what is wrong, and the way out.
    pub fn read(path: &Path) -> Result<KnownFailures, KnownError> {
        let text = fs::read_to_string(path)
            .map_err(|source| KnownError::Unreadable { path: path.to_owned(), source })?;
        KnownFailures::parse(path, &text)
    }

    /// Reads what stands in a known-failure file of that name.
    ///
    /// ```
    /// use std::path::Path;
    /// use interloper_record::known::KnownFailures;
    ///
    /// let text = "[[known]]\nstore = \"s\"\nscenario = \"faults::*\"\nreason = \"a reason\"\n";
    /// let known = KnownFailures::parse(Path::new("known.toml"), text)?;
    /// assert_eq!(known.entries[0].to_string(), text);
    /// # Ok::<(), interloper_record::known::KnownError>(())
    /// ```
    ///
    /// # Errors
    /// As [`read`](KnownFailures::read), when the text is not what such a file holds.
    pub fn parse(path: &Path, text: &str) -> Result<KnownFailures, KnownError> {
        let reader = Reader { path, text };
        let raw: RawFile = toml::from_str(text).map_err(|error| KnownError::Form {
            path: path.to_owned(),
            line: error.span().map_or(1, |span| reader.line(&span)),
            // The first line says what; the rest draws the place, which the line number names.
            what: error.message().lines().next().unwrap_or("not TOML").to_owned(),
        })?;
        let entries =
            raw.known.into_iter().map(|raw| reader.entry(raw)).collect::<Result<_, _>>()?;
        Ok(KnownFailures { file: path.to_owned(), entries })
    }
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Reader<'_> {
    /// The number of the line on which a part of the text begins.
    fn line(&self, span: &Range<usize>) -> usize {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        before.matches('\n').count() + 1
    }

    fn entry(&self, raw: Spanned<RawEntry>) -> Result<Entry, KnownError> {
        let line = self.line(&raw.span());
        let raw = raw.into_inner();
        let required = |key, field: Option<Spanned<String>>, way_out| match field {
            None => Err(self.error(line, format!("an entry without a {key}"), way_out)),
            Some(text) => self.text_of(key, text, way_out),
        };
        let optional = |key, field: Option<Spanned<String>>, way_out| {
            field.map(|text| self.text_of(key, text, way_out)).transpose()
        };
        Ok(Entry {
            line,
            store: required("store", raw.store, "name the store as `interloper stores` does")?,
            setup: optional("setup", raw.setup, "name the setup, or leave the key out for all")?,
            scenario: required(
                "scenario",
                raw.scenario,
                "name the scenario as `interloper scenarios` does; `*` stands for any text",
            )
            .map(|text| Glob::new(&text))?,
            cause: optional("cause", raw.cause, "name the cause, or leave the key out for all")?
                .map(|text| Glob::new(&text)),
            reason: required(
                "reason",
                raw.reason,
                "say in one line why this failure is accepted: every report prints it",
            )?,
        })
    }

    /// A text of one line that says something.
    fn text_of(
        &self,
        key: &str,
        text: Spanned<String>,
        way_out: &'static str,
    ) -> Result<String, KnownError> {
        let line = self.line(&text.span());
        let text = text.into_inner().trim().to_owned();
        if text.is_empty() {
            return Err(self.error(line, format!("an empty {key}"), way_out));
        }
        if text.contains(['\n', '\r']) {
            let what = format!("a {key} of more than one line");
            return Err(self.error(line, what, "write it in one line"));
        }
        Ok(text)
    }

    fn error(&self, line: usize, what: String, way_out: &'static str) -> KnownError {
        KnownError::Entry { path: self.path.to_owned(), line, what, way_out }
    }
}
