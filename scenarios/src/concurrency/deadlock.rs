//! Two operations at the same time both come to an end.

use interloper_driver::{Hello, Operation};
use interloper_engine::record::Severity;
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};

use super::pair::{About, Pair, PairOp, explore_all};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "concurrency::deadlock",
    sentence: "Two operations at the same time never wait for each other for ever, nor one for a process that has answered and does nothing any more.",
    fix: "take locks in one order, hold one at a time, and give them back before answering",
    severity: Severity::Medium,
    cwe: &["CWE-833", "CWE-667"],
    owasp: &[],
    needs: &[Need::Steps, Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Few,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Number of schedules of each pair that a quick run tries.
const QUICK: usize = 8;

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    explore_all(lab, &case.session, &pairs(lab, &lab.hello().clone()), About::Ends, QUICK)
}

fn pairs(lab: &Lab<'_>, hello: &Hello) -> Vec<Pair> {
    let other = if lab.is_single() { "alpha" } else { "beta" };
    let with = |word, operation| Pair {
        word,
        before: vec![("alpha", 0)],
        over: None,
        operations: [PairOp::Save("alpha", 1), operation],
    };
    let mut pairs =
        vec![with("save-save", PairOp::Save(other, 2)), with("save-load", PairOp::Load("alpha"))];
    if hello.can_do(Operation::Delete) {
        pairs.push(with("save-delete", PairOp::Delete("alpha")));
    }
    pairs
}
