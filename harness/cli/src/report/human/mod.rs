//! The report a person reads: a summary that fits a screen, or each finding in full before it; the exit code last.
//!
//! | file | what |
//! |---|---|
//! | [`finding`] | one finding, from the headline to the command that shows it again |
//! | [`story`] | its history, line by line |
//! | [`causes`] | what findings have in common |
//! | [`mends`] | the changes that were tried |
//! | [`lists`] | known failures, documented ones, errors, skips, what a store does not support, notes, what passed |
//! | [`areas`] | which areas of the catalogue a store fails, and which hold |
//! | [`summary`] | what was tested, what came of it, the exit code and why |
//! | [`grid`], [`text`] | columns, wrapping, colours, and no control characters from the record |

mod areas;
mod causes;
mod finding;
mod grid;
mod lists;
mod mends;
mod story;
mod summary;
pub(super) mod text;

use std::io::{self, Write};

use interloper_record::{Policy, RootCause, Run};

pub(crate) use text::clean;

use interloper_record::lookup::{FindingRef, findings};

use super::{Extent, Report, WIDTH};

/// Narrower than this, columns no longer line up; wider, lines no longer read well.
pub(super) const WIDTHS: std::ops::RangeInclusive<usize> = 72..=140;

/// Writes text for a person, with colours.
pub(crate) struct Human {
    policy: Policy,
    width: usize,
    extent: Extent,
}

impl Human {
    /// Creates a writer for lines of `width` columns.
    pub(crate) fn new(policy: Policy, width: usize, extent: Extent) -> Human {
        Human { policy, width: width.clamp(*WIDTHS.start(), *WIDTHS.end()), extent }
    }
}

impl Report for Human {
    fn write(&self, run: &Run, out: &mut dyn Write) -> io::Result<()> {
        let mut blocks: Vec<Vec<String>> = Vec::new();
        let whole = self.extent == Extent::Whole;
        if whole {
            let new = findings(run).into_iter().filter(|found| found.finding.is_new());
            blocks.extend(new.map(|found| finding::block(run, found, &self.policy, self.width)));
            blocks.push(lists::known(run, self.width));
            blocks.push(lists::documented(run, self.width));
        }
        blocks.extend(lists::troubles(run, self.width));
        blocks.extend(lists::untested(run, self.width));
        if whole {
            blocks.extend(lists::unsupported(run, self.width));
            blocks.push(lists::notes(run, self.width));
            blocks.extend(lists::passes(run, self.width));
        }
        if !whole {
            blocks.push(causes::others(run, self.width));
        }
        blocks.push(causes::causes(run, self.extent, self.width));
        blocks.push(mends::mends(run, self.width));
        blocks.push(summary::lines(run, &self.policy, self.extent, self.width));
        blocks.retain(|block| !block.is_empty());
        for (n, block) in blocks.iter().enumerate() {
            if n > 0 {
                writeln!(out)?;
            }
            for line in block {
                writeln!(out, "{line}")?;
            }
        }
        Ok(())
    }
}

/// Returns a finding in full and the root cause that it has, as a person reads them.
pub(crate) fn whole(run: &Run, found: FindingRef<'_>, policy: &Policy, width: usize) -> String {
    let width = width.clamp(*WIDTHS.start(), *WIDTHS.end());
    let mut lines = finding::block(run, found, policy, width);
    let has = |cause: &&RootCause| cause.findings.contains(&found.finding.fingerprint);
    if let Some(cause) = run.root_causes.iter().find(has) {
        lines.push(String::new());
        lines.extend(causes::alone(run, cause, width));
    }
    lines.join("\n") + "\n"
}

/// Returns a finding as plain text, for the formats that have a field for it.
pub(crate) fn plain(run: &Run, found: FindingRef<'_>, policy: &Policy) -> String {
    let block = finding::block(run, found, policy, WIDTH).join("\n");
    anstream::adapter::strip_str(&block).to_string()
}
