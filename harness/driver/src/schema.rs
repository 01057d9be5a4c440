//! The JSON Schema of the protocol, generated from its types.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

use crate::op::Answers;
use crate::{ChildEvent, Request};

/// Every line that travels; the answers by the operation that they answer.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Protocol {
    request: Request,
    answers: Answers,
    event: ChildEvent,
}

/// The schema of every line of the protocol, one property for each sort of line.
pub fn protocol() -> Value {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Protocol>();
    schema.insert("title".into(), "Interloper driver protocol, version 2".into());
    schema.to_value()
}
