//! A purge takes away what is over, and not what has taken its place.

use interloper_driver::{Keeps, Operation};
use interloper_engine::record::Severity;
use interloper_engine::{Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, unit};

use super::pair::{About, Pair, PairOp, explore_all};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "concurrency::save_purge",
    sentence: "A session that is saved while a purge goes on is there afterwards, in place of one that was over too.",
    fix: "look again under a lock that saves take as well before removing what was found to be over",
    severity: Severity::Medium,
    cwe: &["CWE-362", "CWE-367"],
    owasp: &[],
    needs: &[
        Need::Steps,
        Need::Files,
        Need::ManyIds,
        Need::Keeps(Keeps::Expires),
        Need::Op(Operation::Save),
        Need::Op(Operation::Load),
        Need::Op(Operation::Purge),
    ],
    sweep: Sweep::Few,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Number of schedules of each pair that a quick run tries.
const QUICK: usize = 24;

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let pairs = [
        Pair {
            word: "save-purge",
            before: vec![("beta", 0)],
            over: Some(("alpha", 2)),
            operations: [PairOp::Save("alpha", 1), PairOp::Purge("alpha")],
        },
        Pair {
            word: "update-purge",
            before: vec![("beta", 0)],
            over: Some(("alpha", 2)),
            operations: [PairOp::Save("beta", 1), PairOp::Purge("alpha")],
        },
    ];
    explore_all(lab, &case.session, &pairs, About::Answers, QUICK)
}
