//! Known-failure files: a list that is read wrongly hides a failure.

use std::path::Path;

use interloper_record::known::{Entry, Glob, KnownFailures};

use crate::Violation;
use crate::cost::measured;

/// The name that errors print.
const FILE: &str = "known.toml";

/// Checks that an error names a line, that what is read is printed and read back as the same entries, and that a pattern matches what it
/// should.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Violation> {
    // A piece that is repeated may cut a character in two.
    let read = |bytes: &[u8]| parse(&String::from_utf8_lossy(bytes));
    let read = measured("known_file", bytes, read)?;
    let Ok(text) = str::from_utf8(bytes) else { return Ok(()) };
    let entries = match read {
        Ok(entries) => entries,
        Err(message) => return names_a_line(text, &message),
    };
    let printed: String = entries.iter().map(|entry| format!("\n{entry}")).collect();
    let again = parse(&printed).map(without_lines);
    let entries = without_lines(entries);
    Violation::unless(again.as_ref() == Ok(&entries), "same entries", || {
        format!("{entries:?} printed as {printed:?}, read as {again:?}")
    })?;
    entries.iter().try_for_each(patterns)
}

/// Reads the input as such a file.
pub(crate) fn read(bytes: &[u8]) {
    drop(str::from_utf8(bytes).map(|text| KnownFailures::parse(Path::new(FILE), text)));
}

fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let known = KnownFailures::parse(Path::new(FILE), text).map_err(|error| error.to_string())?;
    Ok(known.entries)
}

/// Clears the lines of entries, which another text has elsewhere.
fn without_lines(entries: Vec<Entry>) -> Vec<Entry> {
    entries.into_iter().map(|entry| Entry { line: 0, ..entry }).collect()
}

/// Checks that an error names a line that an editor can go to.
fn names_a_line(text: &str, message: &str) -> Result<(), Violation> {
    let rest = message.strip_prefix(FILE).and_then(|rest| rest.strip_prefix(':'));
    let line = rest.and_then(|rest| rest.split(':').next()?.parse().ok());
    let inside = line.is_some_and(|line| (1..=text.split('\n').count()).contains(&line));
    Violation::unless(inside, "error names a line", || message)
}

/// Checks that a text matches itself, and that a pattern matches a text as the shortest matcher says.
fn patterns(entry: &Entry) -> Result<(), Violation> {
    let exact = Glob::exactly(&entry.store);
    Violation::unless(exact.matches(&entry.store), "matches itself", || &entry.store)?;
    let pattern = entry.scenario.to_string();
    // The matcher below tries every way, so it gets little to try.
    if pattern.matches('*').count() > 3 || entry.reason.len() > 24 {
        return Ok(());
    }
    let (parts, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), entry.reason.chars().collect());
    let same = entry.scenario.matches(&entry.reason) == matches(&parts, &text);
    Violation::unless(same, "two matchers agree", || format!("{pattern:?} on {:?}", entry.reason))
}

/// Patterns as their documentation has them, a line for each rule.
fn matches(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], text) => text.is_empty(),
        (['*', rest @ ..], text) => {
            matches(rest, text) || text.split_first().is_some_and(|(_, t)| matches(pattern, t))
        }
        (['?', rest @ ..], [_, text @ ..]) => matches(rest, text),
        (['\\', c, rest @ ..], [first, text @ ..]) => c == first && matches(rest, text),
        (['\\', _, ..], []) | (_, []) => false,
        ([c, rest @ ..], [first, text @ ..]) => c == first && matches(rest, text),
    }
}
