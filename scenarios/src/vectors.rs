//! The inputs that are data: `scenarios/vectors`, which others use without the harness.

use std::sync::LazyLock;

use serde::Deserialize;

/// Ids of sessions.
pub(crate) static IDENTIFIERS: LazyLock<Vec<Vector>> =
    LazyLock::new(|| read(include_str!("../vectors/identifiers.json")));

/// Contents in the place of a session's file.
pub(crate) static CONTENTS: LazyLock<Vec<Vector>> =
    LazyLock::new(|| read(include_str!("../vectors/corruption.json")));

/// Texts in a session's values and names.
pub(crate) static VALUES: LazyLock<Vec<Vector>> =
    LazyLock::new(|| read(include_str!("../vectors/values.json")));

/// One input.
#[derive(Deserialize)]
pub(crate) struct Vector {
    /// Its name, which never changes.
    pub(crate) id: String,
    /// Description of the input.
    pub(crate) what: String,
    input: Input,
    other: Option<Input>,
    /// Behaviour of a right store.
    pub(crate) result: Expected,
    flags: Vec<String>,
}

/// Behaviour of a right store on an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Expected {
    /// Takes it.
    Valid,
    /// Refuses it.
    Invalid,
    /// Either.
    Acceptable,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    Text(String),
    Long {
        #[serde(default)]
        before: String,
        repeat: String,
        times: usize,
        #[serde(default)]
        then: String,
    },
    Bytes {
        hex: String,
    },
}

impl Vector {
    /// Returns whether it is about something.
    pub(crate) fn is(&self, flag: &str) -> bool {
        self.flags.iter().any(|own| own == flag)
    }

    /// Returns the words that say what it is about.
    pub(crate) fn flags(&self) -> impl Iterator<Item = &str> {
        self.flags.iter().map(String::as_str)
    }

    /// Returns the input as bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.input.bytes()
    }

    /// Returns the input as a text.
    pub(crate) fn text(&self) -> String {
        self.input.text()
    }

    /// Returns both texts of a pair.
    pub(crate) fn pair(&self) -> Option<(String, String)> {
        self.other.as_ref().map(|other| (self.text(), other.text()))
    }
}

impl Input {
    fn bytes(&self) -> Vec<u8> {
        let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default() as u8;
        match self {
            Input::Text(text) => text.clone().into_bytes(),
            Input::Long { before, repeat, times, then } => {
                [before, repeat.repeat(*times).as_str(), then].concat().into_bytes()
            }
            Input::Bytes { hex } => hex
                .as_bytes()
                .chunks_exact(2)
                .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
                .collect(),
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }
}

/// Returns the ids that are about something, each alone.
pub(crate) fn ids(flag: &'static str) -> impl Iterator<Item = &'static Vector> {
    IDENTIFIERS.iter().filter(move |vector| vector.is(flag) && vector.other.is_none())
}

/// Returns the ids that are about something, in pairs.
pub(crate) fn pairs(flag: &'static str) -> impl Iterator<Item = (String, String)> {
    IDENTIFIERS.iter().filter(move |vector| vector.is(flag)).filter_map(Vector::pair)
}

/// Returns every id that is about something, both of a pair; not the one that every scenario saves under.
pub(crate) fn all(flag: &'static str) -> impl Iterator<Item = String> {
    let about = IDENTIFIERS.iter().filter(move |vector| vector.is(flag));
    let both = |vector: &Vector| [Some(vector.text()), vector.pair().map(|(_, other)| other)];
    about.flat_map(both).flatten().filter(|id| id != "alpha")
}

/// Reads a file of vectors that is compiled in.
pub(crate) fn read(json: &str) -> Vec<Vector> {
    #[derive(Deserialize)]
    struct File {
        vectors: Vec<Vector>,
    }
    // The files are compiled in, and a test reads them.
    serde_json::from_str::<File>(json).expect("the committed vectors can be read").vectors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_used_by_a_scenario() {
        let scenarios =
            ["traversal", "separators", "very-long", "look-alike", "part", "reserved", "plain"];
        for vector in IDENTIFIERS.iter() {
            let users = scenarios.iter().filter(|flag| vector.is(flag)).count();
            assert_eq!(users, 1, "{}", vector.what);
        }
        assert_eq!(pairs("very-long").last().map(|(one, _)| one.len()), Some(4_095));
        assert!(pairs("very-long").any(|(one, _)| one.len() == 100_000));
    }

    #[test]
    fn what_is_never_saved_is_saved_by_no_other_pair() {
        let saved: Vec<String> = pairs("part").map(|(id, _)| id).collect();
        assert!(pairs("part").all(|(_, never)| !saved.contains(&never)));
    }

    #[test]
    fn the_two_of_a_pair_are_two() {
        for vector in IDENTIFIERS.iter() {
            if let Some((one, other)) = vector.pair() {
                assert_ne!(one, other, "{}", vector.what);
            }
        }
    }

    #[test]
    fn bytes_and_repetitions_are_what_they_say() {
        let of = |json: &str| serde_json::from_str::<Input>(json).unwrap().bytes();
        assert_eq!(of(r#"{"hex":"00ff7b"}"#), b"\x00\xff{");
        assert_eq!(of(r#"{"before":"(","repeat":"ab","times":3,"then":")"}"#), b"(ababab)");
        assert_eq!(of(r#""a\u0000b""#), b"a\0b");
        assert!(CONTENTS.iter().any(|vector| vector.result == Expected::Invalid));
    }
}
