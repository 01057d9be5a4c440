//! Patterns over ids: `*` is any run of characters, `?` any one, and a backslash takes the next as it is.

use std::fmt;

/// A pattern.
///
/// ```
/// use interloper_record::known::Glob;
/// assert!(Glob::new("permissions::*").matches("permissions::nobody_reaches"));
/// assert!(!Glob::exactly("read*").matches("reads"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Any,
    One,
    Char(char),
}

impl Glob {
    /// Reads a pattern; every text is one.
    pub fn new(text: &str) -> Glob {
        let mut parts = Vec::new();
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            parts.push(match c {
                '*' => Part::Any,
                '?' => Part::One,
                // A backslash at the end has nothing to protect and stands for itself.
                '\\' => Part::Char(chars.next().unwrap_or('\\')),
                c => Part::Char(c),
            });
        }
        Glob { text: text.to_owned(), parts }
    }

    /// Returns the pattern that matches this text alone.
    pub fn exactly(text: &str) -> Glob {
        let mut pattern = String::with_capacity(text.len());
        for c in text.chars() {
            if matches!(c, '*' | '?' | '\\') {
                pattern.push('\\');
            }
            pattern.push(c);
        }
        Glob::new(&pattern)
    }

    /// Returns whether the pattern selects a scenario: its id matches, or its area is the pattern.
    pub fn selects(&self, id: &str) -> bool {
        self.matches(id) || id.split_once("::").is_some_and(|(area, _)| self.text == area)
    }

    /// Returns whether the whole of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut part, mut at) = (0, 0);
        // The last `*`, and how far it reaches: on a mismatch it takes one character more.
        let mut star: Option<(usize, usize)> = None;
        loop {
            match self.parts.get(part) {
                Some(Part::Any) => {
                    star = Some((part, at));
                    part += 1;
                    continue;
                }
                Some(Part::One) if at < text.len() => {}
                Some(Part::Char(c)) if text.get(at) == Some(c) => {}
                None if at == text.len() => return true,
                _ => {
                    let Some((star_part, reach)) = star else { return false };
                    if reach == text.len() {
                        return false;
                    }
                    star = Some((star_part, reach + 1));
                    (part, at) = (star_part + 1, reach + 1);
                    continue;
                }
            }
            part += 1;
            at += 1;
        }
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn patterns_match_the_whole_text() {
        let table = [
            ("permissions::*", "permissions::nobody_reaches", true),
            ("permissions::*", "permissions::", true),
            ("permissions", "permissions::nobody_reaches", false),
            ("*::no*s", "permissions::nobody_reaches", true),
            ("*::no*s", "permissions::nobody_reached", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXcYb", false),
            (r"a\*", "a*", true),
            (r"a\*", "ab", false),
            ("é?", "é会", true),
        ];
        for (pattern, text, expected) in table {
            assert_eq!(Glob::new(pattern).matches(text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn an_exact_pattern_has_no_wildcards() {
        let glob = Glob::exactly(r"read*\?");
        assert!(glob.matches(r"read*\?"));
        assert!(!glob.matches(r"reads\x"));
    }
}
