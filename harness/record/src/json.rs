//! Reading a run record, and saying what is wrong with one.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use serde_json::{Value, error::Category};

use crate::{RECORD_FORMAT, Run};

/// Length of the part of a file that says whether it can be a record at all, in bytes.
const HEAD: u64 = 64 << 10;
/// The longest record that is read, in bytes: a nightly run of many stores has a few MiB.
const LONGEST: u64 = 512 << 20;

/// The way out for whoever has no record.
const SAVE_ONE: &str = "save one with `interloper check --format json --output FILE`";

/// Why a file could not be read as a run record, and what to do about it.
#[derive(Debug)]
pub enum ReadError {
    /// The file itself.
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Not JSON, or not all of it.
    NotJson {
        /// The file.
        path: PathBuf,
        /// The place and the reason.
        source: serde_json::Error,
    },
    /// JSON of something else.
    NotARecord {
        /// The file.
        path: PathBuf,
        /// A description of it.
        what: &'static str,
    },
    /// A record whose format is no version at all.
    NoFormat {
        /// The file.
        path: PathBuf,
        /// The value of the field, as JSON; `None` if there is no such field.
        found: Option<String>,
    },
    /// A record of an earlier layout.
    Older {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// The version that wrote it.
        by: String,
    },
    /// A record of a later layout.
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// The version that wrote it.
        by: String,
    },
    /// A record that someone changed, or that was cut and mended.
    Broken {
        /// The file.
        path: PathBuf,
        /// The place and the reason.
        source: serde_json::Error,
    },
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Unreadable { path, source } => {
                write!(f, "{}: cannot read the run record: {source}; {SAVE_ONE}", path.display())
            }
            ReadError::NotJson { path, source } => write!(
                f,
                "{}:{}: not JSON: {}; {}",
                path.display(),
                source.line(),
                reason(source),
                json_way_out(source)
            ),
            ReadError::NotARecord { path, what } => {
                write!(f, "{}: not a run record but {what}; {SAVE_ONE}", path.display())
            }
            ReadError::NoFormat { path, found: None } => {
                write!(f, "{}: a run record without a format; {SAVE_ONE}", path.display())
            }
            ReadError::NoFormat { path, found: Some(found) } => write!(
                f,
                "{}: a run record whose format is {found}, which is no version; {SAVE_ONE}",
                path.display()
            ),
            ReadError::Older { path, found, by } => write!(
                f,
                "{}: a run record of format {found}, written by Interloper {by}; this version reads format {RECORD_FORMAT}: run the check again, or use version {by}",
                path.display()
            ),
            ReadError::Newer { path, found, by } => write!(
                f,
                "{}: a run record of format {found}, written by Interloper {by}; this version reads format {RECORD_FORMAT}: update to version {by}",
                path.display()
            ),
            ReadError::Broken { path, source } => write!(
                f,
                "{}:{}: a run record that does not hold together: {}; it was changed, or a version with other fields wrote it: save it again",
                path.display(),
                source.line(),
                reason(source)
            ),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ReadError::Unreadable { source, .. } => Some(source),
            ReadError::NotJson { source, .. } | ReadError::Broken { source, .. } => Some(source),
            ReadError::NotARecord { .. }
            | ReadError::NoFormat { .. }
            | ReadError::Older { .. }
            | ReadError::Newer { .. } => None,
        }
    }
}

/// The error without the place, which stands in front already.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

fn json_way_out(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        Category::Eof => "the file ends too early: was the run that wrote it stopped?",
        _ => "give the file that `--format json` wrote",
    }
}

/// Reads a run record.
///
/// A record of another format is refused, never misread. So is a field that this format does not have: reports that left out what
/// they do not know could make a clean run of one that was not.
///
/// # Errors
/// When the file cannot be read, is something else, or is a record of another format. Each error names the file, the
/// cause and the way out.
pub fn read_run(path: &Path) -> Result<Run, ReadError> {
    let at = || path.to_owned();
    let text = text(path)?;
    // First as any JSON: a later format may have changed every field but these two.
    let value: Value =
        serde_json::from_str(&text).map_err(|source| ReadError::NotJson { path: at(), source })?;
    check_format(path, &value)?;
    // From the text again, because errors of a `Value` have no line.
    serde_json::from_str(&text).map_err(|source| ReadError::Broken { path: at(), source })
}

/// Refuses JSON that is no record of this format.
fn check_format(path: &Path, value: &Value) -> Result<(), ReadError> {
    let path = || path.to_owned();
    // What every format has, and nothing else of this program's.
    let by = value.get("interloper").and_then(Value::as_str);
    let Some(by) = by.filter(|_| value.get("traces").is_none()) else {
        return Err(ReadError::NotARecord { path: path(), what: likeness(value) });
    };
    let by = by.to_owned();
    let format = value.get("format");
    match format.and_then(Value::as_u64) {
        None => Err(ReadError::NoFormat { path: path(), found: format.map(Value::to_string) }),
        Some(found) if found < u64::from(RECORD_FORMAT) => {
            Err(ReadError::Older { path: path(), found, by })
        }
        Some(found) if found > u64::from(RECORD_FORMAT) => {
            Err(ReadError::Newer { path: path(), found, by })
        }
        Some(_) => Ok(()),
    }
}

/// The text of a record, as long as it may be one: `/dev/zero` has no end.
fn text(path: &Path) -> Result<String, ReadError> {
    let fail = |source| ReadError::Unreadable { path: path.to_owned(), source };
    let mut file = fs::File::open(path).map_err(fail)?;
    let mut bytes = Vec::new();
    Read::by_ref(&mut file).take(HEAD).read_to_end(&mut bytes).map_err(fail)?;
    let begins = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if bytes.len() as u64 == HEAD && begins != Some(&b'{') {
        let head = String::from_utf8_lossy(&bytes);
        let source = match serde_json::from_str::<Value>(&head) {
            Err(source) => source,
            Ok(_) => {
                return Err(ReadError::NotARecord { path: path.to_owned(), what: "no object" });
            }
        };
        return Err(ReadError::NotJson { path: path.to_owned(), source });
    }
    file.take(LONGEST - HEAD + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() as u64 > LONGEST {
        let why = format!("it is longer than {} MiB", LONGEST >> 20);
        return Err(fail(io::Error::new(io::ErrorKind::FileTooLarge, why)));
    }
    let why = "stream did not contain valid UTF-8";
    String::from_utf8(bytes).map_err(|_| fail(io::Error::new(io::ErrorKind::InvalidData, why)))
}

/// Returns a description of JSON that is no record.
fn likeness(value: &Value) -> &'static str {
    match value {
        Value::Object(map) if map.contains_key("runs") && map.contains_key("version") => {
            "a SARIF log, from which no report can be made"
        }
        Value::Object(map) if map.contains_key("interloper") && map.contains_key("traces") => {
            "what `interloper trace` saw"
        }
        Value::Object(_) => "another JSON object",
        Value::Array(_) => "a JSON array",
        _ => "a single JSON value",
    }
}
