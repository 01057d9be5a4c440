//! What the formats in JSON share: where an error is, and the layout that Python writes.

use std::io;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use crate::error::{Error, Reason};
use crate::limits::check_length;

/// Reads JSON into its type. serde_json itself refuses to go deeper than 128.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    check_length(bytes)?;
    serde_json::from_slice(bytes).map_err(|error| {
        let lines = bytes.split_inclusive(|&byte| byte == b'\n');
        let before: usize = lines.take(error.line().saturating_sub(1)).map(<[u8]>::len).sum();
        let at = (before + error.column().saturating_sub(1)).min(bytes.len());
        Error::new(at, Reason::Json(error.to_string()))
    })
}

/// Prints JSON as `json.dumps(…, indent=4)` of Python does: ASCII only.
pub(crate) fn print_python(value: &impl Serialize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut serializer = Serializer::with_formatter(
        &mut out,
        Python { pretty: PrettyFormatter::with_indent(b"    ") },
    );
    // A value that was read has string keys only, and a vector takes every byte.
    value.serialize(&mut serializer).expect("what was read can be printed");
    out
}

/// Python's layout: serde_json's, with every character beyond ASCII escaped.
struct Python<'a> {
    pretty: PrettyFormatter<'a>,
}

impl Formatter for Python<'_> {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        text: &str,
    ) -> io::Result<()> {
        for piece in text.split_inclusive(|c: char| !c.is_ascii()) {
            let beyond = piece.chars().next_back().filter(|c| !c.is_ascii());
            out.write_all(&piece.as_bytes()[..piece.len() - beyond.map_or(0, char::len_utf8)])?;
            for unit in beyond.iter().flat_map(|c| c.encode_utf16(&mut [0; 2]).to_vec()) {
                write!(out, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.pretty.begin_array(out)
    }
    fn end_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.pretty.end_array(out)
    }
    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.pretty.begin_array_value(out, first)
    }
    fn end_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.pretty.end_array_value(out)
    }
    fn begin_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.pretty.begin_object(out)
    }
    fn end_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.pretty.end_object(out)
    }
    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.pretty.begin_object_key(out, first)
    }
    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.pretty.begin_object_value(out)
    }
    fn end_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.pretty.end_object_value(out)
    }
}
