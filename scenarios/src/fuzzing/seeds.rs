//! Where a search begins: sessions of all shapes as the store itself writes them, an older version of the session, and words.

use std::collections::BTreeSet;

use interloper_driver::{Keeps, Session};
use interloper_engine::{CaseResult, Lab, Shape, StoryGuards};

use super::input::FuzzInput;
use super::subject::{OWN, Subject};
use crate::corruption::code_execution::documents;
use crate::vectors::VALUES;

/// Slot of the first of these sessions: those before it are the session's, its neighbour's and that of the save afterwards.
const FIRST: u16 = 3;
/// The most words of a store's own files.
const WORDS: usize = 200;

/// Texts that make a writer show how it quotes.
const ODD: [(&str, &str); 3] = [
    ("quoted", "a\"b'c\\d"),
    ("separators", "a=b; c, d:e|f&g\tend"),
    ("other", "line\nline \u{e9}\u{2603}"),
];

/// Returns the sessions whose files a search begins with.
pub(super) fn sessions(lab: &Lab<'_>) -> Vec<Session> {
    let shapes = [Shape::plain(), Shape::large(), Shape::least()];
    let mut sessions: Vec<Session> =
        (FIRST..).zip(&shapes).map(|(slot, shape)| lab.session(slot, shape)).collect();
    let hello = lab.hello();
    for (name, text) in ODD {
        let mut session = Shape::least().session(hello, lab.mint(), FIRST + 3);
        if hello.keeps.contains(&Keeps::Data) {
            session.data.insert(name.to_owned(), text.into());
        } else if let Some(cookie) = session.cookies.first_mut() {
            cookie.value = text.to_owned();
        }
        sessions.push(session);
    }
    if hello.keeps.contains(&Keeps::Data) {
        // By itself: a store of texts alone refuses it.
        let mut session = Shape::least().session(hello, lab.mint(), FIRST + 4);
        session.data.insert("number".to_owned(), 70_000.into());
        session.data.insert("nested".to_owned(), serde_json::json!([[], {"a": null}]));
        sessions.push(session);
    }
    sessions
}

/// Has the store write each of them, and returns the files.
pub(super) fn written(lab: &mut Lab<'_>, subject: &Subject) -> CaseResult<Vec<FuzzInput>> {
    let mut inputs = Vec::new();
    for (n, (_, bytes)) in subject.files.iter().enumerate() {
        inputs.push(FuzzInput { file: n as u8, bytes: bytes.clone() });
    }
    for session in sessions(lab) {
        // What it refuses, or dies of, is the subject of other scenarios.
        let saved = lab.aside(|lab| {
            subject.begin(lab)?;
            let saved = lab.save_session(OWN, session, "save".to_owned());
            Ok(matches!(saved, Ok(Ok(()))))
        })?;
        lab.restart()?;
        let tree = lab.tree()?;
        for (n, (node, _)) in subject.files.iter().enumerate().filter(|_| saved) {
            if tree.nodes.contains_key(&node.path) {
                inputs.push(FuzzInput { file: n as u8, bytes: lab.read(&node.path)? });
            }
        }
    }
    inputs.dedup();
    Ok(inputs)
}

/// Returns the words that are put into inputs, in classes of which each is chosen as often as the others: those of the store's own files,
/// those of formats, texts that formats give a meaning, and documents that run something.
pub(super) fn words(inputs: &[FuzzInput], marker: &str) -> Vec<Vec<Vec<u8>>> {
    let own: BTreeSet<Vec<u8>> = inputs.iter().flat_map(|input| tokens(&input.bytes)).collect();
    let texts = VALUES.iter().map(|vector| vector.bytes()).filter(|bytes| !bytes.is_empty());
    let mut classes = vec![
        own.into_iter().take(WORDS).collect(),
        OWN_WORDS.iter().map(|word| word.to_vec()).collect(),
        texts.collect(),
        documents(marker),
    ];
    classes.retain(|class: &Vec<Vec<u8>>| !class.is_empty());
    classes
}

/// Words of formats that stores write, and numbers at which readers go wrong.
const OWN_WORDS: [&[u8]; 34] = [
    b"\\\"",
    b"\\\\",
    b"\\u0000",
    b"\\ud800",
    b"\"\"",
    b"''",
    b"%22",
    b"%0a",
    b"&quot;",
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"\xc3",
    b"\xef\xbb\xbf",
    b"-1",
    b"0",
    b"255",
    b"256",
    b"65535",
    b"65536",
    b"2147483648",
    b"4294967295",
    b"4294967296",
    b"9223372036854775808",
    b"1e999",
    b"NaN",
    b"null",
    b"true",
    b"[",
    b"{",
    b"../",
];

/// Returns the words of a file: runs of letters and digits that are no secrets, and the marks between them.
fn tokens(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let word = is_word(&bytes[at]);
        let length = bytes[at..].iter().take_while(|byte| is_word(byte) == word).count();
        if (1..=24).contains(&length) {
            found.push(bytes[at..at + length].to_vec());
        }
        at += length;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_file_are_its_names_and_marks() {
        let found = tokens(b"{\"name\": \"0123456789012345678901234567890\"}");
        assert_eq!(found, [&b"{\""[..], b"name", b"\": \"", b"\"}"]);
    }
}
