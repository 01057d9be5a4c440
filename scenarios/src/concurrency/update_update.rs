//! Two updates at the same time are both there afterwards.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};

use super::pair::{About, Pair, PairOp, explore_all};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "concurrency::update_update",
    sentence: "Two processes that change different parts of a session at the same time, or one that changes a part while the other saves or deletes the session, lose nothing of what was answered with ok.",
    fix: "read, change and write under one lock or in one transaction, or refuse the write of what has changed since it was read",
    severity: Severity::Medium,
    cwe: &["CWE-362", "CWE-366", "CWE-662"],
    owasp: &[],
    needs: &[
        Need::Steps,
        Need::Files,
        Need::Op(Operation::Save),
        Need::Op(Operation::Load),
        Need::Op(Operation::Update),
    ],
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
    let with = |word, operation| Pair {
        word,
        before: vec![("alpha", 0)],
        over: None,
        operations: [PairOp::Update("alpha", 1), operation],
    };
    let mut pairs = vec![
        with("parts", PairOp::Update("alpha", 2)),
        // What it read before the save must not be written back after it.
        with("part-save", PairOp::Save("alpha", 2)),
    ];
    if lab.hello().can_do(Operation::Delete) {
        pairs.push(with("part-delete", PairOp::Delete("alpha")));
    }
    if !lab.is_single() {
        pairs.push(Pair {
            word: "two-ids",
            before: vec![("alpha", 0), ("beta", 3)],
            over: None,
            operations: [PairOp::Update("alpha", 1), PairOp::Update("beta", 2)],
        });
    }
    pairs
}
