//! Headers that a search came upon, which a parser reads otherwise than any vector shows.
//!
//! What the vectors show of a parser is said by the area `parsers`. A search begins with them, and reports only what none of them shows.

use interloper_driver::{Header, Operation};
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Explored, Explorer, Lab, Need, Plan, Principal, Result, SavedInput,
    Scenario, Search, SearchNews, SearchOrder, SearchState, StoryGuards, Sweep, Violation,
};
use proptest::prelude::*;

use super::behaviour::News;
use super::input::FuzzInput;
use super::minimise::minimise;
use super::mutate::{Mutator, USUAL};
use super::progress::{EACH, PATIENCE, Progress};
use crate::parsers::{Judged, Survey};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "fuzzing::headers",
    sentence: "Whatever a header of cookies holds, a parser answers, and no reading differs from RFC 6265's in a way that no vector shows of this parser.",
    fix: "split the header at semicolons and each piece at its first `=`, take off spaces and tabs alone, decode nothing before that, and read on behind a piece that is odd",
    severity: Severity::Medium,
    cwe: &["CWE-20", "CWE-755", "CWE-400"],
    owasp: &["ASVS 5.0 1.2.1", "ASVS 5.0 16.5.3"],
    needs: &[Need::Op(Operation::Parse)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Search {
        check: Check { input: none, check },
        read: FuzzInput::read,
        explorer: begin,
    },
};

/// The longest input that is kept, in bytes.
const KEPT: usize = 1 << 10;
/// The headers, by the number of the file that an input is of.
const HEADERS: [Header; 2] = [Header::Cookie, Header::SetCookie];

/// Returns the strategy of a scenario whose cases are searched for.
fn none(_: &Plan) -> BoxedStrategy<FuzzInput> {
    Just(FuzzInput { file: 0, bytes: Vec::new() }).boxed()
}

fn header_of(input: &FuzzInput) -> Header {
    HEADERS[usize::from(input.file) % HEADERS.len()]
}

/// Returns what the vectors show of the header that an input is of; `None` if the parser does not read that.
fn survey_of<'s>(surveys: &'s [Survey], input: &FuzzInput) -> Option<&'s Survey> {
    surveys.iter().find(|survey| survey.header == header_of(input))
}

fn check(lab: &mut Lab<'_>, case: &Case<FuzzInput>) -> CaseResult<()> {
    let header = header_of(&case.input);
    let survey = Survey::new(lab, header)?;
    for violation in new_violations(&survey, &survey.judge(lab, &case.input.bytes)?) {
        lab.report(violation);
    }
    Ok(())
}

/// Returns what an input shows that no vector does.
fn new_violations(survey: &Survey, judged: &Judged) -> Vec<Violation> {
    let new = judged.violations.iter().filter(|found| !survey.shown.contains(&found.cause));
    new.cloned().collect()
}

/// Says what a search does not report, because a vector shows it.
fn said_by_vectors(survey: &Survey) -> String {
    let header = survey.header;
    let shown: Vec<&str> = survey.shown.iter().map(String::as_str).collect();
    match shown.is_empty() {
        true => format!("{header}: the vectors show nothing of this parser"),
        false => format!(
            "{header}: not reported, because the vectors show it of this parser already: {}; `check` has each with its header",
            shown.join(", ")
        ),
    }
}

/// Begins a search.
fn begin(order: &SearchOrder) -> Box<dyn Explorer<FuzzInput>> {
    Box::new(Headers {
        progress: Progress::new(order),
        surveys: Vec::new(),
        queue: Vec::new(),
        mutator: Mutator { words: words() },
    })
}

/// Returns the words that are put into headers: whole cookies, and what stands between them somewhere.
fn words() -> Vec<Vec<Vec<u8>>> {
    let class = |words: &[&str]| words.iter().map(|word| word.as_bytes().to_vec()).collect();
    vec![
        class(&["b=2", "; b=2", "c=3; ", "__Host-id=7", "__Secure-id=7", "=b=2", "a", "a=\"1\""]),
        class(&[
            "; ", ";", ", ", ",", " ", "\t", "&", "=", "\"", "\\", "%", "%3B", "%3D", "\\073", "$",
        ]),
        class(&["\u{a0}", "\u{2000}", "\u{85}", "\u{feff}", "\u{ff1b}", "\u{37e}", "\0", "\r\n"]),
        class(&[
            "; Secure",
            "; HttpOnly",
            "; Domain=b.org",
            "; SameSite=None",
            "; Path=/",
            "; Max-Age=1",
        ]),
    ]
}

