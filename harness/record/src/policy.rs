//! What a run comes to: one exit code, and every reason for it in words.
//!
//! Exit codes are an API; scripts branch on them. More than one may apply to a run, and the first of these wins:
//!
//! 1. [`Exit::Findings`]. A finding is evidence from the kernel and stays true whatever else broke. Were a broken
//!    harness to win, a job that retries on 3 would drop findings without a word.
//! 2. [`Exit::Broken`]. What did not run cannot vouch for anything.
//! 3. [`Exit::Usage`]. A driver cannot be started, or an application; whatever else is wrong with the command line is said before a run.
//! 4. [`Exit::Untested`]. Nothing is known to be wrong, but not everything that was selected was tested.
//! 5. [`Exit::Clean`].
//!
//! The reasons that did not win are reported as well.

use crate::lookup::{contradiction, findings, interruption_clause, plural, tested};
use crate::{Finding, Run, Severity, Trouble, TroubleKind, Verdict};

/// The exit codes of `interloper`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Exit {
    /// Everything selected ran on kernel evidence and passed, or is known, or was allowed.
    Clean = 0,
    /// Findings at or above `--fail-on`, or a known-failure entry that no longer holds.
    Findings = 1,
    /// The command line, or a file it names, is wrong, or a driver or an application cannot be started.
    Usage = 2,
    /// The harness broke, a driver breaks the protocol, or a report cannot be written.
    Broken = 3,
    /// Nothing was tested; or not everything was: the run was interrupted, or results were skipped or only predicted and `--allow` does not say so.
    Untested = 4,
}

impl Exit {
    /// Returns the number that a shell sees.
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// What `--allow` accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allow {
    /// Scenarios that this host cannot run.
    Skip,
    /// Access that was computed from modes instead of tried.
    Predicted,
}

impl Allow {
    fn as_str(self) -> &'static str {
        match self {
            Allow::Skip => "skip",
            Allow::Predicted => "predicted",
        }
    }
}

/// What fails a run: `--fail-on` and `--allow`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The least severity that fails a run. `info` never fails one, so [`Severity::Info`] means the same as low.
    pub fail_on: Severity,
    /// Gaps that still allow exit code 0.
    pub allow: Vec<Allow>,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy { fail_on: Severity::Medium, allow: Vec::new() }
    }
}

impl Policy {
    /// Returns whether this finding fails a run.
    pub fn fails(&self, finding: &Finding) -> bool {
        finding.is_new() && finding.severity >= self.threshold()
    }

    /// Returns whether `--allow` names this.
    pub fn allows(&self, what: Allow) -> bool {
        self.allow.contains(&what)
    }

    /// Returns the least severity that fails a run.
    pub fn threshold(&self) -> Severity {
        self.fail_on.max(Severity::Low)
    }

    /// Judges a run: its exit code, with every reason.
    pub fn judge(&self, run: &Run) -> Outcome {
        let mut judging = Judge { policy: self, run, reasons: Vec::new(), allowed: Vec::new() };
        // In the order of precedence: the first reason decides.
        judging.findings();
        judging.broken();
        judging.not_started();
        judging.untested();
        judging.outcome()
    }
}

/// The judgement of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code.
    pub exit: Exit,
    /// Every reason, the deciding ones first; empty for [`Exit::Clean`].
    pub reasons: Vec<Reason>,
    /// The reasons that `--allow` accepted.
    pub allowed: Vec<String>,
    /// The words for a clean run.
    clean: String,
}

/// One reason for an exit code, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The code it stands for.
    pub exit: Exit,
    /// Why.
    pub why: String,
}

impl Outcome {
    /// Explains the exit code in a sentence.
    pub fn words(&self) -> String {
        let why = |same: bool| {
            let of = |reason: &&Reason| (reason.exit == self.exit) == same;
            self.reasons.iter().filter(of).map(|r| r.why.as_str()).collect::<Vec<_>>().join("; ")
        };
        let mut words = match self.exit {
            Exit::Clean => self.clean.clone(),
            _ => why(true),
        };
        let also = why(false);
        if !also.is_empty() {
            words.push_str("; also ");
            words.push_str(&also);
        }
        if !self.allowed.is_empty() {
            words.push_str("; allowed: ");
            words.push_str(&self.allowed.join(", "));
        }
        words
    }

    /// Returns whether everything that was selected was run, whatever it found.
    pub fn ran_through(&self) -> bool {
        self.reasons.iter().all(|reason| reason.exit == Exit::Findings)
    }

    /// Returns whether no result says anything about a store.
    pub fn tested_nothing(run: &Run) -> bool {
        let host = |trouble: &Trouble| trouble.kind == TroubleKind::Host;
        !run.results.iter().any(|result| tested(result) || result.verdict == Verdict::Error)
            && run.troubles.iter().all(host)
    }
}

/// A policy, a run, and the reasons found so far.
struct Judge<'a> {
    policy: &'a Policy,
    run: &'a Run,
    reasons: Vec<Reason>,
    allowed: Vec<String>,
}

