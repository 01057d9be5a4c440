//! What a supervisor or a janitor prints: it goes through a pipe to the harness, which escapes it.
//!
//! Neither has the caller's terminal: what is in their messages may come from a store, and a terminal takes some of it for commands.

use std::io::{BufRead, BufReader, Read};
use std::os::fd::OwnedFd;

use nix::fcntl::OFlag;
use nix::unistd::pipe2;

use crate::error::{Context, Result};

/// The longest line that is printed whole, in bytes.
const LINE_LIMIT: u64 = 4096;

/// Makes a pipe for a process's output: what comes out of it is printed to standard error, escaped, until its last writer has gone.
pub(crate) fn listen() -> Result<OwnedFd> {
    let (read, write) = pipe2(OFlag::O_CLOEXEC).doing("make a pipe")?;
    std::thread::spawn(move || {
        let mut from = BufReader::new(std::fs::File::from(read));
        let mut line = Vec::new();
        while matches!(from.by_ref().take(LINE_LIMIT).read_until(b'\n', &mut line), Ok(1..)) {
            eprintln!("{}", escaped(line.strip_suffix(b"\n").unwrap_or(&line)));
            line.clear();
        }
    });
    Ok(write)
}

/// Escapes everything in a text that a terminal would obey, or that changes the order in which text is read.
fn escaped(bytes: &[u8]) -> String {
    let mut text = String::new();
    for c in String::from_utf8_lossy(bytes).chars() {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || turns {
            text.extend(c.escape_unicode());
        } else {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_no_command() {
        assert_eq!(
            escaped(b"\x1b]0;title\x07 \xc2\x9b2J \xe2\x80\xae"),
            r"\u{1b}]0;title\u{7} \u{9b}2J \u{202e}"
        );
    }
}
