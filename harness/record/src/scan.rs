//! The record of a scan: what of this host was looked at, and who else can get at what.

use serde::{Deserialize, Serialize};

use crate::lookup::plural;
use crate::{Exit, Interrupted, Severity};

/// The version of the layout of [`Scan`].
pub const SCAN_FORMAT: u32 = 1;

/// What `interloper scan` found. No value of a credential is in it, and no name of a file that is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Scan {
    /// [`SCAN_FORMAT`].
    pub format: u32,
    /// The version of Interloper.
    pub interloper: String,
    /// When the scan began, in Unix seconds.
    pub started: i64,
    /// The duration, in milliseconds.
    pub millis: u64,
    /// The user who scanned, as a uid: another one sees other files.
    pub uid: u32,
    /// The paths that were given; empty for the known places.
    #[serde(default)]
    pub paths: Vec<String>,
    /// The amount that was looked at.
    pub counts: ScanCounts,
    /// The findings, the worst first.
    pub findings: Vec<ScanFinding>,
    /// The paths that were not looked at.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
    /// The reason of an early end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupted: Option<Interrupted>,
}

/// The amount that a scan looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ScanCounts {
    /// Names that were seen in directories.
    pub entries: u64,
    /// Directories that were listed.
    pub directories: u64,
    /// Files whose access was judged.
    pub judged: u64,
    /// Files that were read, each at most 64 KiB of it.
    pub read: u64,
    /// Files with at least one credential that has not expired, as far as their format says.
    pub live: u64,
    /// Files whose own mode would let others in, and that a directory above keeps them from.
    pub kept_by_directory: u64,
}

/// What lets others in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ScanCause {
    /// Others read a file.
    Readable,
    /// Others write to a file.
    Writable,
    /// Others list names that are credentials themselves.
    Listed,
    /// Others put a file of their own in the place of one, or where one would be, by way of a directory.
    Replaceable,
    /// A default ACL opens new files to others.
    Inherited,
}

impl ScanCause {
    /// Every cause, in the order of the rules of a report.
    pub const ALL: [ScanCause; 5] = [
        ScanCause::Readable,
        ScanCause::Writable,
        ScanCause::Listed,
        ScanCause::Replaceable,
        ScanCause::Inherited,
    ];

    /// Returns the word that stands for it.
    pub fn as_str(self) -> &'static str {
        match self {
            ScanCause::Readable => "readable",
            ScanCause::Writable => "writable",
            ScanCause::Listed => "listed",
            ScanCause::Replaceable => "replaceable",
            ScanCause::Inherited => "inherited",
        }
    }

    /// Returns what holds when there is no finding of it.
    pub fn sentence(self) -> &'static str {
        match self {
            ScanCause::Readable => "No other user can read a stored credential.",
            ScanCause::Writable => "No other user can write to a file that a tool trusts.",
            ScanCause::Listed => "No other user can list names that are session ids.",
            ScanCause::Replaceable => {
                "No other user can replace or plant a file that a tool trusts."
            }
            ScanCause::Inherited => "No default ACL opens new credentials to other users.",
        }
    }

    /// Returns the weakness, as in the Common Weakness Enumeration.
    pub fn cwe(self) -> &'static str {
        match self {
            ScanCause::Readable | ScanCause::Writable => "CWE-732",
            ScanCause::Listed => "CWE-548",
            ScanCause::Replaceable => "CWE-379",
            ScanCause::Inherited => "CWE-276",
        }
    }
}

/// What others could do with it: the rows of the severity table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Consequence {
    /// No harm yet: no live credential, or a mode that new files only may get.
    Hygiene,
    /// They change or forge what the tool believes.
    Forges,
    /// They are the user, or run code as the user.
    TakesOver,
}

/// Who could: the columns of the severity table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// Only if a named condition holds.
    Conditional,
    /// Some users: of a group, or named in an ACL, or one who owns the file.
    Some,
    /// Every user of the host.
    Anyone,
}

