//! What is deleted while something else goes on is gone.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};

use super::pair::{About, Pair, PairOp, explore_all};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "concurrency::save_delete",
    sentence: "A session that is deleted while it is loaded, or while another is saved, does not come back.",
    fix: "change nothing in a load but what is still there; where several sessions share a file, lock, read, change and replace it under one lock",
    severity: Severity::High,
    cwe: &["CWE-362", "CWE-367", "CWE-613"],
    owasp: &["ASVS 5.0 7.4.1"],
    needs: &[
        Need::Steps,
        Need::Files,
        Need::Op(Operation::Save),
        Need::Op(Operation::Load),
        Need::Op(Operation::Delete),
    ],
    sweep: Sweep::Few,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Number of schedules of each pair that a quick run tries.
const QUICK: usize = 10;

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let mut pairs = vec![
        // Whoever notes the time of the last use in what it has read writes back what was deleted meanwhile.
        Pair {
            word: "load-delete",
            before: vec![("alpha", 0)],
            over: None,
            operations: [PairOp::Load("alpha"), PairOp::Delete("alpha")],
        },
        Pair {
            word: "update-delete",
            before: vec![("alpha", 0)],
            over: None,
            operations: [PairOp::Save("alpha", 1), PairOp::Delete("alpha")],
        },
    ];
    if !lab.is_single() {
        pairs.push(Pair {
            word: "save-delete",
            before: vec![("alpha", 0), ("gamma", 3)],
            over: None,
            operations: [PairOp::Save("beta", 1), PairOp::Delete("alpha")],
        });
    }
    explore_all(lab, &case.session, &pairs, About::Answers, QUICK)
}
