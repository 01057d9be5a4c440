//! Text that commands print for people: headings, columns, folded lines.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const GREEN: Style = AnsiColor::Green.on_default().bold();
pub(super) const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const RED: Style = AnsiColor::Red.on_default().bold();

/// The text in a style.
pub(super) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// The text, filled with spaces on the right.
pub(super) fn pad(text: &str, to: usize) -> String {
    format!("{text}{}", " ".repeat(to.saturating_sub(text.width())))
}

/// The text without what a terminal obeys: drivers write some of it.
pub(super) fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            clean.extend(c.escape_unicode());
        } else {
            clean.push(c);
        }
    }
    clean
}

/// A head of `column` columns and a text beside it, folded below its own beginning.
///
/// `head` may be styled; `head_width` is how many columns it takes.
pub(super) fn hanging(
    head: &str,
    head_width: usize,
    column: usize,
    text: &str,
    width: usize,
) -> String {
    let room = width.saturating_sub(column).max(20);
    let mut out = match column.checked_sub(head_width) {
        Some(gap) => format!("{head}{}", " ".repeat(gap)),
        None => format!("{head}\n{}", " ".repeat(column)),
    };
    let mut at = 0;
    for word in text.split_whitespace() {
        if at > 0 && at + 1 + word.width() > room {
            out.push('\n');
            out.push_str(&" ".repeat(column));
            at = 0;
        }
        if at > 0 {
            out.push(' ');
            at += 1;
        }
        out.push_str(word);
        at += word.width();
    }
    out.push('\n');
    out
}

/// A heading line.
pub(super) fn heading(text: &str) -> String {
    format!("{}\n", paint(BOLD, text))
}
