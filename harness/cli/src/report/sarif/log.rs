//! The part of SARIF 2.1.0 that Interloper writes, by the standard's own names.
//!
//! Order of fields is order in the file: what a person looks for comes first.

use serde::Serialize;
use serde_json::{Map, Value};

pub(crate) const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
pub(crate) const VERSION: &str = "2.1.0";

/// Further facts, by names of our own.
pub(crate) type Properties = Map<String, Value>;

#[derive(Serialize)]
pub(crate) struct Log {
    #[serde(rename = "$schema")]
    pub(crate) schema: &'static str,
    pub(crate) version: &'static str,
    pub(crate) runs: Vec<SarifRun>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SarifRun {
    pub(crate) tool: Tool,
    pub(crate) invocations: Vec<Invocation>,
    pub(crate) results: Vec<SarifResult>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) taxonomies: Vec<Taxonomy>,
}

#[derive(Serialize)]
pub(crate) struct Tool {
    pub(crate) driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Driver {
    pub(crate) name: &'static str,
    pub(crate) version: String,
    pub(crate) short_description: Text,
    pub(crate) rules: Vec<Rule>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) supported_taxonomies: Vec<Component>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) short_description: Text,
    pub(crate) full_description: Text,
    pub(crate) help: Text,
    pub(crate) default_configuration: Configuration,
    pub(crate) properties: Properties,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) relationships: Vec<Relationship>,
}

#[derive(Serialize)]
pub(crate) struct Configuration {
    pub(crate) level: &'static str,
}

#[derive(Serialize)]
pub(crate) struct Relationship {
    pub(crate) target: Target,
    pub(crate) kinds: Vec<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Target {
    pub(crate) id: String,
    pub(crate) tool_component: Component,
}

/// A component by its name, and its place in the list where it stands.
#[derive(Serialize)]
pub(crate) struct Component {
    pub(crate) name: &'static str,
    pub(crate) index: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Taxonomy {
    pub(crate) name: &'static str,
    pub(crate) organization: &'static str,
    pub(crate) short_description: Text,
    /// Whether every weakness there is is listed; only the ones used are.
    pub(crate) is_comprehensive: bool,
    pub(crate) taxa: Vec<Taxon>,
}

#[derive(Serialize)]
pub(crate) struct Taxon {
    pub(crate) id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Invocation {
    pub(crate) execution_successful: bool,
    pub(crate) exit_code: u8,
    pub(crate) exit_code_description: String,
    pub(crate) start_time_utc: String,
    pub(crate) end_time_utc: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tool_execution_notifications: Vec<Notification>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) tool_configuration_notifications: Vec<Notification>,
    pub(crate) properties: Properties,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Notification {
    pub(crate) level: &'static str,
    pub(crate) message: Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) associated_rule: Option<RuleRef>,
}

#[derive(Serialize)]
pub(crate) struct RuleRef {
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) index: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SarifResult {
    pub(crate) rule_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rule_index: Option<usize>,
    pub(crate) level: &'static str,
    pub(crate) message: Text,
    pub(crate) locations: Vec<Location>,
    pub(crate) partial_fingerprints: Properties,
    /// Empty says «not suppressed»; the standard wants the key on every result of a run or on none.
    pub(crate) suppressions: Vec<Suppression>,
    pub(crate) properties: Properties,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Location {
    pub(crate) physical_location: PhysicalLocation,
    pub(crate) logical_locations: Vec<LogicalLocation>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PhysicalLocation {
    pub(crate) artifact_location: ArtifactLocation,
    pub(crate) region: Region,
}

#[derive(Serialize)]
pub(crate) struct ArtifactLocation {
    pub(crate) uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Region {
    pub(crate) start_line: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogicalLocation {
    pub(crate) name: String,
    pub(crate) fully_qualified_name: String,
    pub(crate) kind: &'static str,
}

#[derive(Serialize)]
pub(crate) struct Suppression {
    pub(crate) kind: &'static str,
    pub(crate) status: &'static str,
    pub(crate) justification: String,
}

/// A text, and the same in Markdown where that says more.
#[derive(Serialize)]
pub(crate) struct Text {
    pub(crate) text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) markdown: Option<String>,
}

impl Text {
    /// Plain text.
    pub(crate) fn plain(text: impl Into<String>) -> Text {
        Text { text: text.into(), markdown: None }
    }

    /// Text and Markdown.
    pub(crate) fn rich(text: impl Into<String>, markdown: impl Into<String>) -> Text {
        Text { text: text.into(), markdown: Some(markdown.into()) }
    }
}
