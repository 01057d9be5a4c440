//! The printers of JSON, each in the layout of one program.

use std::io::Write;

use super::value::{Json, Object, Text};

/// Layout of a program.
struct Layout {
    /// Blanks of each level; `None` if all is on one line.
    indent: Option<usize>,
    /// Text after a key.
    colon: &'static [u8],
    /// Whether everything but printable ASCII is escaped.
    ascii: bool,
}

/// Prints as `json.dumps(…, indent=4)` of Python does: four blanks a level, ASCII only.
pub(crate) fn print_python(value: &Object) -> Vec<u8> {
    object(value, &Layout { indent: Some(4), colon: b": ", ascii: true })
}

/// Prints as `JSON.stringify` of JavaScript and `serde_json::to_string` do.
pub(crate) fn print_compact(value: &Object) -> Vec<u8> {
    object(value, &Layout { indent: None, colon: b":", ascii: false })
}

/// Prints as `serde_json::to_string_pretty` does: two blanks a level.
pub(crate) fn print_pretty(value: &Json) -> Vec<u8> {
    let mut out = Vec::new();
    let layout = Layout { indent: Some(2), colon: b": ", ascii: false };
    layout.value(value, 0, &mut out);
    out
}

fn object(object: &Object, layout: &Layout) -> Vec<u8> {
    let mut out = Vec::new();
    layout.object(object, 0, &mut out);
    out
}

impl Layout {
    fn value(&self, value: &Json, level: usize, out: &mut Vec<u8>) {
        match value {
            Json::Null => out.extend(b"null"),
            Json::Bool(true) => out.extend(b"true"),
            Json::Bool(false) => out.extend(b"false"),
            Json::Number(number) => out.extend(number.as_str().bytes()),
            Json::String(text) => self.text(text, out),
            Json::Array(items) if items.is_empty() => out.extend(b"[]"),
            Json::Array(items) => {
                out.push(b'[');
                for (nth, item) in items.iter().enumerate() {
                    self.between(nth, level + 1, out);
                    self.value(item, level + 1, out);
                }
                self.line(level, out);
                out.push(b']');
            }
            Json::Object(object) => self.object(object, level, out),
        }
    }

    fn object(&self, object: &Object, level: usize, out: &mut Vec<u8>) {
        out.push(b'{');
        for (nth, (key, value)) in object.0.iter().enumerate() {
            self.between(nth, level + 1, out);
            self.text(key, out);
            out.extend(self.colon);
            self.value(value, level + 1, out);
        }
        if !object.0.is_empty() {
            self.line(level, out);
        }
        out.push(b'}');
    }

    fn between(&self, nth: usize, level: usize, out: &mut Vec<u8>) {
        if nth > 0 {
            out.push(b',');
        }
        self.line(level, out);
    }

    fn line(&self, level: usize, out: &mut Vec<u8>) {
        if let Some(indent) = self.indent {
            out.push(b'\n');
            out.resize(out.len() + indent * level, b' ');
        }
    }

    fn text(&self, text: &Text, out: &mut Vec<u8>) {
        out.push(b'"');
        for piece in text.pieces() {
            match piece {
                Ok(piece) => piece.chars().for_each(|one| self.character(one, out)),
                Err(unit) => escape(unit, out),
            }
        }
        out.push(b'"');
    }

    fn character(&self, one: char, out: &mut Vec<u8>) {
        match one {
            '"' => out.extend(b"\\\""),
            '\\' => out.extend(b"\\\\"),
            '\n' => out.extend(b"\\n"),
            '\r' => out.extend(b"\\r"),
            '\t' => out.extend(b"\\t"),
            '\u{8}' => out.extend(b"\\b"),
            '\u{c}' => out.extend(b"\\f"),
            _ if one < ' ' || self.ascii && one > '~' => {
                one.encode_utf16(&mut [0; 2]).iter().for_each(|unit| escape(*unit, out));
            }
            _ => out.extend(one.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

fn escape(unit: u16, out: &mut Vec<u8>) {
    // Writing to a vector does not fail.
    let _ = write!(out, "\\u{unit:04x}");
}
