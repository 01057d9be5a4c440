//! Careful readers of `Cookie` and `Set-Cookie`, and flaws as small local changes to one of them.
//!
//! | file | what |
//! |---|---|
//! | [`flaws`] | the flaws by name, and the scenarios that must notice each |
//! | [`splitting`] | the reader that has the flaws: it splits, and then splits again |
//! | [`scanning`] | a careful one of another design: byte by byte, in one pass |
//!
//! Both do the following:
//!
//! - A semicolon ends a piece, and the first `=` of a piece its name; nothing is decoded or unquoted before that, or after it (RFC 6265 section 5.2).
//! - Spaces and tabs around names and values are taken off, and no other white space (CWE-20).
//! - A piece without a name or without `=` is left out, and the next one is read (CWE-755).
//! - Of an attribute that stands twice, the last counts; one is known by its whole name, in any case.
//! - A header with control characters is refused (CWE-93).

mod flaws;
mod scanning;
mod splitting;

use interloper_driver::{Bytes, Failure, SessionStore};

pub use flaws::parser_flaws;
pub use scanning::ScanningParser;
pub use splitting::SplittingParser;

/// Names and values, as the protocol has them.
type Pairs = Vec<(Bytes, Bytes)>;

/// Returns the careful parser that the flaws are made from.
pub fn splitting_parser() -> SplittingParser {
    SplittingParser { name: "splitting-parser".into(), flaw: None }
}

/// Returns the careful parser of another design.
pub fn scanning_parser() -> ScanningParser {
    ScanningParser
}

/// Returns the parser with the flaw of this name.
pub(crate) fn make(name: &str) -> Option<Box<dyn SessionStore>> {
    let flaw = flaws::named(name)?;
    Some(Box::new(SplittingParser { name: format!("flawed-{name}"), flaw: Some(flaw) }))
}

/// Refuses what no header may hold.
fn check(value: &[u8]) -> Result<(), Failure> {
    match value.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
        true => Err(Failure::invalid("a control character")),
        false => Ok(()),
    }
}
