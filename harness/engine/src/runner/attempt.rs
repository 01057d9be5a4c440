//! One case, run: what came of it, and again where the driver or the sandbox failed at what the harness needs for itself.

use std::collections::{BTreeMap, BTreeSet};

use super::Runner;
use super::replay::trail;
use crate::driver::{Leave, Observation};
use crate::lab::{Abort, CaseResult, Lab, Setting, Tally, Violation};
use crate::record::{AttemptKind, Event, Reading};
use crate::scenario::{Case, Check, Input, Need};
use crate::token::digest;

/// Way in which a driver failed to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Death {
    Hang,
    Other,
}

/// Outcome of one case.
pub(super) struct CaseOutcome {
    pub(super) steps: Tally,
    pub(super) schedules: Tally,
    pub(super) violations: Vec<Violation>,
    pub(super) story: Vec<Event>,
    pub(super) trail: Vec<u8>,
    pub(super) saved: bool,
    pub(super) refused: Option<String>,
    pub(super) out_of_budget: Option<String>,
    /// Death of the driver, if the scenario did not expect it.
    pub(super) died: Option<Death>,
    pub(super) variations: u64,
    pub(super) outcomes: BTreeMap<(AttemptKind, String), u64>,
    pub(super) remarks: BTreeSet<String>,
    pub(super) readings: Vec<Reading>,
}

impl Runner<'_> {
    /// Runs a case. Where the driver fails at what the harness needs for itself, or a prober is lost, all is made anew and it is run again.
    pub(super) fn run_case<X: Input>(
        &mut self,
        check: &Check<X>,
        case: &Case<X>,
        mint_seed: u64,
    ) -> CaseResult<CaseOutcome> {
        match self.try_case(check, case, mint_seed) {
            Err(Abort::Trouble(_)) => {
                self.worker.renew()?;
                self.try_case(check, case, mint_seed)
            }
            case_outcome => case_outcome,
        }
    }

    /// Runs a case again that showed a driver which does not answer, for the first time: what does not happen again is no finding.
    pub(super) fn confirm_hangs<X: Input>(
        &mut self,
        check: &Check<X>,
        case: &Case<X>,
        mint_seed: u64,
        case_outcome: &mut CaseOutcome,
    ) -> CaseResult<()> {
        let new = |violation: &Violation| {
            violation.is_hang && !self.causes.contains_key(&violation.cause)
        };
        if case_outcome.violations.iter().any(new) {
            let second = self.run_case(check, case, mint_seed)?;
            case_outcome.violations.retain(|violation| {
                let same = |other: &Violation| other.cause == violation.cause;
                !violation.is_hang || second.violations.iter().any(same)
            });
        }
        Ok(())
    }

    fn try_case<X: Input>(
        &mut self,
        check: &Check<X>,
        case: &Case<X>,
        mint_seed: u64,
    ) -> CaseResult<CaseOutcome> {
        let changes = self.worker.changes();
        let setting = Setting {
            umask: changes.umask.unwrap_or(case.umask),
            home: changes.home.unwrap_or(case.home),
            setup: self.set_up()?,
            run_as: self.scenario.run_as,
        };
        let mut lab = Lab::new(self.worker, setting, self.plan, mint_seed)?;
        if self.scenario.needs.contains(&Need::Steps) {
            lab.hold_calls();
        }
        let outcome = (check.check)(&mut lab, case);
        let (mut refused, mut out_of_budget, mut died) = (None, None, None);
        let outcome = match outcome {
            Err(Abort::OutOfBudget(why)) => {
                out_of_budget = Some(why);
                Ok(())
            }
            Err(Abort::Ineffective(why)) if lab.story.violations.is_empty() => {
                refused = Some(why);
                Ok(())
            }
            Err(Abort::Ineffective(_)) => Ok(()),
            // In a scenario that did not expect it, a driver that dies is what was found.
            Err(Abort::Driver(seen)) => {
                let sentence = seen.sentence_about(self.scenario.about());
                let violation = Violation::by_driver("", &seen, sentence);
                lab.report(violation.evidence(seen.evidence("")));
                died = Some(match seen {
                    Observation::Hang(_) => Death::Hang,
                    _ => Death::Other,
                });
                Ok(())
            }
            other => other,
        };
        if let Some(what) = lab.varies
            && lab.steps_tested == 0
            && lab.steps.recorded().is_none()
            && lab.story.violations.is_empty()
            && outcome.is_ok()
            && out_of_budget.is_none()
        {
            let why = lab.outcomes.keys().find(|(kind, _)| *kind == AttemptKind::Refused);
            let why = why.map_or_else(String::new, |(_, why)| format!(": {why}"));
            refused.get_or_insert_with(|| format!("there were no {what} to try{why}"));
        }
        lab.finish(Leave::Close)?;
        lab.end_servers(Leave::Kill)?;
        let case_outcome = CaseOutcome {
            trail: digest(&trail(&lab.story.events, &lab.story.violations)),
            violations: std::mem::take(&mut lab.story.violations),
            story: std::mem::take(&mut lab.story.events),
            saved: lab.saved,
            refused,
            out_of_budget,
            died,
            variations: lab.steps_tested,
            steps: lab.steps,
            schedules: lab.schedules,
            outcomes: std::mem::take(&mut lab.outcomes),
            remarks: std::mem::take(&mut lab.remarks),
            readings: std::mem::take(&mut lab.readings),
        };
        outcome.map(|()| case_outcome)
    }
}
