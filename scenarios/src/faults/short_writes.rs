//! Writes of which only a part is written.

use interloper_driver::Operation;
use interloper_engine::record::{Interruption, InterruptionKind, Severity};
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Principal, Resume, Scenario, Step, Sweep, unit,
};

use super::outcome::Baseline;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "faults::short_writes",
    sentence: "Where the kernel writes only a part of what it was given, the store writes the rest, or says that it failed.",
    fix: "write in a loop until everything is written (write_all, not write)",
    severity: Severity::Medium,
    cwe: &["CWE-252"],
    owasp: &[],
    needs: &[Need::Steps, Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Few,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let empty = lab.snapshot()?;
    for workload in lab.workloads() {
        lab.restore(&empty)?;
        let Some(baseline) = Baseline::record(lab, workload, &case.session)? else { continue };
        let rehearsal = lab.rehearse(&baseline.request)?;
        let writes: Vec<(&Step, u64)> = rehearsal
            .steps
            .iter()
            .filter_map(|step| Some((step, step.writes().filter(|count| *count > 1)?)))
            .collect();
        for (step, count) in writes {
            for part in parts(count) {
                shorten(lab, &baseline, step, part, &mut rehearsal.names.reset())?;
            }
        }
    }
    Ok(())
}

/// Returns the lengths to try: one byte, half, and all but one.
fn parts(count: u64) -> Vec<u64> {
    let mut parts = vec![1, count / 2, count - 1];
    parts.dedup();
    parts.retain(|part| *part > 0);
    parts
}

fn shorten(
    lab: &mut Lab<'_>,
    baseline: &Baseline,
    step: &Step,
    part: u64,
    names: &mut interloper_engine::NameNormalizer,
) -> CaseResult<()> {
    let ended = baseline.through(lab, |_, now| {
        let here = now.number == step.number && now.writes().is_some_and(|count| count > part);
        Ok(if here { Resume::Shorten(part) } else { Resume::Continue })
    })?;
    let when = format!("only {part} bytes written at step {}, {}", step.number, names.call(step));
    baseline.judge(lab, ended, &Interruption::new(InterruptionKind::ShortWrite, when))?;
    Ok(())
}