impl Consequence {
    /// Returns the severity: consequence × who. The table stands in the book, on the page about `scan`.
    pub fn severity(self, reach: Reach) -> Severity {
        match (self, reach) {
            (Consequence::TakesOver, Reach::Anyone) => Severity::High,
            (Consequence::TakesOver, Reach::Some) => Severity::Medium,
            (Consequence::Forges, Reach::Anyone | Reach::Some) => Severity::Medium,
            (_, Reach::Conditional) | (Consequence::Hygiene, _) => Severity::Low,
        }
    }
}

/// One cause at one place, with everything that it lets others reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ScanFinding {
    /// What lets them in.
    pub cause: ScanCause,
    /// The severity, by [`Consequence::severity`].
    pub severity: Severity,
    /// The row of the severity table.
    pub consequence: Consequence,
    /// The column of the severity table.
    pub reach: Reach,
    /// A sentence that says who can do what.
    pub sentence: String,
    /// The directory or file whose mode, owner or ACL it is.
    pub at: String,
    /// Who: `any user`, `group staff (bob, eve)`, `user bob`.
    pub who: Vec<String>,
    /// The condition under which they can; `None` if they can as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// The files that they reach, at most ten.
    pub files: Vec<ScanFile>,
    /// The number of further files.
    #[serde(default)]
    pub more: u64,
    /// Commands that end it, for a shell. They are never run.
    pub fixes: Vec<String>,
    /// The same for the same cause at the same place in every scan: sixteen hexadecimal digits.
    pub fingerprint: String,
}

/// A file that others reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ScanFile {
    /// Its path. Bytes that are not UTF-8 are written `\xff`, and a name that is a credential `*`.
    pub path: String,
    /// The tool that keeps it there, where a place is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// Its type, mode, owner and group, as `ls -l` prints them; `None` if there is no such file yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// Its format, where its contents are of one that Interloper reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<String>,
}

/// The reasons why something was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LeftOutKind {
    /// A symbolic link: none is followed.
    Link,
    /// A network file system, or one that another process serves: none is crossed without `--network`.
    Network,
    /// The scanning user may not.
    Refused,
    /// Not a file or directory: never opened.
    Special,
    /// A limit of the scan.
    Limit,
    /// No file of a name or format that is known.
    Nothing,
}

/// Something that was not looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// The reason.
    pub kind: LeftOutKind,
    /// The first path of the kind.
    pub path: String,
    /// The number of paths.
    pub count: u64,
    /// What it is, and the way out.
    pub why: String,
}

impl Scan {
    /// Returns the exit code, and the reason in words. `allow_skip` accepts whatever was left out, if anything was looked at.
    pub fn judge(&self, fail_on: Severity, allow_skip: bool) -> (Exit, String) {
        let threshold = fail_on.max(Severity::Low);
        let failing = self.findings.iter().filter(|f| f.severity >= threshold).count();
        if failing > 0 {
            let or_above = if threshold == Severity::High { "" } else { " or above" };
            let what = plural(failing, "finding", "findings");
            return (Exit::Findings, format!("{what} of severity {threshold}{or_above}"));
        }
        if let Some(interrupted) = &self.interrupted {
            return (Exit::Untested, format!("ended early by {}", interrupted.by));
        }
        let nothing = self.left_out.iter().find(|left| left.kind == LeftOutKind::Nothing);
        if let Some(nothing) = nothing {
            return (Exit::Untested, format!("nothing was judged: {}", nothing.why));
        }
        if !self.left_out.is_empty() && !allow_skip {
            let paths: u64 = self.left_out.iter().map(|left| left.count).sum();
            let what = plural(paths as usize, "path was", "paths were");
            return (Exit::Untested, format!("{what} not looked at; --allow skip accepts that"));
        }
        let lesser = match self.findings.len() {
            0 => "no finding".to_owned(),
            n => format!("{} below {threshold}", plural(n, "finding", "findings")),
        };
        (Exit::Clean, lesser)
    }
}
