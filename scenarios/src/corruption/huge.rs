//! A file that is larger than any session.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

use super::judge::{Also, DamageFixture};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "corruption::huge",
    sentence: "A session file of 64 MiB is refused before it is read: the store's memory grows by no more than half of that.",
    fix: "look at the file's size, or read no more than the largest session there can be",
    severity: Severity::Low,
    cwe: &["CWE-770", "CWE-789"],
    owasp: &[],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Size of the file, in bytes.
const LENGTH: u64 = 64 << 20;

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let fixture = DamageFixture::new(lab, &case.session)?;
    for file in &fixture.files {
        lab.restore(&fixture.snapshot)?;
        // As much as it needs for a session.
        let _ = lab.load("alpha")?;
        let Some(before) = lab.peak_memory()? else {
            return Err(Abort::Skip(
                "the kernel does not say how much memory a process has had".into(),
            ));
        };
        let mut after = before;
        fixture.try_damage(lab, Also::System, |lab| {
            lab.lengthen(&file.path, LENGTH)?;
            // A process that is there already has its peak; the same one reads the file.
            match lab.load("alpha") {
                Ok(_) => after = lab.peak_memory()?.unwrap_or(before),
                Err(Abort::Driver(_)) => {}
                Err(stop) => return Err(stop),
            }
            Ok(Some(format!("{} lengthened to {} MiB", lab.display_path(&file.path), LENGTH >> 20)))
        })?;
        let grown = after.saturating_sub(before);
        if grown > LENGTH / 2 {
            let fact = format!("its peak grew from {} to {} MiB", before >> 20, after >> 20);
            let sentence = "the store reads a file of any size into its memory";
            lab.report(Violation::new("memory", sentence).evidence(fact));
        }
    }
    Ok(())
}
