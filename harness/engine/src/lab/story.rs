//! The story of a case, and what it is told for: violations and notes.

use super::{Lab, Violation};
use crate::record::StoryLine;

impl Lab<'_> {
    /// Reports a violation. The same cause is reported once for a case, with everybody it concerns.
    pub fn report(&mut self, violation: Violation) {
        if let Some(same) = self.violations.iter_mut().find(|v| v.cause == violation.cause) {
            same.principals.extend(violation.principals);
            same.principals.sort_unstable();
            same.principals.dedup();
            // A few facts convince; a thousand hide each other.
            let room = 8_usize.saturating_sub(same.evidence.len());
            same.evidence.extend(violation.evidence.into_iter().take(room));
            return;
        }
        self.violations.push(violation);
    }

    /// Adds a fact to what was reported under a cause.
    pub fn add_evidence(&mut self, cause: &str, fact: impl Into<String>) {
        if let Some(violation) = self.violations.iter_mut().find(|v| v.cause == cause) {
            violation.evidence.push(fact.into());
        }
    }

    /// Returns the number of causes reported so far.
    pub fn violation_count(&self) -> usize {
        self.violations.len()
    }

    /// Returns the present length of the story, for [`Lab::rollback`] and [`Lab::story_since`].
    pub fn checkpoint(&self) -> usize {
        self.story.len()
    }

    /// Returns the lines after a checkpoint: the part that a violation is about.
    pub fn story_since(&self, length: usize) -> Vec<StoryLine> {
        self.story.get(length..).unwrap_or_default().to_vec()
    }

    /// Removes the story's lines after a checkpoint.
    pub fn rollback(&mut self, length: usize) {
        self.story.truncate(length);
    }

    /// Removes all lines of the story, which only served a comparison.
    pub fn clear_story(&mut self) {
        self.story.clear();
    }

    /// Removes a variation without a result from the story: the last line that names it, and all after it.
    pub fn rollback_damage(&mut self, did: &str) {
        if let Some(at) = self.story.iter().rposition(|line| line.did == did) {
            self.story.truncate(at);
        }
    }

    /// Adds a line to the story for an action of the harness itself.
    pub fn record(&mut self, did: impl Into<String>, result: impl Into<String>) {
        let (did, result) = (did.into(), result.into());
        self.story.push(StoryLine { did, result, others: Vec::new(), mark: None });
    }

    /// Replaces the result of the story's last line.
    pub fn amend(&mut self, result: impl Into<String>) {
        if let Some(line) = self.story.last_mut() {
            line.result = result.into();
        }
    }

    /// Adds a note that is no finding, once for the scenario.
    pub fn add_note(&mut self, what: impl Into<String>) {
        self.remarks.insert(what.into());
    }
}
