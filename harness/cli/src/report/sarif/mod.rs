//! SARIF 2.1.0: one rule for each scenario, one result for each finding.
//!
//! Written so that code scanning shows it well: every result has a physical location (a reader without one drops the
//! result), the severity number stands on the rule, the fingerprint keeps an alert the same over runs, and a known
//! failure or a documented one is a suppression. The category of the upload (`automationDetails`) is left to who uploads: an id in the file
//! would win over the one they choose.
//!
//! [`log`] has the structures of the format, [`rules`] what is said of scenarios, [`scan`] the log of a scan.

mod log;
mod rules;
mod scan;

pub(crate) use self::scan::scan as of_scan;

use std::io::{self, Write};

use interloper_record::lookup::{
    FindingRef, contradiction, findings, interruption_clause, label, store, trouble_sentence,
};
use interloper_record::{Matrix, Policy, Run, Severity, Trouble, TroubleKind, Verdict};
use serde_json::json;

use self::log::{
    ArtifactLocation, Driver, Invocation, Location, Log, LogicalLocation, Notification,
    PhysicalLocation, Properties, Region, RuleRef, SCHEMA, SarifResult, SarifRun, Suppression,
    Text, Tool, VERSION,
};
use super::human::{clean, plain};
use super::time::utc;
use super::{Report, umask};

/// The name under which a finding's fingerprint stands; it changes when the way of making one does.
const FINGERPRINT: &str = "interloper/v1";

/// Writes a SARIF log.
pub(crate) struct Sarif {
    policy: Policy,
}

impl Sarif {
    /// Creates a writer with this policy for the exit code.
    pub(crate) fn new(policy: Policy) -> Sarif {
        Sarif { policy }
    }
}

impl Report for Sarif {
    fn write(&self, run: &Run, out: &mut dyn Write) -> io::Result<()> {
        let log = Log { schema: SCHEMA, version: VERSION, runs: vec![self.run(run)] };
        serde_json::to_writer_pretty(&mut *out, &log)?;
        writeln!(out)
    }
}

impl Sarif {
    fn run(&self, run: &Run) -> SarifRun {
        let taxonomies = rules::taxonomies(run);
        let driver = Driver {
            name: "Interloper",
            version: run.interloper.clone(),
            short_description: Text::plain("Tests what others can do to stored sessions."),
            rules: run.scenarios.iter().map(rules::rule).collect(),
            supported_taxonomies: taxonomies.iter().map(|_| rules::cwe_component()).collect(),
        };
        SarifRun {
            tool: Tool { driver },
            invocations: vec![self.invocation(run)],
            results: findings(run).into_iter().map(|found| self.result(run, found)).collect(),
            taxonomies,
        }
    }

    fn invocation(&self, run: &Run) -> Invocation {
        let outcome = self.policy.judge(run);
        let mut properties = Properties::new();
        properties.insert("tier".into(), json!(run.host.tier));
        properties.insert("kernel".into(), json!(run.host.kernel));
        properties.insert("settings".into(), json!(run.host.settings));
        properties.insert("profile".into(), json!(run.asked.profile));
        // A string: readers in JavaScript would round a large number.
        properties.insert("seed".into(), json!(run.asked.seed.to_string()));
        properties.insert("leftOut".into(), json!(run.asked.left_out));
        let stale = run.stale.iter().map(|stale| Notification {
            level: "error",
            message: Text::plain(format!("{}: {}: {}", stale.file, stale.pattern, stale.why)),
            associated_rule: None,
        });
        Invocation {
            execution_successful: outcome.ran_through(),
            exit_code: outcome.exit.code(),
            exit_code_description: outcome.words(),
            start_time_utc: utc(run.started),
            end_time_utc: utc(run.started.saturating_add_unsigned(run.millis / 1000)),
            tool_execution_notifications: notifications(run),
            tool_configuration_notifications: stale.collect(),
            properties,
        }
    }

    fn result(&self, run: &Run, found: FindingRef<'_>) -> SarifResult {
        let FindingRef { result, finding } = found;
        let mut fingerprints = Properties::new();
        fingerprints.insert(FINGERPRINT.into(), json!(finding.fingerprint));
        let suppression = |justification: String| Suppression {
            kind: "external",
            status: "accepted",
            justification,
        };
        let documented = finding.documented.as_ref();
        let reasons = [documented.map(|one| format!("documented: {one}")), finding.known.clone()];
        let mut properties = Properties::new();
        properties.insert("store".into(), json!(label(run, &result.store)));
        properties.insert("setup".into(), json!(result.setup));
        properties.insert("severity".into(), json!(finding.severity));
        properties.insert("cause".into(), json!(finding.cause));
        properties.insert("predicted".into(), json!(result.predicted));
        properties.insert("matrix".into(), matrix(&finding.matrix));
        properties.insert("smallest".into(), json!(finding.smallest));
        if let Some(documented) = documented {
            properties.insert("documented".into(), json!(documented));
        }
        properties.insert("replay".into(), json!(format!("interloper replay {}", finding.replay)));
        let text = plain(run, found, &self.policy);
        SarifResult {
            rule_id: result.scenario.clone(),
            rule_index: rule_index(run, &result.scenario),
            level: level(finding.severity),
            message: Text::rich(message(run, found), rules::fenced(&text)),
            locations: vec![location(run, found)],
            partial_fingerprints: fingerprints,
            suppressions: reasons.into_iter().flatten().take(1).map(suppression).collect(),
            properties,
        }
    }
}

