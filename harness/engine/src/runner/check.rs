//! Running a scenario's check without knowing what its cases vary.

use super::Runner;
use crate::lab::CaseResult;
use crate::scenario::{Check, Input, Property};

impl<X: Input> Property for Check<X> {
    fn run(&self, runner: &mut Runner<'_>) -> CaseResult<()> {
        runner.explore(self)
    }
    fn replay(&self, runner: &mut Runner<'_>, bytes: &[u8]) -> CaseResult<()> {
        runner.replay_case(self, bytes)
    }
}
