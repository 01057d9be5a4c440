//! The log of a scan: one rule for each cause, one result for each finding, at the file or directory that it is about.

use interloper_record::{Exit, LeftOut, Scan, ScanCause, ScanFinding, Severity};
use serde_json::json;

use super::log::{
    ArtifactLocation, Configuration, Driver, Invocation, Location, Log, LogicalLocation,
    Notification, PhysicalLocation, Properties, Region, Rule, SCHEMA, SarifResult, SarifRun, Text,
    Tool, VERSION,
};
use super::{FINGERPRINT, encoded, level, rules, utc};
use crate::report::human::clean;

/// Returns a scan as a SARIF log.
///
/// # Errors
/// When it cannot be written as JSON, which would be a bug of this program.
pub(crate) fn scan(scan: &Scan, judged: &(Exit, String)) -> std::io::Result<String> {
    let driver = Driver {
        name: "Interloper",
        version: scan.interloper.clone(),
        short_description: Text::plain("Tests what others can do to stored sessions."),
        rules: ScanCause::ALL.into_iter().map(rule).collect(),
        supported_taxonomies: Vec::new(),
    };
    let run = SarifRun {
        tool: Tool { driver },
        invocations: vec![invocation(scan, judged)],
        results: scan.findings.iter().map(result).collect(),
        taxonomies: Vec::new(),
    };
    let log = Log { schema: SCHEMA, version: VERSION, runs: vec![run] };
    Ok(serde_json::to_string_pretty(&log)? + "\n")
}

fn id(cause: ScanCause) -> String {
    format!("scan::{}", cause.as_str())
}

fn rule(cause: ScanCause) -> Rule {
    let mut properties = Properties::new();
    let weakness = format!("external/cwe/{}", cause.cwe().to_lowercase());
    properties.insert("tags".into(), json!(["security", weakness]));
    properties.insert("precision".into(), json!("high"));
    if let Some(number) = rules::security_severity(Severity::Medium) {
        properties.insert("security-severity".into(), json!(number));
    }
    let help = format!("{} See {}.", cause.sentence(), cause.cwe());
    Rule {
        id: id(cause),
        short_description: Text::plain(cause.sentence()),
        full_description: Text::plain(cause.sentence()),
        help: Text::plain(help),
        default_configuration: Configuration { level: level(Severity::Medium) },
        properties,
        relationships: Vec::new(),
    }
}

fn invocation(scan: &Scan, (exit, why): &(Exit, String)) -> Invocation {
    let ran_through = scan.interrupted.is_none() && matches!(exit, Exit::Clean | Exit::Findings);
    let mut properties = Properties::new();
    properties.insert("uid".into(), json!(scan.uid));
    properties.insert("paths".into(), json!(scan.paths));
    properties.insert("counts".into(), json!(scan.counts));
    Invocation {
        execution_successful: ran_through,
        exit_code: exit.code(),
        exit_code_description: clean(why),
        start_time_utc: utc(scan.started),
        end_time_utc: utc(scan.started + (scan.millis / 1000) as i64),
        tool_execution_notifications: scan.left_out.iter().map(notification).collect(),
        tool_configuration_notifications: Vec::new(),
        properties,
    }
}

fn notification(left: &LeftOut) -> Notification {
    let text = format!("{} ({} of these): {}", left.path, left.count, left.why);
    Notification { level: "warning", message: Text::plain(clean(&text)), associated_rule: None }
}

fn result(finding: &ScanFinding) -> SarifResult {
    let mut properties = Properties::new();
    properties.insert("severity".into(), json!(finding.severity.as_str()));
    properties.insert("who".into(), json!(finding.who));
    properties.insert("consequence".into(), json!(finding.consequence));
    properties.insert("reach".into(), json!(finding.reach));
    properties.insert("files".into(), json!(finding.files));
    let mut fingerprints = Properties::new();
    fingerprints.insert(FINGERPRINT.into(), json!(finding.fingerprint));
    let fixes = finding.fixes.iter().map(|fix| format!("Fix: {}", clean(fix)));
    let lines = std::iter::once(format!("{}.", clean(&finding.sentence))).chain(fixes);
    SarifResult {
        rule_id: id(finding.cause),
        rule_index: ScanCause::ALL.iter().position(|cause| *cause == finding.cause),
        level: level(finding.severity),
        message: Text::plain(lines.collect::<Vec<_>>().join("\n")),
        locations: vec![Location {
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation {
                    uri: format!("file://{}", encoded(&finding.at)),
                },
                region: Region { start_line: 1 },
            },
            logical_locations: vec![LogicalLocation {
                name: finding.at.clone(),
                fully_qualified_name: finding.at.clone(),
                kind: "resource",
            }],
        }],
        partial_fingerprints: fingerprints,
        suppressions: Vec::new(),
        properties,
    }
}
