//! Text for a terminal: styles, widths, wrapping, and nothing that a terminal would obey.

use anstyle::{AnsiColor, Style};
use interloper_record::Severity;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The column in which the text below a headline begins.
pub(crate) const INDENT: usize = 6;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const RED: Style = AnsiColor::Red.on_default().bold();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default().bold();
pub(crate) const CYAN: Style = AnsiColor::Cyan.on_default();
pub(crate) const MAGENTA: Style = AnsiColor::Magenta.on_default().bold();

/// Returns the colour of a severity.
pub(crate) fn severity(severity: Severity) -> Style {
    match severity {
        Severity::High => RED,
        Severity::Medium => YELLOW,
        Severity::Low => CYAN,
        Severity::Info => DIM,
    }
}

/// Returns the text in a style; spaces at its end stay outside, so that they can be trimmed from the line.
pub(crate) fn paint(style: Style, text: &str) -> String {
    let (body, space) = text.split_at(text.trim_end().len());
    match body.is_empty() {
        true => text.to_owned(),
        false => format!("{style}{body}{style:#}{space}"),
    }
}

/// Escapes what a terminal obeys, and what changes the order in which text is read.
///
/// Stories hold file names and messages that a store, or an attacker, chose.
pub(crate) fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => clean.push_str("    "),
            '\n' => clean.push_str(r"\n"),
            '\r' => clean.push_str(r"\r"),
            _ if c.is_control() || misleads(c) => clean.extend(c.escape_unicode()),
            _ => clean.push(c),
        }
    }
    clean
}

/// Returns whether a character changes direction, is invisible, or is a noncharacter.
fn misleads(c: char) -> bool {
    matches!(c,
        '\u{061c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
        | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Returns how many columns the text takes, without its colours.
pub(crate) fn width(text: &str) -> usize {
    match text.contains('\u{1b}') {
        true => anstream::adapter::strip_str(text).map(UnicodeWidthStr::width).sum(),
        false => text.width(),
    }
}

/// Pads the text with spaces on the right.
pub(crate) fn pad(text: &str, to: usize) -> String {
    let missing = to.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(missing))
}

/// Wraps the text in lines of at most `to` columns, broken between words, and inside a word that is longer than a line.
pub(crate) fn wrap(text: &str, to: usize) -> Vec<String> {
    wrap_hanging(text, to, 0)
}

/// Wraps as `wrap` does, with all lines but the first indented by `hang` columns more than the text itself.
pub(crate) fn wrap_hanging(text: &str, to: usize, hang: usize) -> Vec<String> {
    let to = to.max(hang + 8);
    let text = text.trim_end_matches(' ');
    let body = text.trim_start_matches(' ');
    // Spaces at the beginning mean something; not so much that they take the line.
    let lead = (text.len() - body.len()).min(to / 2);
    let (hang, text) = (hang + lead, body);
    let indent = " ".repeat(hang);
    let mut lines = Vec::new();
    let (mut line, mut columns) = (" ".repeat(lead), lead);
    // Whether the line has more than its indent.
    let mut begun = false;
    for mut word in text.split(' ') {
        // Counted down while the word is cut, not anew for each piece: messages may be very long.
        let mut left = width(word);
        if begun && columns + 1 + left > to {
            lines.push(std::mem::replace(&mut line, indent.clone()).trim_end().to_owned());
            (columns, begun) = (hang, false);
        }
        if begun {
            line.push(' ');
            columns += 1;
        }
        while columns + left > to {
            let (piece, rest) = word.split_at(cut(word, to - columns));
            line.push_str(piece);
            lines.push(std::mem::replace(&mut line, indent.clone()));
            (word, left, columns) = (rest, left.saturating_sub(width(piece)), hang);
        }
        line.push_str(word);
        columns += left;
        begun |= !word.is_empty();
    }
    if begun || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Returns where to break a word: after the last separator past the first quarter of the line, or else at the end of the line.
fn cut(word: &str, to: usize) -> usize {
    let (mut columns, mut fits, mut after_separator) = (0, 0, None);
    for (at, c) in word.char_indices() {
        columns += c.width().unwrap_or(0);
        if columns > to {
            break;
        }
        fits = at + c.len_utf8();
        if matches!(c, '/' | ',' | '|' | ')') && columns * 4 > to {
            after_separator = Some(fits);
        }
    }
    // One character always goes, however wide it is.
    let first = word.chars().next().map_or(0, char::len_utf8);
    after_separator.unwrap_or(fits).max(first)
}

#[cfg(test)]
mod tests {
    use super::{clean, wrap, wrap_hanging};

    #[test]
    fn nothing_reaches_the_terminal_that_it_would_obey() {
        assert_eq!(
            clean("a\u{1b}[2Jb\nc\td\u{202e}e\u{7f}"),
            r"a\u{1b}[2Jb\nc    d\u{202e}e\u{7f}"
        );
        assert_eq!(clean("сессия 会话 é"), "сессия 会话 é");
    }

    #[test]
    fn lines_break_between_words_and_at_separators() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("/home/owner/.config/x", 14), ["/home/owner/", ".config/x"]);
        assert_eq!(wrap("abcdefghijkl", 8), ["abcdefgh", "ijkl"]);
        assert_eq!(wrap("会话会话会话", 8), ["会话会话", "会话"]);
        assert_eq!(wrap("", 8), [""]);
        assert_eq!(wrap("a  b", 8), ["a  b"]);
        assert_eq!(wrap("  a  b  ", 9), ["  a  b"]);
        assert_eq!(wrap_hanging("  one two three", 12, 2), ["  one two", "    three"]);
        assert_eq!(wrap_hanging("one two three four", 10, 2), ["one two", "  three", "  four"]);
        assert_eq!(wrap_hanging("/one/two/three", 10, 2), ["/one/two/", "  three"]);
    }
}
