//! Scenarios as rules, and the weaknesses they are about as a taxonomy.

use interloper_record::{Run, ScenarioInfo, Severity};
use serde_json::json;

use super::level;
use super::log::Text;
use super::log::{
    Component, Configuration, Properties, Relationship, Rule, Target, Taxon, Taxonomy,
};

/// The name of the taxonomy.
const CWE: &str = "CWE";

/// Returns a scenario as a rule.
pub(crate) fn rule(scenario: &ScenarioInfo) -> Rule {
    let mut properties = Properties::new();
    let mut tags = vec!["security".to_owned()];
    tags.extend(scenario.cwe.iter().map(|cwe| format!("external/cwe/{}", cwe.to_lowercase())));
    properties.insert("tags".into(), json!(tags));
    properties.insert("precision".into(), json!("very-high"));
    if let Some(number) = security_severity(scenario.severity) {
        properties.insert("security-severity".into(), json!(number));
    }
    Rule {
        id: scenario.id.clone(),
        short_description: Text::plain(scenario.sentence.as_str()),
        full_description: Text::plain(full(scenario)),
        help: help(scenario),
        default_configuration: Configuration { level: level(scenario.severity) },
        properties,
        relationships: scenario.cwe.iter().filter_map(|cwe| relationship(cwe)).collect(),
    }
}

/// Returns the number that code scanning sorts by: 7.0 and above is high, 4.0 medium, 0.1 low; none says that it is no alarm.
pub(super) fn security_severity(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.5"),
        Severity::Info => None,
    }
}

fn full(scenario: &ScenarioInfo) -> String {
    match scenario.needs.is_empty() {
        true => scenario.sentence.clone(),
        false => format!("{} Needs {}.", scenario.sentence, scenario.needs.join(", ")),
    }
}

fn help(scenario: &ScenarioInfo) -> Text {
    let references: Vec<&str> =
        scenario.cwe.iter().chain(&scenario.owasp).map(String::as_str).collect();
    let mut text = format!("{}\n\nFix: {}", scenario.sentence, scenario.fix);
    let mut markdown = format!("{}\n\n**Fix:** {}", scenario.sentence, scenario.fix);
    if !references.is_empty() {
        text.push_str(&format!("\n\nReferences: {}", references.join(", ")));
        let linked: Vec<String> = references.into_iter().map(linked).collect();
        markdown.push_str(&format!("\n\n**References:** {}", linked.join(", ")));
    }
    Text::rich(text, markdown)
}

/// Returns a reference, as a link if its address follows from its name.
fn linked(reference: &str) -> String {
    match cwe_number(reference) {
        Some(n) => format!("[{reference}](https://cwe.mitre.org/data/definitions/{n}.html)"),
        None => reference.to_owned(),
    }
}

fn cwe_number(reference: &str) -> Option<&str> {
    let number = reference.strip_prefix("CWE-")?;
    (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then_some(number)
}

/// Returns the weaknesses that the scenarios name; no taxonomy if there are none.
pub(crate) fn taxonomies(run: &Run) -> Vec<Taxonomy> {
    let mut numbers: Vec<u32> = run
        .scenarios
        .iter()
        .flat_map(|scenario| &scenario.cwe)
        .filter_map(|cwe| cwe_number(cwe)?.parse().ok())
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.is_empty() {
        return Vec::new();
    }
    vec![Taxonomy {
        name: CWE,
        organization: "MITRE",
        short_description: Text::plain("The MITRE Common Weakness Enumeration"),
        is_comprehensive: false,
        taxa: numbers.into_iter().map(|n| Taxon { id: n.to_string() }).collect(),
    }]
}

/// Returns the taxonomy by name and index; there is one at most.
pub(crate) fn cwe_component() -> Component {
    Component { name: CWE, index: 0 }
}

fn relationship(cwe: &str) -> Option<Relationship> {
    let number = cwe_number(cwe)?;
    let target = Target { id: number.to_owned(), tool_component: cwe_component() };
    // Read: the weakness is the wider of the two.
    Some(Relationship { target, kinds: vec!["superset"] })
}

/// Returns text in a fence of Markdown.
pub(crate) fn fenced(text: &str) -> String {
    // The fence is longer than any run of backticks inside, or it would end there.
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}text\n{text}\n{fence}")
}
