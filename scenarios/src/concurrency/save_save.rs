//! Two saves at the same time leave what one after the other would have left.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};

use super::pair::{About, Pair, PairOp, explore_all};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "concurrency::save_save",
    sentence: "Two saves at the same time, scheduled step by step, leave whole sessions: of one id one of the two, of two ids both.",
    fix: "write a temporary file of its own name and rename it; where several sessions share a file, lock, read, change and replace it under one lock",
    severity: Severity::Medium,
    cwe: &["CWE-362", "CWE-366", "CWE-662"],
    owasp: &[],
    needs: &[Need::Steps, Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Few,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Number of schedules of each pair that a quick run tries.
const QUICK: usize = 10;

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    explore_all(lab, &case.session, &pairs(lab), About::Answers, QUICK)
}

fn pairs(lab: &Lab<'_>) -> Vec<Pair> {
    let updates = Pair {
        word: "updates",
        before: vec![("alpha", 0)],
        over: None,
        operations: [PairOp::Save("alpha", 1), PairOp::Save("alpha", 2)],
    };
    // Nothing is there yet: directories, keys and tables are made, too.
    let first = |other| Pair {
        word: "first-saves",
        before: Vec::new(),
        over: None,
        operations: [PairOp::Save("alpha", 1), PairOp::Save(other, 2)],
    };
    if lab.is_single() {
        // Another id is another file, and has nothing to do with this one.
        return vec![updates, first("alpha")];
    }
    // What is read, changed and written back as a whole loses one of them, or the neighbour.
    let two_ids = Pair {
        word: "two-ids",
        before: vec![("gamma", 3)],
        over: None,
        operations: [PairOp::Save("alpha", 1), PairOp::Save("beta", 2)],
    };
    vec![updates, two_ids, first("beta")]
}
