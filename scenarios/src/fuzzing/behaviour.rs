//! What is new about an answer: its kind, its words without what varies in them, and its size.

use std::collections::HashSet;

use interloper_driver::{Failure, Session};
use interloper_engine::Loaded;

use super::input::hash;
use crate::support::same;

/// The most behaviours of one kind: a store whose messages are all different would fill the corpus with them.
const MOST: usize = 4_096;
/// The longest part of a message that counts, in characters.
const MESSAGE: usize = 160;

/// What is new about an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum News {
    /// Nothing.
    Nothing,
    /// A size, a message, or a line of the code.
    Detail,
    /// The answer.
    Answer,
}

/// What stands before the size in a behaviour.
const SIZE: &str = " of 2^";

/// Everything that a search has seen.
#[derive(Default)]
pub(super) struct Behaviours {
    seen: HashSet<u64>,
    lines: HashSet<u64>,
    /// Whether the kit says which lines ran.
    pub(super) counts_lines: bool,
}

impl Behaviours {
    /// Takes note of what an input showed.
    pub(super) fn add(&mut self, words: &[String], lines: &[u64]) -> News {
        let mut news = News::Nothing;
        for word in words {
            if self.seen.len() < MOST && self.seen.insert(hash(word.as_bytes())) {
                let kind = if word.contains(SIZE) { News::Detail } else { News::Answer };
                news = news.max(kind);
            }
        }
        for line in lines {
            if self.lines.insert(*line) {
                news = news.max(News::Detail);
            }
        }
        news
    }

    /// Returns the number of behaviours.
    pub(super) fn count(&self) -> u64 {
        self.seen.len() as u64
    }

    /// Returns the number of places in the store's code, if the kit says which ran.
    pub(super) fn lines(&self) -> Option<u64> {
        self.counts_lines.then_some(self.lines.len() as u64)
    }
}

/// Describes an answer to a load, in words of which each is a behaviour.
///
/// `own` are the contents that the store wrote: where a file differs from those and loads the same, that is one, too.
pub(super) fn of_load(loaded: &Loaded, whole: &Session, bytes: &[u8], own: &[u8]) -> Vec<String> {
    let size = bytes.len().checked_ilog2().map_or(0, |log| log + 1);
    match loaded {
        Loaded::Absent => vec!["absent".to_owned(), format!("absent{SIZE}{size}")],
        Loaded::Failed(failure) => {
            // A message is a detail, as a size is: the same follows from each of a kind.
            let words = of_failure(failure);
            vec![
                format!("err {}", failure.kind),
                format!("{words}{SIZE}{size}"),
                format!("{words}{SIZE}"),
            ]
        }
        Loaded::Present(session) if same(whole, session) => {
            let place = difference(bytes, own);
            vec!["intact".to_owned(), format!("intact{SIZE}{size} {place}")]
        }
        Loaded::Present(session) => {
            let shape = shape(session, whole);
            vec![format!("{shape}{SIZE}{size}"), shape]
        }
    }
}

/// Describes where two contents differ: how much at their beginnings and ends is the same, in eighths.
fn difference(bytes: &[u8], own: &[u8]) -> String {
    let same = |pairs: &mut dyn Iterator<Item = bool>| pairs.take_while(|same| *same).count();
    let before = same(&mut bytes.iter().zip(own).map(|(a, b)| a == b));
    let after = same(&mut bytes.iter().rev().zip(own.iter().rev()).map(|(a, b)| a == b));
    let eighths = |count: usize| count * 8 / own.len().max(1);
    format!("{} {}", eighths(before), eighths(after))
}

/// Describes what a session consists of, by sizes: which entries are still the same, and how long the others are.
fn shape(session: &Session, whole: &Session) -> String {
    let log = |n: usize| n.checked_ilog2().map_or(0, |log| log + 1);
    let mut words = vec!["altered".to_owned()];
    for (key, value) in &session.data {
        let known = whole.data.get(key);
        words.push(match known {
            Some(saved) if saved == value => "d=".to_owned(),
            Some(_) => format!("d{}", kind(value)),
            None => format!("new{}", kind(value)),
        });
    }
    for cookie in &session.cookies {
        let known = whole.cookies.iter().any(|saved| saved == cookie);
        words.push(if known { "c=".to_owned() } else { format!("c{}", log(cookie.value.len())) });
    }
    words.push(format!("h{}", log(session.headers.len())));
    words.push(format!("a{}", u8::from(session.auth.is_some())));
    words.sort();
    words.dedup();
    words.join(" ")
}

