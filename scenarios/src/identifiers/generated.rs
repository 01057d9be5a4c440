//! Ids that the store gives.

use interloper_driver::{Can, Operation};
use interloper_engine::record::{AnswerEvent, Evidence, GivenBy, Severity};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Need, Principal, Profile, Scenario, Sent, Shape,
    StoryGuards, Sweep, Violation, unit,
};

use super::estimate::repeated;
use super::many;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "identifiers::generated",
    sentence: "Ids that the store gives have room for 128 bits, follow no order, and never come twice, from one process or from several; as far as ids alone can show that.",
    fix: "draw at least 16 bytes for each id from the system's generator (getrandom(2)), and put no time, counter or process number in",
    severity: Severity::High,
    cwe: &["CWE-330", "CWE-331", "CWE-334", "CWE-340"],
    owasp: &["ASVS 5.0 7.2.3", "WSTG-SESS-01"],
    needs: &[Need::Op(Operation::Create)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Number of restarts of the process, and of ids from each.
const RESTARTS: usize = 4;
const EACH: usize = 4;

/// Ids that one process gave, in their order.
struct Sample {
    /// The driver that it was, or was forked from.
    driver: u8,
    ids: Vec<String>,
}

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let many = match lab.plan().profile {
        Profile::Quick => 128,
        Profile::Full => 512,
        Profile::Nightly => 4_096,
    };
    let empty = lab.snapshot()?;
    let mut samples = Vec::new();
    // Two processes that were executed apart, each with a store that is empty.
    for driver in [0, 1] {
        lab.restore(&empty)?;
        samples.push(sample(lab, driver, many, &case.session)?);
    }
    // More processes, with what the ones before them left.
    for _ in 0..RESTARTS {
        for driver in [0, 1] {
            lab.restart()?;
            samples.push(sample(lab, driver, EACH, &case.session)?);
        }
    }
    judge_repeats(lab, &samples);
    // What one process shows may be chance, or what its start left in it. Only what both show is told.
    let [one, other] = &samples[..2] else { return Ok(()) };
    let found = [many::order(&one.ids, &other.ids), many::room(&one.ids, &other.ids, true)];
    for violation in found.into_iter().flatten() {
        lab.report(violation);
    }
    Ok(())
}

fn sample(lab: &mut Lab<'_>, driver: u8, count: usize, shape: &Shape) -> CaseResult<Sample> {
    lab.use_driver(driver);
    let refused = |failure| Abort::Ineffective(format!("create was answered with {failure}"));
    let ids = lab
        .aside(|lab| (0..count).map(|_| lab.create(None, 0, shape)?.map_err(refused)).collect())?;
    let call = format!("create × {count}, process {}", driver + 1);
    lab.push(Sent::new("create", call).answered(AnswerEvent::Ok));
    lab.count_step("process asked for ids");
    Ok(Sample { driver, ids })
}

fn judge_repeats(lab: &mut Lab<'_>, samples: &[Sample]) {
    if let Some(id) = samples.iter().find_map(|sample| repeated(&sample.ids)) {
        let sentence = "one process gave an id twice";
        let fact = Evidence::RepeatedId { id: id.clone(), by: GivenBy::OneProcess };
        lab.report(Violation::new("repeated", sentence).evidence(fact));
        return;
    }
    // Children of one driver may share what that had drawn, which is the driver's doing: these do not count.
    let forks = lab.hello().driver_can(Can::Fork);
    for (at, sample) in samples.iter().enumerate() {
        let others = samples[..at].iter().filter(|other| !forks || other.driver != sample.driver);
        for other in others {
            if let Some(id) = sample.ids.iter().find(|id| other.ids.contains(id)) {
                let sentence = "two processes gave the same id: what they make ids of is the same";
                let by = GivenBy::TwoProcesses;
                let fact = Evidence::RepeatedId { id: id.clone(), by };
                lab.report(Violation::new("repeated-elsewhere", sentence).evidence(fact));
                return;
            }
        }
    }
}
