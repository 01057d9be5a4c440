//! Running one case of a token again, and comparing it with what was recorded.

use super::Runner;
use crate::error::Error;
use crate::lab::{Abort, CaseResult, Violation};
use crate::record::{Access, ChangedCall, Event, Evidence, HttpEvent, OperationEvent, StepEvent};
use crate::scenario::{Case, Check, Input};
use crate::token::Token;

use super::report::names;

/// Case that a token names, and the outcome that it recorded.
pub(super) struct Expected {
    pub(super) mint_seed: u64,
    trail: Vec<u8>,
    replayed: Option<Replayed>,
}

/// Outcome of running one case again.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Replayed {
    /// What happened, line by line.
    pub story: Vec<Event>,
    /// The causes that were found this time, with their sentences.
    pub found: Vec<(String, String)>,
    /// Facts that prove them.
    pub evidence: Vec<Evidence>,
    /// The first step that was not as the token says, counted from 1.
    pub diverged: Option<usize>,
    /// The reason why the case says nothing: the store refused what it needs.
    #[serde(default)]
    pub refused: Option<String>,
    /// The calls of the store that were changed, where changes were asked for.
    #[serde(default)]
    pub changed: Vec<ChangedCall>,
}

impl Runner<'_> {
    /// Runs one case again.
    pub(crate) fn replay(mut self, token: &Token) -> CaseResult<Replayed> {
        self.allowed()?;
        let (mint_seed, trail) = (token.mint_seed, token.trail.clone());
        self.expected = Some(Expected { mint_seed, trail, replayed: None });
        self.scenario.property.replay(&mut self, &token.case)?;
        self.expected
            .and_then(|expected| expected.replayed)
            .ok_or_else(|| Abort::Harness(Error::Token("the case was not run".into())))
    }

    /// Runs the case of a token.
    pub(crate) fn replay_case<X: Input>(
        &mut self,
        check: &Check<X>,
        bytes: &[u8],
    ) -> CaseResult<()> {
        let case: Case<X> = postcard::from_bytes(bytes).map_err(|error| {
            Abort::Harness(Error::Token(format!(
                "its case is not one of {}: {error}",
                self.scenario.id
            )))
        })?;
        let Some(mint_seed) = self.expected.as_ref().map(|expected| expected.mint_seed) else {
            return Ok(());
        };
        let case_outcome = self.run_case(check, &case, mint_seed)?;
        if let Some(expected) = &mut self.expected {
            let mut own: Vec<Event> = Vec::new();
            for violation in &case_outcome.violations {
                // Several causes of one part of the case have one story.
                if !violation.story.is_empty() && !own.ends_with(&violation.story) {
                    own.extend(violation.story.iter().cloned());
                }
            }
            expected.replayed = Some(Replayed {
                refused: case_outcome.refused.clone(),
                changed: self.worker.changed(),
                diverged: divergence(&expected.trail, &case_outcome.trail),
                story: if own.is_empty() { case_outcome.story } else { own },
                found: case_outcome
                    .violations
                    .iter()
                    .map(|v| (v.cause.clone(), v.sentence.replace("{who}", &names(&v.principals))))
                    .collect(),
                evidence: case_outcome.violations.into_iter().flat_map(|v| v.evidence).collect(),
            });
        }
        Ok(())
    }
}

/// Returns what a replay is compared by: a word for each event of the story, and then each cause.
///
/// Names, paths and messages are left out, since they may differ from run to run.
pub(super) fn trail(story: &[Event], violations: &[Violation]) -> Vec<String> {
    story
        .iter()
        .map(word)
        .chain(violations.iter().map(|violation| violation.cause.clone()))
        .collect()
}

fn word(event: &Event) -> String {
    let could = |mode: &str, others: &[Access]| {
        let others: Vec<String> =
            others.iter().map(|one| format!("{} {}", one.principal, one.access)).collect();
        format!("{mode} {}", others.join(" "))
    };
    match event {
        Event::Operation(OperationEvent { client, operation, answer, .. }) => {
            format!("{} {operation} {}", client.as_deref().unwrap_or_default(), answer.word())
        }
        Event::Step(StepEvent { client: Some(client), number, .. }) => {
            format!("{client} step {number}")
        }
        Event::Step(step) => could(step.mode.as_deref().unwrap_or_default(), &step.others),
        Event::Skipped { .. } => "skipped".to_owned(),
        Event::Probe(probe) => could(&probe.mode, &probe.others),
        Event::Client { client, action, .. } => format!("{client} {action:?}"),
        Event::Interrupted { operation, by, .. } => format!("{operation} {:?}", by.how),
        Event::Damage { .. } => "damage".to_owned(),
        Event::Http(HttpEvent { actor, request, status, shows, .. }) => {
            let shows: Vec<&str> = shows.iter().map(|shown| shown.of.as_str()).collect();
            let path = request.split('?').next().unwrap_or_default();
            format!("{actor} {path} {status} {}", shows.join(" "))
        }
        Event::Harness { .. } => "harness".to_owned(),
    }
}

/// Returns the first step at which two runs of one case differ, counted from 1.
fn divergence(expected: &[u8], seen: &[u8]) -> Option<usize> {
    let common = expected.iter().zip(seen).take_while(|(a, b)| a == b).count();
    (common < expected.len().max(seen.len())).then_some(common + 1)
}
