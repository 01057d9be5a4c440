//! What a runner makes of the cases it ran.

use super::{CauseRecord, Runner};
use crate::plan::Sweep;
use crate::principal::Principal;
use crate::record;
use crate::record::{Attempt, AttemptKind, Condition, Finding};
use crate::token::{Token, fingerprint};

impl Runner<'_> {
    pub(super) fn why_nothing_counted(&self) -> String {
        let most = self.refusals.iter().max_by_key(|(_, count)| **count);
        match most {
            Some((why, count)) => format!(
                "no case was effective: all {} were refused, {count} of them because {why}",
                self.refused
            ),
            None => "no case was effective: none was run".into(),
        }
    }

    /// Returns whether the store refused more than half of the cases, where no umask explains that: a pass would speak of the others.
    pub(super) fn refused_most(&self) -> bool {
        let one_umask = matches!(self.scenario.sweep, Sweep::One | Sweep::Few | Sweep::Plain);
        one_umask && self.refused > self.effective
    }

    pub(super) fn why_few_counted(&self) -> String {
        let total = self.refused + self.effective;
        let most = self.refusals.iter().max_by_key(|(_, count)| **count);
        let (why, count) = most.map_or(("", 0), |(why, count)| (why.as_str(), *count));
        format!("{} of {total} cases were refused, {count} of them because {why}", self.refused)
    }

    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if self.tested + self.refused > 1_000 {
            let total = self.tested + self.refused;
            // Where operations are stepped through, saves are among the outcomes below.
            let saves = match self.saves * 100 / total {
                0 => String::new(),
                percent => format!("{percent} % with a save that answered ok, "),
            };
            let umasks = match self.effective_umasks.len() {
                1 => "1 umask".to_owned(),
                several => format!("{several} umasks"),
            };
            let mut outcomes: Vec<_> = self.outcomes.iter().collect();
            outcomes.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
            let outcomes: Vec<String> =
                outcomes.into_iter().map(|((_, what), count)| format!("{what} {count}")).collect();
            notes.push(format!("{total} cases, {saves}{umasks}: {}", outcomes.join(", ")));
        }
        notes.extend(self.remarks.iter().cloned());
        notes
    }

    /// Returns what was tried of each operation and of each pair of them.
    pub(super) fn coverage(&self) -> record::Coverage {
        let refused = self.refusals.iter().map(|(why, count)| Attempt {
            kind: AttemptKind::Refused,
            what: why.clone(),
            count: *count,
        });
        let outcomes = self.outcomes.iter().map(|((kind, what), count)| Attempt {
            kind: *kind,
            what: what.clone(),
            count: *count,
        });
        record::Coverage {
            attempts: outcomes.chain(refused).collect(),
            steps: self.steps.recorded(),
            schedules: self.schedules.recorded(),
        }
    }

    pub(super) fn findings(&mut self) -> Vec<Finding> {
        let causes = std::mem::take(&mut self.causes);
        let findings = causes.into_iter().map(|(cause, found)| self.finding(cause, found));
        let mut findings: Vec<Finding> = findings.collect();
        findings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.cause.cmp(&b.cause)));
        findings
    }

    /// Returns the finding of a cause.
    pub(super) fn finding(&self, cause: String, found: CauseRecord) -> Finding {
        let target = self.target();
        let CauseRecord { reproducer, mut matrix } = found;
        matrix.tested = self.effective_umasks.clone();
        for umask in &matrix.failed {
            if let Err(at) = matrix.tested.binary_search(umask) {
                matrix.tested.insert(at, *umask);
            }
        }
        let condition = reproducer.violation.condition.clone();
        // A umask decides who else gets in. What a driver does by itself may come and go with any.
        let others = !matrix.reached.is_empty();
        let condition = condition.or_else(|| {
            let umasks = Condition::of_umasks(&matrix.tested, &matrix.failed);
            umasks.filter(|_| others)
        });
        let consequence = reproducer.violation.severity.unwrap_or(self.scenario.severity);
        let token = Token {
            scenario: self.scenario.id.into(),
            target: target.clone(),
            cause: cause.clone(),
            mint_seed: reproducer.mint_seed,
            case: reproducer.case,
            trail: reproducer.trail,
        };
        Finding {
            fingerprint: fingerprint(self.scenario.id, &target, &cause),
            cause,
            sentence: reproducer.violation.sentence,
            severity: consequence.under(condition.as_ref()),
            condition,
            matrix,
            smallest: reproducer.smallest,
            story: reproducer.story,
            evidence: reproducer.violation.evidence,
            fix: self.scenario.fix.into(),
            replay: token.to_string(),
            known: None,
            documented: None,
        }
    }
}

/// Joins the principals' names: `groupmate and stranger`.
pub(super) fn names(principals: &[Principal]) -> String {
    let names: Vec<String> = principals.iter().map(ToString::to_string).collect();
    match &names[..] {
        [] => "somebody".into(),
        [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
        names => names.concat(),
    }
}