impl Judge<'_> {
    fn because(&mut self, exit: Exit, why: String) {
        self.reasons.push(Reason { exit, why });
    }

    fn findings(&mut self) {
        let failing = findings(self.run).iter().filter(|f| self.policy.fails(f.finding)).count();
        if failing > 0 {
            let what = plural(failing, "finding", "findings");
            let threshold = self.policy.threshold();
            let or_above = if threshold == Severity::High { "" } else { " or above" };
            self.because(Exit::Findings, format!("{what} of severity {threshold}{or_above}"));
        }
        // An entry that no longer holds hides the next failure, so it fails the run until it goes.
        let stale = self.run.stale.len();
        if stale > 0 {
            let what = plural(stale, "known-failure entry", "known-failure entries");
            self.because(Exit::Findings, format!("{what} to remove"));
        }
    }

    fn broken(&mut self) {
        let results = &self.run.results;
        let errors = results.iter().filter(|result| result.verdict == Verdict::Error).count();
        if errors > 0 {
            let what = plural(errors, "result is an error", "results are errors");
            self.because(Exit::Broken, format!("the harness broke: {what}"));
        }
        for (kind, one, many) in [
            (TroubleKind::Protocol, "driver breaks the protocol", "drivers break the protocol"),
            (TroubleKind::Install, "store cannot be installed", "stores cannot be installed"),
            (TroubleKind::Harness, "store broke the harness", "stores broke the harness"),
            (TroubleKind::Output, "file cannot be written", "files cannot be written"),
        ] {
            self.trouble(Exit::Broken, kind, one, many);
        }
        let mut contradictions = results.iter().filter_map(|result| {
            contradiction(result)
                .map(|what| format!("{} on {} {what}", result.scenario, result.store))
        });
        if let Some(mut why) = contradictions.next() {
            let more = contradictions.count();
            if more > 0 {
                why.push_str(&format!(", and {more} more of the kind"));
            }
            self.because(Exit::Broken, format!("the record contradicts itself: {why}"));
        }
    }

    fn not_started(&mut self) {
        let (one, many) = ("driver cannot be started", "drivers cannot be started");
        self.trouble(Exit::Usage, TroubleKind::Start, one, many);
        let (one, many) = ("application cannot be tested", "applications cannot be tested");
        self.trouble(Exit::Usage, TroubleKind::Application, one, many);
        let (one, many) = ("client cannot be tested", "clients cannot be tested");
        self.trouble(Exit::Usage, TroubleKind::Client, one, many);
    }

    fn trouble(&mut self, exit: Exit, kind: TroubleKind, one: &str, many: &str) {
        let n = self.run.troubles.iter().filter(|trouble| trouble.kind == kind).count();
        if n > 0 {
            self.because(exit, plural(n, one, many));
        }
    }

    fn untested(&mut self) {
        let results = &self.run.results;
        if let Some(interrupted) = &self.run.interrupted {
            self.because(Exit::Untested, interruption_clause(interrupted));
        }
        let host = self.run.troubles.iter().filter(|trouble| trouble.kind == TroubleKind::Host);
        let absent = host.count();
        let skipped = results.iter().filter(|result| result.verdict == Verdict::Skip).count();
        let predicted = results.iter().filter(|result| tested(result) && result.predicted).count();
        let skips = [
            (skipped, plural(skipped, "result was skipped", "results were skipped")),
            (absent, plural(absent, "store cannot be run here", "stores cannot be run here")),
        ];
        // No option makes a run green that has tested nothing: what is allowed are gaps, and there is no whole for them.
        if Outcome::tested_nothing(self.run) {
            let skips = skips.into_iter().filter(|(n, _)| *n > 0).map(|(_, words)| words);
            let skips = skips.collect::<Vec<_>>().join(", ");
            let why = match (results.len(), skips.is_empty()) {
                (_, false) => format!("nothing was tested: {skips}"),
                (0, true) => "nothing was run".to_owned(),
                _ => "nothing was tested: the stores support none of what was selected".to_owned(),
            };
            // What was interrupted says so already.
            if self.run.interrupted.is_none() {
                self.because(Exit::Untested, why);
            }
            return;
        }
        for (n, words) in skips {
            self.unless_allowed(Allow::Skip, n, words);
        }
        self.unless_allowed(
            Allow::Predicted,
            predicted,
            plural(predicted, "result was only predicted", "results were only predicted"),
        );
    }

    fn unless_allowed(&mut self, what: Allow, n: usize, words: String) {
        if n == 0 {
            return;
        }
        match self.policy.allows(what) {
            true => self.allowed.push(words),
            false => {
                let why = format!("{words} (--allow {} accepts that)", what.as_str());
                self.because(Exit::Untested, why);
            }
        }
    }

    fn outcome(self) -> Outcome {
        let exit = self.reasons.first().map_or(Exit::Clean, |reason| reason.exit);
        let clean = self.clean();
        Outcome { exit, reasons: self.reasons, allowed: self.allowed, clean }
    }

    /// Returns what a clean run may claim.
    fn clean(&self) -> String {
        let all = findings(self.run);
        let count = |of: fn(&Finding) -> bool| all.iter().filter(|f| of(f.finding)).count();
        let documented = count(|finding| finding.documented.is_some());
        let known = count(|finding| finding.documented.is_none() && finding.known.is_some());
        let below = all.len() - known - documented;
        let mut words = match self.allowed.is_empty() {
            true => "everything selected ran on kernel evidence and passed".to_owned(),
            false => "everything that was tested passed".to_owned(),
        };
        if known > 0 {
            words.push_str(" or is known");
        }
        if documented > 0 {
            words.push_str(" or is documented");
        }
        if below > 0 {
            let what = plural(below, "finding", "findings");
            words.push_str(&format!(", but for {what} below {}", self.policy.threshold()));
        }
        words
    }
}
