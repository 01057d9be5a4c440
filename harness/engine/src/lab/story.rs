//! The story of a case, and what it is told for: violations and notes.

use super::{Lab, Violation};
use crate::record::{AnswerEvent, Condition, Event, Evidence};

impl Lab<'_> {
    /// Says what every violation needs that is reported from here on, besides another user on the host.
    pub fn assume(&mut self, condition: Condition) {
        self.condition = Some(condition);
    }

    /// Reports a violation. The same cause is reported once for a case, with everybody it concerns.
    pub fn report(&mut self, mut violation: Violation) {
        violation.condition = violation.condition.or_else(|| self.condition.clone());
        if let Some(same) = self.violations.iter_mut().find(|v| v.cause == violation.cause) {
            // What happens under one condition and also without it needs none.
            if same.condition != violation.condition {
                same.condition = None;
            }
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
    pub fn add_evidence(&mut self, cause: &str, fact: impl Into<Evidence>) {
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

    /// Returns the events after a checkpoint: the part that a violation is about.
    pub fn story_since(&self, length: usize) -> Vec<Event> {
        self.story.get(length..).unwrap_or_default().to_vec()
    }

    /// Removes the story's events after a checkpoint.
    pub fn rollback(&mut self, length: usize) {
        self.story.truncate(length);
    }

    /// Removes all events of the story, which only served a comparison.
    pub fn clear_story(&mut self) {
        self.story.clear();
    }

    /// Removes a damage that showed nothing from the story, and all after it.
    pub fn rollback_damage(&mut self, damage: &str) {
        let is = |event: &Event| matches!(event, Event::Damage { what } if what == damage);
        if let Some(at) = self.story.iter().rposition(is) {
            self.story.truncate(at);
        }
    }

    /// Adds an action of the harness itself to the story, with what came of it or why it was done.
    pub fn record(&mut self, did: impl Into<String>, outcome: impl Into<String>) {
        self.push(Event::Harness { did: did.into(), outcome: outcome.into() });
    }

    /// Adds a change that the harness made to what the store had written.
    pub fn record_damage(&mut self, what: impl Into<String>) {
        self.push(Event::Damage { what: what.into() });
    }

    /// Adds an event to the story.
    pub fn push(&mut self, event: Event) {
        self.story.push(event);
    }

    /// Replaces the answer of the operation that the story ends with.
    pub fn amend(&mut self, answer: AnswerEvent) {
        if let Some(Event::Operation(operation)) = self.story.last_mut() {
            operation.answer = answer;
        }
    }

    /// Adds a note that is no finding, once for the scenario.
    pub fn add_note(&mut self, what: impl Into<String>) {
        self.remarks.insert(what.into());
    }
}
