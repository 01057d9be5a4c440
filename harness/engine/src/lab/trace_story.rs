//! The steps of a watched operation as events of the story.

use super::{Lab, NameNormalizer, OperationTrace};
use crate::record::{self, Event, StepEvent, Window};
use crate::tree::Node;

impl Lab<'_> {
    /// Tells the steps that made a difference to others; how many did not is said in between.
    pub fn record_trace(&mut self, watched: &OperationTrace, names: &mut NameNormalizer) {
        // The answer was told when it came; the steps that led to it stand above it.
        let answer = self.story.events.pop();
        let mut silent = 0_usize;
        let mut had = watched.before.who_has_secret();
        let mut last = None;
        for (step, view) in &watched.steps {
            let call = names.call(step);
            let has = view.who_has_secret();
            let mode = view.target.as_ref().map(Node::mode_string);
            let others: Vec<record::Access> = view
                .by
                .iter()
                .filter(|(_, access, _)| access.has_letters())
                .map(|(who, access, secret)| record::Access {
                    principal: who.to_string(),
                    access: access.letters(),
                    secret: *secret,
                })
                .collect();
            let window = match (had.is_empty(), has.is_empty()) {
                (true, false) => Some(Window::Opened),
                (false, true) => Some(Window::Closed),
                _ => None,
            };
            let now = (mode.clone(), others.clone());
            let news = step.changes && !others.is_empty() && last.as_ref() != Some(&now);
            if window.is_none() && !news {
                silent += 1;
                continue;
            }
            self.record_skipped(&mut silent);
            let number = step.number;
            self.push(Event::Step(StepEvent { client: None, number, call, mode, others, window }));
            had = has;
            last = Some(now);
        }
        self.record_skipped(&mut silent);
        self.story.events.extend(answer);
    }

    fn record_skipped(&mut self, steps: &mut usize) {
        if *steps > 0 {
            let steps = std::mem::take(steps) as u64;
            self.push(Event::Skipped { steps });
        }
    }
}
