//! The values of JSON.

use std::fmt::{self, Debug};

/// A value of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it is spelt.
    Number(Number),
    /// A string.
    String(Text),
    /// A list.
    Array(Vec<Json>),
    /// An object.
    Object(Object),
}

/// A number in the spelling of its file: an integer of any length keeps all of its digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number(String);

impl Number {
    /// Returns a number of that spelling, or `None` if the grammar of JSON has no such number.
    pub fn new(text: &str) -> Option<Number> {
        (super::read::number_length(text.as_bytes()) == Some(text.len()))
            .then(|| Number(text.to_owned()))
    }

    /// Returns its spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns its value if it is an integer that 64 bits hold.
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// Returns the nearest double, which is infinite beyond the largest.
    pub fn as_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Number {
        Number(number.to_string())
    }
}

/// The text of a string: UTF-8 but for halves of surrogate pairs, which JavaScript and Python have in their strings and write as escapes.
/// A half is kept in the three bytes that [WTF-8](https://simonsapin.github.io/wtf-8/) gives it.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(pub(super) Vec<u8>);

impl Text {
    /// Returns the text, or `None` if half of a surrogate pair is in it.
    pub fn as_str(&self) -> Option<&str> {
        str::from_utf8(&self.0).ok()
    }

    /// Returns its units of UTF-16, as JavaScript has them.
    pub fn units(&self) -> Vec<u16> {
        let pieces = self.pieces().into_iter();
        let units = pieces.flat_map(|piece| match piece {
            Ok(text) => text.encode_utf16().collect::<Vec<_>>(),
            Err(half) => vec![half],
        });
        units.collect()
    }

    /// Returns its pieces: text, and the surrogates between.
    pub(super) fn pieces(&self) -> Vec<Result<&str, u16>> {
        let (mut pieces, mut rest) = (Vec::new(), &self.0[..]);
        while !rest.is_empty() {
            // In UTF-8, no byte of a0 or above follows ed.
            let half = rest.windows(3).position(|three| three[0] == 0xed && three[1] >= 0xa0);
            let (text, after) = rest.split_at(half.unwrap_or(rest.len()));
            pieces.extend(str::from_utf8(text).ok().filter(|text| !text.is_empty()).map(Ok));
            rest = after;
            if let [_, high, low, after @ ..] = rest {
                let unit = 0xd000 | u16::from(high & 0x3f) << 6 | u16::from(low & 0x3f);
                pieces.push(Err(unit));
                rest = after;
            }
        }
        pieces
    }

    /// Appends a unit of UTF-16, and joins it with a half that stands before it.
    pub(super) fn push_unit(&mut self, unit: u16) {
        let before = self.0.last_chunk::<3>().and_then(|three| match three {
            [0xed, high @ 0xa0..=0xaf, low] => {
                Some(0xd000 | u16::from(high & 0x3f) << 6 | u16::from(low & 0x3f))
            }
            _ => None,
        });
        let pair = before.and_then(|before| char::decode_utf16([before, unit]).next()?.ok());
        match (pair, char::from_u32(unit.into())) {
            (Some(pair), _) if (0xdc00..0xe000).contains(&unit) => {
                self.0.truncate(self.0.len() - 3);
                self.push_char(pair);
            }
            (_, Some(one)) => self.push_char(one),
            (_, None) => {
                self.0.extend([0xed, 0x80 | (unit >> 6 & 0x3f) as u8, 0x80 | (unit & 0x3f) as u8])
            }
        }
    }

    fn push_char(&mut self, one: char) {
        self.0.extend(one.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        Text(text.as_bytes().to_vec())
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        String::from_utf8_lossy(&self.0).fmt(f)
    }
}

/// An object: its keys in their order, each of them once where it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object(pub Vec<(Text, Json)>);

impl Object {
    /// Returns what stands under a key.
    pub fn get(&self, key: &str) -> Field<&Json> {
        match self.0.iter().find(|(name, _)| *name == *key) {
            None => Field::Absent,
            Some((_, Json::Null)) => Field::Null,
            Some((_, value)) => Field::Is(value),
        }
    }

    /// Returns the text under a key; what is no text is absent.
    pub fn text(&self, key: &str) -> Field<&Text> {
        self.get(key).and_then(|value| match value {
            Json::String(text) => Some(text),
            _ => None,
        })
    }

    /// Returns the number under a key; what is no number is absent.
    pub fn number(&self, key: &str) -> Field<&Number> {
        self.get(key).and_then(|value| match value {
            Json::Number(number) => Some(number),
            _ => None,
        })
    }

    /// Returns whether a key is true; what is no such word is absent.
    pub fn flag(&self, key: &str) -> Field<bool> {
        self.get(key).and_then(|value| match value {
            Json::Bool(flag) => Some(*flag),
            _ => None,
        })
    }
}

/// What a key of an object has: absent, null and a value are three things. An empty value is a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field<T> {
    /// The key is not there.
    Absent,
    /// The key is there, and null.
    Null,
    /// The key has a value.
    Is(T),
}

impl<T> Field<T> {
    /// Returns the value, if there is one.
    pub fn value(self) -> Option<T> {
        match self {
            Field::Is(value) => Some(value),
            Field::Absent | Field::Null => None,
        }
    }

    fn and_then<U>(self, is: impl FnOnce(T) -> Option<U>) -> Field<U> {
        match self {
            Field::Absent => Field::Absent,
            Field::Null => Field::Null,
            Field::Is(value) => is(value).map_or(Field::Absent, Field::Is),
        }
    }
}
