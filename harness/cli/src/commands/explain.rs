//! `interloper explain`: what a finding means, without running anything.

use std::path::PathBuf;

use interloper::{CATALOGUE, family_of};
use interloper_engine::Token;
use interloper_record::lookup::{FindingRef, findings};
use interloper_record::{Exit, Policy, root_causes};

use super::text::{BOLD, DIM, clean, hanging, paint};
use crate::args::ExplainArgs;
use crate::failure::Failure;
use crate::output;
use crate::report;
use crate::run::{read_replay, read_saved};

/// The digits of a fingerprint.
const FINGERPRINT: usize = 16;

/// The column in which what is said of a token begins.
const COLUMN: usize = 14;

/// Tells a finding from the runs that were given, or what its token alone says.
pub(crate) fn explain(args: &ExplainArgs) -> Result<Exit, Failure> {
    let word = args.token.trim();
    let fingerprint = word.len() == FINGERPRINT && word.bytes().all(|b| b.is_ascii_hexdigit());
    if fingerprint && args.runs.is_empty() {
        let why = format!(
            "{word} is a fingerprint: give the run that has it, as `interloper explain {word} RUN.json`"
        );
        return Err(Failure::Usage(why));
    }
    let text = if fingerprint {
        from_runs(&args.runs, &|found| found.finding.fingerprint == word)?
    } else {
        let token: Token = read_replay(word)?.token.parse()?;
        match args.runs.is_empty() {
            true => from_token(&token)?,
            false => {
                let text = token.to_string();
                from_runs(&args.runs, &|found| found.finding.replay == text)?
            }
        }
    };
    output::print(&text)?;
    Ok(Exit::Clean)
}

/// Tells the finding of the runs that is meant.
fn from_runs(
    paths: &[PathBuf],
    is_meant: &dyn Fn(&FindingRef<'_>) -> bool,
) -> Result<String, Failure> {
    for path in paths {
        let mut run = read_saved(path)?;
        if run.root_causes.is_empty() {
            run.root_causes = root_causes(&run, family_of);
        }
        if let Some(found) = findings(&run).into_iter().find(is_meant) {
            return Ok(report::whole(&run, found, &Policy::default(), output::width()));
        }
    }
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    Err(Failure::Usage(format!(
        "{} has no such finding; `interloper report RUN.json --details` lists what a run has",
        names.join(", ")
    )))
}

/// Tells what the catalogue says of the finding of a token.
fn from_token(token: &Token) -> Result<String, Failure> {
    let Some(scenario) = CATALOGUE.iter().find(|scenario| scenario.id == token.scenario) else {
        return Err(Failure::Usage(format!(
            "the token is of scenario {:?}, which this version does not have; `interloper scenarios` lists them",
            token.scenario
        )));
    };
    let width = output::width();
    let target = format!("{}/{}", token.target.subject, token.target.setup);
    let mut text = format!("{}   {}\n", paint(BOLD, scenario.id), clean(&target));
    let mut line = |name: &str, what: &str| {
        let head = format!("  {name}");
        text += &hanging(&paint(DIM, &head), head.len(), COLUMN, &clean(what), width);
    };
    let family = family_of(scenario.id, &token.cause);
    let info = scenario.info();
    line("broken", &format!("this does not hold: {}", scenario.sentence));
    line("cause", &token.cause);
    line("root cause", &format!("{} ({})", family.sentence, family.id));
    line("fix", family.fix);
    line("severity", &format!("{}, unless the finding says otherwise", scenario.severity));
    line("weaknesses", &info.cwe.join(", "));
    line("references", &info.owasp.join(", "));
    text.push('\n');
    let mut command = |name: &str, lines: &[String]| {
        text += &format!("{}\n", paint(DIM, &format!("  {name}")));
        lines.iter().for_each(|line| text += &format!("      {}\n", clean(line)));
    };
    command("To see it happen, step by step:", &[format!("interloper replay {token}")]);
    let check = format!("interloper check {target} --scenario {}", scenario.id);
    command("To see whether it is mended:", &[check]);
    let entry = [
        "[[known]]".to_owned(),
        format!("store = {:?}", token.target.subject),
        format!("setup = {:?}", token.target.setup.to_string()),
        format!("scenario = {:?}", scenario.id),
        format!("cause = {:?}", token.cause),
        "reason = \"why it is accepted\"".to_owned(),
    ];
    command("To accept it, in a file for --known:", &entry);
    Ok(text)
}
