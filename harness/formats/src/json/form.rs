//! What a format in JSON asks of a value: its kind, and its keys.

use super::value::Json;

/// Kinds of values, as bits.
pub(crate) mod kinds {
    pub(crate) const NULL: u8 = 1;
    pub(crate) const FALSE: u8 = 2;
    pub(crate) const TRUE: u8 = 4;
    pub(crate) const NUMBER: u8 = 8;
    pub(crate) const STRING: u8 = 16;
    pub(crate) const ARRAY: u8 = 32;
    pub(crate) const OBJECT: u8 = 64;
    pub(crate) const BOOL: u8 = FALSE | TRUE;
    pub(crate) const ANY: u8 = 127;
    pub(crate) const NONE: u8 = 0;
}

/// Form of a value. A reader checks it while it reads, so that an error is where the value is.
pub(crate) struct Form {
    /// The kinds of value that may stand here.
    pub(crate) kinds: u8,
    /// The same in words.
    pub(crate) what: &'static str,
    /// The keys of an object that are known.
    pub(crate) keys: &'static [Key],
    /// The form of other keys' values.
    pub(crate) others: &'static Form,
    /// The form of a list's elements.
    pub(crate) elements: &'static Form,
    /// The only strings that may stand here; any if there are none.
    pub(crate) words: &'static [&'static str],
    /// Whether an object has one key and no more.
    pub(crate) one: bool,
}

/// A key of an object.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) form: Form,
    pub(crate) required: bool,
}

/// Anything.
pub(crate) static ANY: Form = Form::scalar(kinds::ANY, "a value");
/// No key but those that are known.
pub(crate) static UNKNOWN: Form = Form::scalar(kinds::NONE, "a key that is known");

impl Form {
    /// A form without keys: what is in a list or an object of it may be anything.
    pub(crate) const fn scalar(kinds: u8, what: &'static str) -> Form {
        Form { kinds, what, keys: &[], others: &ANY, elements: &ANY, words: &[], one: false }
    }

    /// An object with these keys, and others.
    pub(crate) const fn object(what: &'static str, keys: &'static [Key]) -> Form {
        Form { keys, ..Form::scalar(kinds::OBJECT, what) }
    }

    /// An object with these keys and no others.
    pub(crate) const fn closed(what: &'static str, keys: &'static [Key]) -> Form {
        Form { others: &UNKNOWN, ..Form::object(what, keys) }
    }

    /// A list of such elements.
    pub(crate) const fn list(what: &'static str, elements: &'static Form) -> Form {
        Form { elements, ..Form::scalar(kinds::ARRAY, what) }
    }

    /// A variant of an enumeration as serde writes it: a word alone, or an object of one key with what belongs to it.
    pub(crate) const fn variant(
        what: &'static str,
        words: &'static [&'static str],
        keys: &'static [Key],
    ) -> Form {
        let kinds = kinds::STRING | kinds::OBJECT;
        Form { kinds, words, one: true, ..Form::closed(what, keys) }
    }

    pub(super) fn allows(&self, value: &Json) -> bool {
        let kind = match value {
            Json::Null => kinds::NULL,
            Json::Bool(false) => kinds::FALSE,
            Json::Bool(true) => kinds::TRUE,
            Json::Number(_) => kinds::NUMBER,
            Json::String(_) => kinds::STRING,
            Json::Array(_) => kinds::ARRAY,
            Json::Object(_) => kinds::OBJECT,
        };
        let word = match value {
            Json::String(text) => {
                self.words.is_empty() || self.words.iter().any(|word| *text == **word)
            }
            _ => true,
        };
        self.kinds & kind != 0 && word
    }
}

impl Key {
    /// A key that may be absent.
    pub(crate) const fn optional(name: &'static str, kinds: u8, what: &'static str) -> Key {
        Key::of(name, Form::scalar(kinds, what))
    }

    /// A key of a form, which may be absent.
    pub(crate) const fn of(name: &'static str, form: Form) -> Key {
        Key { name, form, required: false }
    }

    /// The same key, which must be there.
    pub(crate) const fn required(self) -> Key {
        Key { required: true, name: self.name, form: self.form }
    }
}
