//! Running one case of a token again, and comparing it with what was recorded.

use super::Runner;
use crate::error::Error;
use crate::lab::{Abort, CaseResult, Violation};
use crate::record::StoryLine;
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
    /// Story, line by line.
    pub story: Vec<StoryLine>,
    /// The causes that were found this time, with their sentences.
    pub found: Vec<(String, String)>,
    /// Facts from the kernel.
    pub evidence: Vec<String>,
    /// The first step that was not as the token says, counted from 1.
    pub diverged: Option<usize>,
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
            let mut own: Vec<StoryLine> = Vec::new();
            for violation in &case_outcome.violations {
                // Several causes of one part of the case have one story.
                if !violation.story.is_empty() && !own.ends_with(&violation.story) {
                    own.extend(violation.story.iter().cloned());
                }
            }
            expected.replayed = Some(Replayed {
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

/// Returns the trail of a case, by which a replay is compared: a word for each line of its story, and last its findings.
///
/// Names and messages are left out: they may hold what differs from run to run.
pub(super) fn trail(story: &[StoryLine], violations: &[Violation]) -> Vec<String> {
    let first = |text: &str, end: char| text.split(end).next().unwrap_or_default().to_owned();
    let steps = story.iter().map(|line| match line.did.starts_with("  ") {
        true => format!("{} {}", line.result, line.others.join(" ")),
        false => format!("{} {}", first(&line.did, '('), first(&line.result, ':')),
    });
    steps.chain(violations.iter().map(|violation| violation.cause.clone())).collect()
}

/// Returns the first step at which two runs of one case differ, counted from 1.
fn divergence(expected: &[u8], seen: &[u8]) -> Option<usize> {
    let common = expected.iter().zip(seen).take_while(|(a, b)| a == b).count();
    (common < expected.len().max(seen.len())).then_some(common + 1)
}
