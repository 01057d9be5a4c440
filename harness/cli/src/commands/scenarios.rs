//! `interloper scenarios`: the catalogue, and what a scenario is about.

use interloper_engine::{Principal, Scenario, Sweep};
use interloper_record::{Exit, ScenarioInfo, Severity};

use super::text::{BOLD, DIM, RED, YELLOW, hanging, heading, paint};
use crate::args::{ListFormat, ScenariosArgs};
use crate::failure::Failure;
use crate::output;
use crate::run;

/// Lists scenarios, or explains those that are named.
pub(crate) fn scenarios(args: &ScenariosArgs) -> Result<Exit, Failure> {
    let selected = run::scenarios(&args.names)?;
    let text = match args.format {
        ListFormat::Json => json(&selected)?,
        ListFormat::Human if args.names.is_empty() => table(&selected),
        ListFormat::Human => {
            let explained: Vec<String> = selected.iter().map(|one| explain(one)).collect();
            explained.join("\n")
        }
    };
    output::print(&text)?;
    Ok(Exit::Clean)
}

fn json(selected: &[&Scenario]) -> Result<String, Failure> {
    let infos: Vec<ScenarioInfo> = selected.iter().map(|scenario| scenario.info()).collect();
    let text = serde_json::to_string_pretty(&infos)
        .map_err(|error| output::OutputError::Stdout(error.into()))?;
    Ok(text + "\n")
}

fn table(selected: &[&Scenario]) -> String {
    let width = output::width();
    let widest = selected.iter().map(|scenario| scenario.subject().len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut area = "";
    for scenario in selected {
        if scenario.area() != area {
            area = scenario.area();
            if !text.is_empty() {
                text.push('\n');
            }
            text += &heading(area);
        }
        let severity = scenario.severity.as_str();
        let plain = format!("  {:widest$}  {severity}", scenario.subject()).len();
        let head = format!("  {:widest$}  {}", scenario.subject(), coloured(scenario.severity));
        text += &hanging(&head, plain, widest + 12, scenario.sentence, width);
    }
    text += &format!(
        "\n{} scenarios. `interloper scenarios AREA::SUBJECT` explains one; `interloper check --scenario …` runs it.\n",
        selected.len()
    );
    text
}

fn coloured(severity: Severity) -> String {
    match severity {
        Severity::High => paint(RED, "high"),
        Severity::Medium => paint(YELLOW, "medium"),
        Severity::Low | Severity::Info => paint(DIM, severity.as_str()),
    }
}

fn explain(scenario: &Scenario) -> String {
    let width = output::width();
    let info = scenario.info();
    let mut text = format!("{}   {}\n", paint(BOLD, scenario.id), coloured(scenario.severity));
    let mut line = |name: &str, what: &str| {
        let head = format!("  {name}");
        text += &hanging(&paint(DIM, &head), head.len(), 14, what, width);
    };
    line("holds", scenario.sentence);
    line("fix", scenario.fix);
    line("umasks", sweep(scenario.sweep));
    if scenario.run_as == Principal::Service {
        line("run as", "the sandbox's uid 0, as a service is");
    }
    let or_none = |words: &[String]| match words {
        [] => "nothing that every store and host does not have".to_owned(),
        words => words.join("; "),
    };
    line("needs", &or_none(&info.needs));
    line("weaknesses", &info.cwe.join(", "));
    line("references", &info.owasp.join(", "));
    line("run it", &format!("interloper check STORE --scenario {}", scenario.id));
    text
}

fn sweep(sweep: Sweep) -> &'static str {
    match sweep {
        Sweep::Every => "all 512",
        Sweep::Common => "the eight common ones",
        Sweep::One => "one, with many sessions: they do not matter to it",
        Sweep::Few => "one, with few sessions: each goes through every step of every operation",
        Sweep::Plain => "one, with the plainest session: neither makes a difference to it",
        Sweep::Random => "a random one for each case",
    }
}