struct Headers {
    progress: Progress,
    /// Surveys of the vectors, one for each header that the parser reads.
    surveys: Vec<Survey>,
    /// Inputs that are tried as they are.
    queue: Vec<FuzzInput>,
    mutator: Mutator,
}

impl Explorer<FuzzInput> for Headers {
    fn explore(
        &mut self,
        lab: &mut Lab<'_>,
        news: &mut dyn FnMut(SearchNews) -> Result<()>,
    ) -> CaseResult<Explored<FuzzInput>> {
        self.progress.begin(lab);
        if self.surveys.is_empty() {
            self.prime(lab)?;
        }
        let mut tried = 0;
        while !self.progress.is_done() {
            if tried % EACH == 0 {
                self.start(lab)?;
            }
            tried += 1;
            let (input, changes) = self.next();
            let Some(survey) = survey_of(&self.surveys, &input) else { continue };
            let judged = lab.aside(|lab| survey.judge(lab, &input.bytes))?;
            let lines = if judged.died { Vec::new() } else { lab.new_lines()? };
            let found = new_violations(survey, &judged);
            self.progress.executions += 1;
            let new = self.progress.behaviours.add(&judged.words, &lines);
            if new > News::Nothing && input.bytes.len() <= KEPT {
                self.progress.keep(&input, judged.is_read, changes, news)?;
            }
            if judged.died {
                self.start(lab)?;
            }
            let causes: Vec<&str> = found.iter().map(|found| found.cause.as_str()).collect();
            if self.progress.is_suspect(&causes, changes) {
                return Ok(Explored::Suspect(input));
            }
            self.progress.report(news)?;
        }
        Ok(Explored::Done)
    }

    fn changes(&self) -> u32 {
        self.progress.changes
    }

    fn learn(&mut self, causes: &[String]) {
        self.progress.learn(causes);
    }

    fn minimise(
        &mut self,
        lab: &mut Lab<'_>,
        input: &FuzzInput,
        cause: &str,
    ) -> CaseResult<FuzzInput> {
        lab.set_patience(PATIENCE);
        let Some(survey) = survey_of(&self.surveys, input) else { return Ok(input.clone()) };
        let bytes = minimise(&input.bytes, cause.ends_with("hang"), |bytes| {
            let judged = lab.aside(|lab| survey.judge(lab, bytes))?;
            Ok(judged.violations.iter().any(|found| found.cause == cause))
        })?;
        Ok(FuzzInput { file: input.file, bytes })
    }

    fn state(&self) -> SearchState {
        self.progress.state()
    }

    fn saved(&self, input: &FuzzInput) -> SavedInput {
        input.saved()
    }
}

impl Headers {
    /// Gathers what the search begins with: every vector, and what was saved.
    fn prime(&mut self, lab: &mut Lab<'_>) -> CaseResult<()> {
        for (file, header) in HEADERS.into_iter().enumerate() {
            if lab.hello().parses.contains(&header) {
                let survey = Survey::new(lab, header)?;
                lab.add_note(said_by_vectors(&survey));
                for bytes in survey.inputs().filter(|bytes| bytes.len() <= KEPT) {
                    self.progress.corpus.add(FuzzInput { file: file as u8, bytes }, true, 0);
                }
                self.surveys.push(survey);
            }
        }
        self.queue = self.progress.order.inputs.iter().map(FuzzInput::read).collect();
        Ok(())
    }

    /// Has a new process serve, and asks it which places of its code run.
    fn start(&mut self, lab: &mut Lab<'_>) -> CaseResult<()> {
        lab.leave()?;
        Survey::open(lab)?;
        self.progress.watch(lab)
    }

    fn next(&mut self) -> (FuzzInput, u32) {
        if let Some(input) = self.queue.pop() {
            return (input, 0);
        }
        let (chosen, before) = self.progress.choose();
        let Progress { corpus, random, .. } = &mut self.progress;
        let (mut input, more) = self.mutator.mutate(&chosen, corpus, random);
        input.bytes.truncate(USUAL);
        (input, before.saturating_add(more))
    }
}
