//! Descriptors of session files do not travel into programs that the host process starts.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "permissions::close_on_exec",
    sentence: "Every descriptor that the store keeps open on its files is marked close-on-exec.",
    fix: "open with O_CLOEXEC (fopen mode e); setting it afterwards leaves a window for another thread's fork",
    severity: Severity::Medium,
    cwe: &["CWE-403"],
    owasp: &[],
    needs: &[Need::Files, Need::Op(Operation::Save)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save("alpha", 0, &case.session)?;
    look(lab, "save")?;
    lab.load("alpha")?;
    look(lab, "load")
}

fn look(lab: &mut Lab<'_>, after: &str) -> CaseResult<()> {
    for (number, path, close_on_exec) in lab.descriptors()? {
        if !close_on_exec {
            let fact = format!(
                "/proc/PID/fdinfo/{number} after {after}: {} without O_CLOEXEC",
                lab.display_path(&path)
            );
            let sentence =
                "a program that this process starts inherits a descriptor of the store's files";
            lab.report(Violation::new("inherited", sentence).evidence(fact));
        }
    }
    Ok(())
}
