//! No secret is in output that nobody asked for.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, Check, Flow, Lab, Need, Principal, Scenario, Stage, Sweep, Violation, nothing,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "exposure::output",
    sentence: "No secret is in what the store prints: that ends up in logs.",
    fix: "print ids and counts, never values",
    severity: Severity::Medium,
    cwe: &["CWE-532"],
    owasp: &["ASVS 5.0 14.2.4"],
    needs: &[Need::Op(Operation::Save)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { extra: nothing, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> Flow<()> {
    for stage in Stage::of(&lab.hello().clone()) {
        stage.prepare(lab, &case.session)?;
        let request = stage.request(lab, &case.session);
        lab.ask_for(&request)?.must_be_ok(stage.as_str())?;
        // What is still on its way is there before the next answer.
        let _ = lab.load(&request.id)?;
        let output = lab.output()?;
        if !lab.slots_in(&String::from_utf8_lossy(&output)).is_empty() {
            let sentence = format!("a secret was printed {}", stage.while_it());
            lab.violate(
                Violation::new(format!("printed-during-{}", stage.as_str()), sentence)
                    .evidence(format!("{} bytes of output, a secret among them", output.len())),
            );
        }
    }
    Ok(())
}