fn kind(value: &serde_json::Value) -> &'static str {
    match value {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "bool",
        serde_json::Value::Number(_) => "number",
        serde_json::Value::String(text) if text.is_empty() => "empty",
        serde_json::Value::String(_) => "text",
        serde_json::Value::Array(_) => "list",
        serde_json::Value::Object(_) => "map",
    }
}

/// Describes an error: its kind, and its message without numbers, quoted texts, directories and everything that looks like data.
pub(super) fn of_failure(failure: &Failure) -> String {
    format!("{}: {}", failure.kind, normalised(&failure.message))
}

/// Returns the first characters of a message with each path in it cut down to its last name: a trace has those of the driver's files, and a
/// search takes the same way wherever these lie.
fn without_directories(message: &str) -> String {
    let in_path = |c: char| c.is_ascii_alphanumeric() || "/._-@~+".contains(c);
    let cut = |word: &str| word.rsplit_once('/').map_or(0, |(before, _)| before.len() + 1);
    let mut kept = String::new();
    let mut rest = message;
    while !rest.is_empty() && kept.len() < 8 * MESSAGE {
        let (path, behind) = rest.split_at(rest.find(|c| !in_path(c)).unwrap_or(rest.len()));
        let (other, next) = behind.split_at(behind.find(in_path).unwrap_or(behind.len()));
        kept.push_str(&path[cut(path)..]);
        kept.push_str(other);
        rest = next;
    }
    kept
}

fn normalised(message: &str) -> String {
    let mut words = String::new();
    let short = without_directories(message);
    let mut chars = short.chars().take(8 * MESSAGE).peekable();
    while let Some(next) = chars.next() {
        match next {
            '\'' | '"' | '`' => {
                // Up to the same mark: what is quoted is the file's.
                while chars.next_if(|inner| *inner != next).is_some() {}
                chars.next();
                words.push('…');
            }
            digit if digit.is_ascii_digit() => {
                while chars.next_if(char::is_ascii_alphanumeric).is_some() {}
                words.push('#');
            }
            other if other.is_control() || !other.is_ascii() => {}
            other => words.push(other),
        }
        if words.len() >= MESSAGE {
            break;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_quotes_and_counts_makes_no_other_behaviour() {
        let one = normalised("Expecting ',' delimiter: line 1 column 52 (char 51)");
        let two = normalised("Expecting ':' delimiter: line 3 column 7 (char 90)");
        assert_eq!(one, two);
        assert_ne!(one, normalised("Unterminated string starting at: line 1 column 2 (char 1)"));
    }

    #[test]
    fn the_place_of_the_drivers_files_makes_no_other_behaviour() {
        let at =
            |dir: &str| normalised(&format!("TypeError: x at {dir}/reader.js:12:5 ({dir}/a.js)"));
        assert_eq!(at("/tmp/d"), "TypeError: x at reader.js:#:# (a.js)");
        assert_eq!(at(&format!("file:///work{}", "/deep".repeat(100))), at("file:///tmp"));
        assert_eq!(at(&"/deep".repeat(100)), at("/tmp/d"));
        assert_eq!(normalised("and/or"), "or");
        assert_eq!(normalised(""), "");
    }

    #[test]
    fn a_behaviour_is_new_once() {
        let mut behaviours = Behaviours::default();
        assert_eq!(behaviours.add(&["absent".into()], &[]), News::Answer);
        assert_eq!(behaviours.add(&["absent".into()], &[]), News::Nothing);
        assert_eq!(behaviours.add(&["absent".into()], &[7]), News::Detail);
        assert_eq!((behaviours.count(), behaviours.lines()), (1, None));
    }
}
