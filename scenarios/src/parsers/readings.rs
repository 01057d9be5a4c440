//! What a parser makes of every vector, for the record, and readings that nobody can explain.

use interloper_driver::Header;
use interloper_engine::record::{Difference, Severity};
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};

use super::survey::survey;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "parsers::readings",
    sentence: "A parser reads each cookie as RFC 6265 does, or by a difference that is known: quotes, escapes or encodings taken off, odd cookies left out.",
    fix: "compare the reading with RFC 6265 section 5.2, and say in the documentation where it differs",
    severity: Severity::Info,
    cwe: &["CWE-20"],
    owasp: &["ASVS 5.0 1.1.1"],
    needs: &[Need::Parses(Header::Cookie)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut told = false;
    for trial in survey(lab, Header::Cookie)? {
        trial.reading().into_iter().for_each(|reading| lab.keep_reading(reading));
        if trial.outcome.has(Difference::Other) && !std::mem::replace(&mut told, true) {
            let sentence = "a value is read as something that no known difference explains";
            lab.report(trial.violation("unexplained", sentence));
        }
    }
    Ok(())
}
