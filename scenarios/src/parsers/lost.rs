//! One odd cookie costs no other.

use std::collections::BTreeSet;

use interloper_driver::Header;
use interloper_engine::record::{Difference, Severity};
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};

use super::plain::{has_controls, is_all_plain, is_plain};
use super::survey::{Outcome, Trial, survey};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "parsers::lost",
    sentence: "One odd cookie costs no other: every well-formed cookie of a header is read, whatever is beside it, with its whole name and value, and no header ends in an exception, a crash or a hang.",
    fix: "leave out the piece that cannot be read, and read on behind the next semicolon; catch what decoding throws",
    severity: Severity::Low,
    cwe: &["CWE-20", "CWE-755", "CWE-400"],
    owasp: &["ASVS 5.0 16.5.3"],
    needs: &[Need::Parses(Header::Cookie)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut told = BTreeSet::new();
    for trial in survey(lab, Header::Cookie)? {
        let refused = "a header is refused with all of its cookies, because of an odd one";
        let violation = match &trial.outcome {
            outcome if outcome.has(Difference::Lost) => {
                let (cause, sentence) = loss(&trial);
                Some(trial.violation(cause, sentence))
            }
            Outcome::Refused if costs_others(&trial) => Some(trial.violation("refused", refused)),
            _ => trial.failure(),
        };
        if let Some(violation) = violation
            && told.insert(violation.cause.clone())
        {
            lab.report(violation);
        }
    }
    Ok(())
}

/// Returns the cause of a loss, and its sentence: in a header without any odd cookie, what became of a plain one.
fn loss(trial: &Trial) -> (&'static str, &'static str) {
    let has = |difference| trial.outcome.has(difference);
    match is_all_plain(&trial.header, trial.due.as_deref().unwrap_or_default()) {
        true if has(Difference::Cut) => {
            ("cut", "a value of letters and digits is read without its end")
        }
        true if has(Difference::Renamed) => {
            ("renamed", "a name of letters and digits is read as another")
        }
        true if has(Difference::Other) => {
            ("changed", "a value of letters and digits is read as another")
        }
        true => ("lost", "a cookie of letters and digits is not read"),
        false => ("lost", "a well-formed cookie is not read, because of an odd one beside it"),
    }
}

/// Returns whether there is a well-formed cookie in a header that may be sent: control characters are no part of a header (RFC 9110 section 5.5).
fn costs_others(trial: &Trial) -> bool {
    !has_controls(&trial.header)
        && trial.due.iter().flatten().any(|due| is_plain(&trial.header, due))
}
