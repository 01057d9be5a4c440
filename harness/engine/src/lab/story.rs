//! The story of a case, the guards that decide which events it keeps, and what it is told for: violations and notes.

use super::{App, CaseResult, Client, Lab, Violation};
use crate::record::{AnswerEvent, Condition, Event, Evidence};

/// Events of a case, in order, and the violations that were reported in it.
#[derive(Debug, Default)]
pub struct Story {
    pub(crate) events: Vec<Event>,
    pub(crate) violations: Vec<Violation>,
    /// The condition of every violation of the case, besides another user.
    condition: Option<Condition>,
}

/// Position in a story, for [`Lab::story_since`].
#[derive(Clone, Copy, Debug)]
pub struct Mark(usize);

impl Story {
    fn mark(&self) -> Mark {
        Mark(self.events.len())
    }

    fn since(&self, Mark(length): Mark) -> &[Event] {
        self.events.get(length..).unwrap_or_default()
    }

    fn rollback(&mut self, Mark(length): Mark) {
        self.events.truncate(length);
    }

    fn report(&mut self, mut violation: Violation) {
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
}

/// Guards that run a part of a case, and decide whether the story keeps its events.
///
/// They can be nested. If the part ends with an [`Abort`](super::Abort), its events stay, because the abort is reported with them. The guards
/// are methods of [`Lab`], and of what borrows it, such as [`App`]: the part gets what the guard was called on.
pub trait StoryGuards {
    /// Returns the story that the part adds to.
    fn story(&mut self) -> &mut Story;

    /// Runs a part of a case, and removes its events.
    ///
    /// # Errors
    /// As the part.
    fn aside<T>(&mut self, part: impl FnOnce(&mut Self) -> CaseResult<T>) -> CaseResult<T> {
        self.keep_if(part, |_| false)
    }

    /// Runs a part of a case, and removes its events unless it reported a cause that was not reported before.
    ///
    /// # Errors
    /// As the part.
    fn if_reported<T>(&mut self, part: impl FnOnce(&mut Self) -> CaseResult<T>) -> CaseResult<T> {
        let (mark, causes) = (self.story().mark(), self.story().violations.len());
        let done = part(self)?;
        if self.story().violations.len() == causes {
            self.story().rollback(mark);
        }
        Ok(done)
    }

    /// Runs a part of a case, and removes its events unless `keep` returns true for what the part returned.
    ///
    /// # Errors
    /// As the part.
    fn keep_if<T>(
        &mut self,
        part: impl FnOnce(&mut Self) -> CaseResult<T>,
        keep: impl FnOnce(&T) -> bool,
    ) -> CaseResult<T> {
        let mark = self.story().mark();
        let done = part(self)?;
        if !keep(&done) {
            self.story().rollback(mark);
        }
        Ok(done)
    }

    /// Runs a part of a case, removes its events, and returns them with what the part returned.
    ///
    /// # Errors
    /// As the part.
    fn excerpt<T>(
        &mut self,
        part: impl FnOnce(&mut Self) -> CaseResult<T>,
    ) -> CaseResult<(T, Vec<Event>)> {
        let mark = self.story().mark();
        let done = part(self)?;
        let events = self.story().since(mark).to_vec();
        self.story().rollback(mark);
        Ok((done, events))
    }
}

impl StoryGuards for Lab<'_> {
    fn story(&mut self) -> &mut Story {
        &mut self.story
    }
}

impl StoryGuards for App<'_, '_> {
    fn story(&mut self) -> &mut Story {
        self.lab().story()
    }
}

impl StoryGuards for Client<'_, '_> {
    fn story(&mut self) -> &mut Story {
        self.lab().story()
    }
}

impl Lab<'_> {
    /// Says what every violation needs that is reported from here on, besides another user on the host.
    pub fn assume(&mut self, condition: Condition) {
        self.story.condition = Some(condition);
    }

    /// Reports a violation. The same cause is reported once for a case, with everybody it concerns.
    pub fn report(&mut self, violation: Violation) {
        self.story.report(violation);
    }

    /// Adds a fact to what was reported under a cause.
    pub fn add_evidence(&mut self, cause: &str, fact: impl Into<Evidence>) {
        if let Some(violation) = self.story.violations.iter_mut().find(|v| v.cause == cause) {
            violation.evidence.push(fact.into());
        }
    }

    /// Returns the number of causes reported so far.
    pub fn violation_count(&self) -> usize {
        self.story.violations.len()
    }

    /// Returns the present end of the story, for [`Lab::story_since`].
    pub fn mark(&self) -> Mark {
        self.story.mark()
    }

    /// Returns the events after a mark: the part that a violation is about.
    pub fn story_since(&self, mark: Mark) -> Vec<Event> {
        self.story.since(mark).to_vec()
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
        self.story.events.push(event);
    }

    /// Replaces the answer of the operation that the story ends with.
    pub fn amend(&mut self, answer: AnswerEvent) {
        if let Some(Event::Operation(operation)) = self.story.events.last_mut() {
            operation.answer = answer;
        }
    }

    /// Adds a note that is no finding, once for the scenario.
    pub fn add_note(&mut self, what: impl Into<String>) {
        self.remarks.insert(what.into());
    }
}

#[cfg(test)]
mod tests;
