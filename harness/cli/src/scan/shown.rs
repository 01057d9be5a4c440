//! Paths, modes and commands as text that a person or a shell reads.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use interloper_engine::access::Component;

use super::accounts::Accounts;

/// Returns a path as text: bytes that are not UTF-8 are written `\xff`.
pub(crate) fn text(path: impl AsRef<OsStr>) -> String {
    let mut text = String::new();
    for chunk in path.as_ref().as_bytes().utf8_chunks() {
        text += chunk.valid();
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text
}

/// Returns a path as one word of a shell, bash's `$'…'` where it has bytes that a terminal obeys or that are no text.
pub(crate) fn word(path: impl AsRef<OsStr>) -> String {
    let bytes = path.as_ref().as_bytes();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+@%,:=".contains(byte);
    if !bytes.is_empty() && bytes.iter().all(is_plain) {
        return text(path);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.chars().any(|c| c.is_control() || is_unseen(c)) => {
            format!("'{}'", text.replace('\'', r"'\''"))
        }
        _ => {
            let escaped = bytes.iter().map(|&byte| match byte {
                b'\'' | b'\\' => format!("\\{}", char::from(byte)),
                b' '..=b'~' => char::from(byte).to_string(),
                _ => format!("\\x{byte:02x}"),
            });
            format!("$'{}'", escaped.collect::<String>())
        }
    }
}

/// Returns whether a character would change the order in which the command is read, or be invisible in it.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Returns type, mode, owner and group, as `ls -l` prints them.
pub(crate) fn mode(component: &Component, accounts: &Accounts) -> String {
    let mode = component.mode;
    let kind = match mode & 0o170_000 {
        0o040_000 => 'd',
        0o120_000 => 'l',
        0o100_000 => '-',
        _ => '?',
    };
    let mut shown = String::from(kind);
    for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let digit = mode >> shift & 7;
        shown.push(if digit & 4 != 0 { 'r' } else { '-' });
        shown.push(if digit & 2 != 0 { 'w' } else { '-' });
        shown.push(match (mode & special != 0, digit & 1 != 0) {
            (true, true) => letter,
            (true, false) => letter.to_ascii_uppercase(),
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    let acl = if component.acl.is_some() { "+" } else { "" };
    format!(
        "{shown}{acl} {} {}",
        accounts.user_name(component.uid),
        accounts.group_name(component.gid)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_whatever_is_in_it() {
        for (path, shown) in [
            (&b"/home/ann/.netrc"[..], "/home/ann/.netrc"),
            (b"/a b/$(id)", "'/a b/$(id)'"),
            (b"/it's", r"'/it'\''s'"),
            (b"/a\n\x1b\xff'", r"$'/a\x0a\x1b\xff\''"),
            ("/\u{202e}x".as_bytes(), r"$'/\xe2\x80\xaex'"),
            ("/é".as_bytes(), "'/é'"),
        ] {
            assert_eq!(word(OsStr::from_bytes(path)), shown);
        }
    }
}
