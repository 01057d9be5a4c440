//! Contents of a session's file that a search came upon.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Plan, Principal, Scenario, Search, Sweep,
};
use proptest::prelude::*;

use super::exercise::{Depth, Exercise};
use super::explorer::begin;
use super::input::FuzzInput;
use super::subject::Subject;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "fuzzing::regressions",
    sentence: "Whatever a session's file holds, a load answers, in time and in proportion to its size; it runs nothing of it, leaves it and every other file as they were, and gives neither another session's data nor what nobody saved; and the session can be saved anew.",
    fix: "read the file with a parser that knows its limits (length, depth, numbers), check the whole of it before any part is used, and keep nothing of one session for the next",
    severity: Severity::Medium,
    cwe: &["CWE-20", "CWE-502", "CWE-674", "CWE-789", "CWE-1333"],
    owasp: &["ASVS 5.0 1.5.2", "ASVS 5.0 16.5.3"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Search {
        check: Check { input: none, check },
        read: FuzzInput::read,
        explorer: begin,
    },
};

/// Returns the strategy of a scenario whose cases are searched for.
fn none(_: &Plan) -> BoxedStrategy<FuzzInput> {
    Just(FuzzInput { file: 0, bytes: Vec::new() }).boxed()
}

fn check(lab: &mut Lab<'_>, case: &Case<FuzzInput>) -> CaseResult<()> {
    let subject = Subject::new(lab, &case.session)?;
    let mut baseline = subject.begin(lab)?;
    let path = lab.display_path(&subject.file(case.input.file).0.path);
    lab.record_damage(format!("{path} replaced by {} bytes", case.input.bytes.len()));
    let shape = &case.session;
    let mut exercise = Exercise { lab, subject: &subject, baseline: &mut baseline, shape };
    let seen = exercise.run(&case.input, Depth::Full)?;
    for harm in seen.harms {
        let violation = harm.violation(lab, &subject, &case.input);
        lab.report(violation);
    }
    Ok(())
}
