//! A directory that may not be written to with a file that may, and the other way round.

use interloper_driver::Operation;
use interloper_engine::record::{Interruption, InterruptionKind, Severity};
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, NodeKind, Principal, Scenario, Sweep, unit,
};

use super::outcome::{Baseline, Ended};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "faults::unwritable",
    sentence: "Where its directory or its file may not be written to, the store says that it failed, or does it all the same; no session is damaged.",
    fix: "look at what every call gives back, and tell the caller what failed",
    severity: Severity::Medium,
    cwe: &["CWE-252", "CWE-755"],
    owasp: &[],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Few,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let empty = lab.snapshot()?;
    for workload in lab.workloads() {
        for (kind, mode, what) in [
            (NodeKind::Dir, 0o500, "with directories that may not be written to (0500)"),
            (NodeKind::File, 0o400, "with files that may not be written to (0400)"),
        ] {
            lab.restore(&empty)?;
            let Some(baseline) = Baseline::record(lab, workload, &case.session)? else { continue };
            let modes: Vec<_> = lab.made()?.into_iter().filter(|node| node.kind == kind).collect();
            for node in &modes {
                lab.set_mode(&node.path, mode)?;
            }
            let checkpoint = lab.checkpoint();
            let ended = Ended::of(&lab.ask_for(&baseline.request)?);
            lab.restart()?;
            // Afterwards somebody gives the rights back; what the store replaced has its own.
            let tree = lab.tree()?;
            for node in modes {
                if tree
                    .nodes
                    .get(&node.path)
                    .is_some_and(|now| now.inode == node.inode && now.mode == mode)
                {
                    lab.set_mode(&node.path, node.mode)?;
                }
            }
            lab.rollback(checkpoint);
            let by = Interruption::new(InterruptionKind::Unwritable, what);
            baseline.judge(lab, ended, &by)?;
        }
    }
    Ok(())
}
