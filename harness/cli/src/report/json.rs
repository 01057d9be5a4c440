//! The run record as a file. Its reader is `interloper_record::json`.

use std::io::{self, Write};

use interloper_record::Run;

use super::Report;

/// Writes the record, indented, so that it can also be read and compared.
pub(crate) struct Json;

impl Report for Json {
    fn write(&self, run: &Run, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, run)?;
        writeln!(out)
    }
}
