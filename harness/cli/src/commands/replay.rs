//! `interloper replay`: one case again, step by step.

use interloper_engine::{Error, Replayed, StoreSpec, Token, Worker};
use interloper_record::describe::{self, Line};
use interloper_record::{Event, Exit, StepEvent};
use unicode_width::UnicodeWidthStr;

use super::text::{BOLD, DIM, GREEN, RED, YELLOW, clean, hanging, paint};
use crate::args::{DriverArgs, ReplayArgs};
use crate::failure::Failure;
use crate::output::{self, note};
use crate::run::{self, read_replay};
use crate::subjects;

/// Runs the case of a token, tells it, and says whether it came out as recorded.
pub(crate) fn replay(args: &ReplayArgs) -> Result<Exit, Failure> {
    let saved = read_replay(&args.token)?;
    let token: Token = saved.token.parse()?;
    run::scenarios(std::slice::from_ref(&token.scenario))?;
    let mut driver = args.driver.clone();
    driver.bind.extend(saved.bind);
    let own = saved.driver.is_some() || saved.app.is_some() || saved.command.is_some();
    if !driver.is_given() && own {
        driver.driver = saved.driver;
        driver.app = saved.app;
        driver.command = saved.command.unwrap_or_default();
        // The command was given there, and its relative paths mean something there alone.
        if let Some(directory) = &saved.directory {
            let _ = std::env::set_current_dir(directory);
        }
    }
    let spec = spec(&token, &driver)?;
    let tier = run::tier(args.tier.tier)?;
    let replayed = Worker::start_in(&spec, tier)
        .and_then(|mut worker| worker.replay(&saved.token))
        .map_err(|error| match error {
            Error::Driver(_) => Error::Driver(run::explain(&error, &spec, tier)),
            other => other,
        })?;
    let (exit, verdict) = judge(&token, &replayed, &driver);
    output::print(&(story(&token, &replayed) + &verdict))?;
    Ok(exit)
}

/// The store of the token, started by the command where there is one.
fn spec(token: &Token, driver: &DriverArgs) -> Result<StoreSpec, Failure> {
    let spec = match run::own(driver)? {
        Some((mut spec, named)) => {
            // Its own name is only known when it runs.
            if !named {
                spec.name.clone_from(&token.target.subject);
            }
            if spec.name != token.target.subject {
                note(&format!(
                    "the token is of {}, and is run on {}",
                    token.target.subject, spec.name
                ));
            }
            spec
        }
        None if subjects::is_known(&token.target.subject) => {
            let entries = subjects::select(std::slice::from_ref(&token.target.subject))?;
            let entry = entries.first().ok_or_else(|| unknown(token))?;
            entry.prepare()?
        }
        None => return Err(unknown(token)),
    };
    Ok(subjects::with_bound(spec, &driver.bind)?)
}

fn unknown(token: &Token) -> Failure {
    Failure::Usage(format!(
        "the token is of {:?}, which is no store of the registry: give what it was again, as it was: --driver CMD, --app FILE, --client FILE, or the commands it is made of",
        token.target.subject
    ))
}

fn story(token: &Token, replayed: &Replayed) -> String {
    let width = output::width();
    let at = format!("{} · {}", token.target.subject, token.target.setup);
    let mut text = format!("{}   {}\n", paint(BOLD, &clean(&token.scenario)), clean(&at));
    for (n, event) in replayed.story.iter().enumerate() {
        let line = describe::line(event);
        let head = format!("  step {}", n + 1);
        // What is a step of the replay may be a step of the store's, with a number of its own.
        let did = match event {
            Event::Step(StepEvent { client: None, number, call, .. }) => {
                format!("system call {number}: {}", clean(call))
            }
            _ => clean(&line.did),
        };
        let left = left(&line);
        let painted = paint(DIM, &head);
        if 10.max(head.len() + 1) + did.width() + left.width() + 2 <= width {
            let line =
                format!("{}{did}  {left}", " ".repeat(10_usize.saturating_sub(head.len()).max(1)));
            text += &format!("{painted}{}\n", line.trim_end());
            continue;
        }
        text += &hanging(&painted, head.len(), 10, &did, width);
        match 12 + left.width() <= width {
            true if left.is_empty() => {}
            true => text += &format!("{}{left}\n", " ".repeat(12)),
            false => text += &hanging("", 0, 12, &left, width),
        }
    }
    for fact in &replayed.evidence {
        text += &hanging(&paint(DIM, "  kernel"), 8, 10, &clean(&describe::evidence(fact)), width);
    }
    text
}

/// What a line of the story left, and what others could do with it.
fn left(line: &Line) -> String {
    let result = (!line.result.is_empty()).then(|| format!("→ {}", clean(&line.result)));
    let others = line.others.iter().map(|(who, could)| clean(&format!("{who} {could}")));
    let mark = line.mark.as_deref().map(|mark| format!("◀ {}", clean(mark)));
    result.into_iter().chain(others).chain(mark).collect::<Vec<_>>().join("   ")
}

/// Returns a word as a shell reads it, with nothing in it that a terminal obeys.
fn quoted(word: &str) -> String {
    clean(&shlex::try_quote(word).unwrap_or(word.into()))
}

/// What the run of a case says of what was recorded. Where it went another way, nothing.
fn judge(token: &Token, replayed: &Replayed, driver: &DriverArgs) -> (Exit, String) {
    let again = replayed.found.iter().find(|(cause, _)| *cause == token.cause);
    let diverged = replayed.diverged.map(|step| format!("diverged at step {step}"));
    match (again, diverged) {
        (Some((_, sentence)), diverged) => {
            let also = diverged.map_or_else(String::new, |how| {
                format!(
                    "{}\n",
                    paint(DIM, &format!("({how}: it is the same cause, but not the same run)"))
                )
            });
            let line = format!("{} {}\n", paint(RED, "reproduced:"), clean(sentence));
            (Exit::Findings, line + &also)
        }
        (None, Some(how)) => {
            let mut line = format!(
                "{}: what happened there is not what was recorded, so this run says nothing of the finding.\n",
                paint(YELLOW, &how)
            );
            for (cause, sentence) in &replayed.found {
                line +=
                    &format!("It found something else: {} ({})\n", clean(sentence), clean(cause));
            }
            let store = match driver.words() {
                words if words.is_empty() => clean(&token.target.subject),
                words => words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" "),
            };
            line += &format!(
                "Has the store changed? Check it: interloper check --scenario {} {store}\n",
                clean(&token.scenario)
            );
            (Exit::Untested, line)
        }
        (None, None) => {
            let line = paint(GREEN, "did not happen again");
            (
                Exit::Clean,
                format!(
                    "{line}: every step was as recorded, and {} was not found\n",
                    clean(&token.cause)
                ),
            )
        }
    }
}
