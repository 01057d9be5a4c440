//! A disk that is really full.

use interloper_driver::Operation;
use interloper_engine::record::{Interruption, InterruptionKind, Severity};
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Principal, Scenario, StoryGuards, Sweep, unit,
};

use super::outcome::{Baseline, Ended};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "faults::disk_full",
    sentence: "On a full disk the store says that it failed, keeps the old session, and goes on when there is space again.",
    fix: "write a temporary file first and rename it only when everything was written; look at the result of write, fsync and close",
    severity: Severity::Medium,
    cwe: &["CWE-252", "CWE-400"],
    owasp: &[],
    needs: &[Need::Namespaces, Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Few,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// The most space that is left, in pages: a database writes several.
const MOST_PAGES: u64 = 64;
/// Unit in which tmpfs gives space, in bytes.
const PAGE: u64 = 4096;

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let empty = lab.snapshot()?;
    for workload in lab.workloads() {
        lab.restore(&empty)?;
        let Some(baseline) = Baseline::record(lab, workload, &case.session)? else { continue };
        // A page more each time, until there is enough for everything.
        for pages in 0..=MOST_PAGES {
            lab.restore(&baseline.start)?;
            lab.leave_space(Some(pages * PAGE))?;
            let ended = lab.aside(|lab| Ok(Ended::of(&lab.ask_for(&baseline.request)?)))?;
            lab.restart()?;
            lab.leave_space(None)?;
            let when = format!("with {pages} pages of 4096 bytes left on the disk");
            let by = Interruption::new(InterruptionKind::NoSpace, when);
            baseline.judge(lab, ended, &by)?;
            if ended == Ended::Ok {
                break;
            }
        }
    }
    Ok(())
}
