//! The JSON Schemas of the records, generated from their types.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};

use crate::{RECORD_FORMAT, Run, SCAN_FORMAT, Scan, TRACE_FORMAT, Traces};

/// Returns the schema of what `interloper check --format json` writes.
pub fn run() -> Value {
    schema::<Run>("Interloper run record", RECORD_FORMAT)
}

/// Returns the schema of what `interloper trace --format json` writes.
pub fn traces() -> Value {
    schema::<Traces>("Interloper trace record", TRACE_FORMAT)
}

/// Returns the schema of what `interloper scan --format json` writes.
pub fn scan() -> Value {
    schema::<Scan>("Interloper scan record", SCAN_FORMAT)
}

/// Returns the schema of a type of this format, as it is written.
fn schema<T: JsonSchema>(title: &str, format: u32) -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<T>();
    schema.insert("title".into(), format!("{title}, format {format}").into());
    let mut schema = schema.to_value();
    // A schema is of one format alone.
    if let Some(version) = schema.pointer_mut("/properties/format") {
        version["const"] = json!(format);
    }
    schema
}
