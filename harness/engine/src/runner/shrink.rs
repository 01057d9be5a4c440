//! The smallest case of a cause: shrunk for as long as it shows the same cause.

use std::time::Instant;

use interloper_driver::Umask;
use proptest::strategy::ValueTree;

use super::Runner;
use super::attempt::CaseOutcome;
use super::report::names;
use crate::error::Error;
use crate::lab::{Abort, CaseResult, Violation};
use crate::record::Event;
use crate::scenario::{Case, Check, Input};

/// Upper limit of runs that make a failing case smaller.
const SHRINK_STEPS: u32 = 200;
/// Upper limit of the time for shrinking one cause, in seconds: slow stores shrink less.
const SHRINK_SECONDS: u64 = 8;

/// Smallest case of a cause, with its story and its token.
#[derive(Clone)]
pub(super) struct Reproducer {
    pub(super) violation: Violation,
    pub(super) umask: Umask,
    pub(super) story: Vec<Event>,
    pub(super) smallest: String,
    pub(super) case: Vec<u8>,
    pub(super) mint_seed: u64,
    pub(super) trail: Vec<u8>,
}

impl Runner<'_> {
    /// Makes a failing case smaller for as long as it still shows the same cause.
    pub(super) fn shrink<X: Input>(
        &mut self,
        check: &Check<X>,
        tree: &mut impl ValueTree<Value = Case<X>>,
        cause: &str,
        mint_seed: u64,
    ) -> CaseResult<Option<Reproducer>> {
        let began = Instant::now();
        let mut best = None;
        let late = || began.elapsed().as_secs() >= SHRINK_SECONDS;
        for _ in 0..SHRINK_STEPS {
            if late() || !tree.simplify() {
                break;
            }
            loop {
                let case = tree.current();
                let case_outcome = self.run_case(check, &case, mint_seed)?;
                match case_outcome.violations.iter().find(|violation| violation.cause == cause) {
                    Some(violation) => {
                        best =
                            Some(self.reproducer_of(&case, violation, &case_outcome, mint_seed)?);
                        break;
                    }
                    None => {
                        if late() || !tree.complicate() {
                            return Ok(best);
                        }
                    }
                }
                if began.elapsed().as_secs() >= SHRINK_SECONDS {
                    return Ok(best);
                }
            }
        }
        Ok(best)
    }

    pub(super) fn reproducer_of<X: Input>(
        &mut self,
        case: &Case<X>,
        violation: &Violation,
        case_outcome: &CaseOutcome,
        mint_seed: u64,
    ) -> CaseResult<Reproducer> {
        let hello = self.worker.hello(self.scenario.run_as)?;
        let session = case.session.describe(hello);
        let mut smallest =
            format!("umask {}, home {:04o}, session {session}", case.umask, case.home);
        let input = format!("{:?}", case.input);
        if input != "()" {
            smallest += &format!(", {input}");
        }
        let bytes = postcard::to_allocvec(case)
            .map_err(|error| Abort::Harness(Error::Token(error.to_string())))?;
        let mut violation = violation.clone();
        violation.sentence = violation.sentence.replace("{who}", &names(&violation.principals));
        let story = match &violation.story[..] {
            [] => case_outcome.story.clone(),
            own => own.to_vec(),
        };
        Ok(Reproducer {
            violation,
            umask: case.umask,
            story,
            smallest,
            case: bytes,
            mint_seed,
            trail: case_outcome.trail.clone(),
        })
    }
}