fn rule_index(run: &Run, id: &str) -> Option<usize> {
    run.scenarios.iter().position(|scenario| scenario.id == id)
}

/// Returns the level for a severity; the format has one less.
fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// Returns what happened, where, the fix and the replay; a list of alerts shows the first lines.
fn message(run: &Run, found: FindingRef<'_>) -> String {
    let FindingRef { result, finding } = found;
    let mut setup = format!("{}, setup {}", label(run, &result.store), result.setup);
    if let Some(umasks) = umask::headline(&finding.matrix) {
        setup.push_str(&format!(", {umasks}"));
    }
    let sentence = clean(finding.told().trim_end_matches('.'));
    let lines = [
        format!("{sentence} ({}).", clean(&setup)),
        format!("Smallest case: {}", clean(&finding.smallest)),
        format!("Fix: {}", clean(&finding.fix)),
        format!("Replay: interloper replay {}", clean(&finding.replay)),
    ];
    lines.join("\n")
}

/// Returns where to show a finding: at the store's source if it has one, or else at a stable name.
fn location(run: &Run, found: FindingRef<'_>) -> Location {
    let FindingRef { result, .. } = found;
    let source = store(run, &result.store).and_then(|store| store.source.as_deref());
    let uri = match source {
        Some(path) if path.starts_with('/') => format!("file://{}", encoded(path)),
        Some(path) => encoded(path.trim_start_matches("./")),
        None => format!("interloper/{}", encoded(&result.store)),
    };
    Location {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation { uri },
            region: Region { start_line: 1 },
        },
        logical_locations: vec![LogicalLocation {
            name: result.store.clone(),
            fully_qualified_name: format!("{}/{}", result.store, result.setup),
            kind: "module",
        }],
    }
}

/// Encodes a path as part of a URI.
fn encoded(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b'@' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// Returns the matrix with its umasks as ranges: exact, and one line instead of 512.
fn matrix(matrix: &Matrix) -> serde_json::Value {
    let reached = matrix.reached.iter();
    let reached: Properties =
        reached.map(|(name, umasks)| (name.clone(), json!(umask::ranges(umasks)))).collect();
    json!({
        "tested": umask::ranges(&matrix.tested),
        "failed": umask::ranges(&matrix.failed),
        "reached": reached,
    })
}

/// Returns the notification of a trouble, with its details.
fn notification(trouble: &Trouble) -> Notification {
    let level = if trouble.kind == TroubleKind::Host { "warning" } else { "error" };
    let lines = std::iter::once(trouble_sentence(trouble)).chain(trouble.details.iter().cloned());
    let text: Vec<String> = lines.map(|line| clean(&line)).collect();
    Notification { level, message: Text::plain(text.join("\n")), associated_rule: None }
}

/// Returns what was not tested, so that a log without results does not look like a store without flaws.
fn notifications(run: &Run) -> Vec<Notification> {
    let mut notifications: Vec<Notification> = run.troubles.iter().map(notification).collect();
    notifications.extend(run.interrupted.iter().map(|interrupted| Notification {
        level: "error",
        message: Text::plain(interruption_clause(interrupted)),
        associated_rule: None,
    }));
    for result in &run.results {
        let broken = contradiction(result).map(|what| ("error", format!("the record {what}")));
        let reason = || result.reason.clone().unwrap_or_else(|| "no reason was recorded".into());
        let notice = broken.or_else(|| match result.verdict {
            Verdict::Error => Some(("error", reason())),
            Verdict::Skip => Some(("warning", format!("skipped: {}", reason()))),
            Verdict::Unsupported => Some(("note", format!("unsupported: {}", reason()))),
            Verdict::Pass | Verdict::Fail => None,
        });
        let Some((level, reason)) = notice else { continue };
        let setup = format!("{} on {} · {}", result.scenario, result.store, result.setup);
        notifications.push(Notification {
            level,
            message: Text::plain(format!("{setup}: {reason}")),
            associated_rule: Some(RuleRef {
                id: result.scenario.clone(),
                index: rule_index(run, &result.scenario),
            }),
        });
    }
    notifications
}
