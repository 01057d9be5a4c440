//! A load while something is saved answers what was there before or what is there afterwards.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};

use super::pair::{About, Pair, PairOp, explore_all};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "concurrency::read_write",
    sentence: "A load while a session is saved is answered with the old session or the new one, whole; while another is saved, with the session that is there.",
    fix: "write a temporary file and rename it over the old one; a file that is changed in place is read and written under one lock",
    severity: Severity::Medium,
    cwe: &["CWE-362", "CWE-366", "CWE-413"],
    owasp: &[],
    needs: &[Need::Steps, Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Few,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Number of schedules of each pair that a quick run tries.
const QUICK: usize = 10;

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let mut pairs = vec![
        Pair {
            word: "load-update",
            before: vec![("alpha", 0)],
            over: None,
            operations: [PairOp::Load("alpha"), PairOp::Save("alpha", 1)],
        },
        Pair {
            word: "load-first-save",
            before: Vec::new(),
            over: None,
            operations: [PairOp::Load("alpha"), PairOp::Save("alpha", 1)],
        },
    ];
    if !lab.is_single() {
        pairs.push(Pair {
            word: "load-beside-save",
            before: vec![("alpha", 0)],
            over: None,
            operations: [PairOp::Load("alpha"), PairOp::Save("beta", 1)],
        });
    }
    explore_all(lab, &case.session, &pairs, About::Answers, QUICK)
}
