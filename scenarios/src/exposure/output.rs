//! No secret is in output that nobody asked for.

use interloper_driver::Operation;
use interloper_engine::record::{Evidence, Severity};
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, Workload, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "exposure::output",
    sentence: "No secret is in what the store prints: that ends up in logs.",
    fix: "print what was done and how many there were; neither values nor ids with which a session can be used",
    severity: Severity::Medium,
    cwe: &["CWE-532"],
    owasp: &["ASVS 5.0 14.2.4"],
    needs: &[Need::Op(Operation::Save)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    for workload in lab.workloads() {
        lab.prepare_workload(workload, &case.session)?;
        let request = lab.workload_request(workload, &case.session);
        lab.ask_for(&request)?.require_ok(workload.as_str())?;
        // What is still on its way is there before the next answer.
        let _ = lab.load(&request.id)?;
        let output = lab.output()?;
        let cause = format!("printed-during-{}", workload.as_str());
        judge(lab, &output, cause, format!("a secret was printed {}", workload.while_it()));
    }
    if lab.violation_count() == 0 { until_it_exits(lab, case) } else { Ok(()) }
}

/// Lets one process do everything and exit by itself: a runtime may hold what was printed back until then.
fn until_it_exits(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.restart()?;
    let has = |workload: &Workload| lab.workloads().contains(workload);
    let workloads = [Workload::Save, Workload::Update, Workload::Load, Workload::Delete]
        .into_iter()
        .filter(has);
    for workload in workloads.collect::<Vec<_>>() {
        let request = lab.workload_request(workload, &case.session);
        lab.ask_for(&request)?.require_ok(workload.as_str())?;
    }
    let output = lab.leave()?;
    let sentence = "a secret was printed by a process that saved the session, before it exited";
    judge(lab, &output, "printed-before-exit".into(), sentence.into());
    Ok(())
}

fn judge(lab: &mut Lab<'_>, output: &[u8], cause: String, sentence: String) {
    if lab.slots_in(&String::from_utf8_lossy(output)).is_empty() {
        return;
    }
    let (bytes, has) = (output.len() as u64, "a secret".to_owned());
    let fact = Evidence::Output { bytes, when: String::new(), has };
    lab.report(Violation::new(cause, sentence).evidence(fact));
}
