//! A directory that may not be written to with a file that may, and the other way round; and the directory above the store's own.

use std::collections::BTreeSet;

use interloper_driver::Operation;
use interloper_engine::record::{Interruption, InterruptionKind, Severity};
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Node, NodeKind, Principal, Scenario, StoryGuards, Sweep,
    unit,
};

use super::outcome::{Baseline, Ended};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "faults::unwritable",
    sentence: "Where its directory, its file or the directory above may not be written to, the store says that it failed, or does it all the same; no session is damaged.",
    fix: "look at what every call gives back, and tell the caller what failed",
    severity: Severity::Medium,
    cwe: &["CWE-252", "CWE-755"],
    owasp: &[],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Few,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// What may not be written to.
#[derive(Clone, Copy)]
enum Which {
    /// The directories that the store made.
    Dirs,
    /// The files that it made.
    Files,
    /// The home directory, and the one that its place is in: the store made neither.
    Above,
}

fn nodes(lab: &Lab<'_>, which: Which) -> CaseResult<Vec<Node>> {
    Ok(match which {
        Which::Dirs => only(lab.made()?, NodeKind::Dir),
        Which::Files => only(lab.made()?, NodeKind::File),
        Which::Above => {
            let (tree, above) = (lab.tree()?, BTreeSet::from([lab.home(), lab.parent()]));
            above.iter().filter_map(|path| tree.nodes.get(path)).cloned().collect()
        }
    })
}

fn only(nodes: Vec<Node>, kind: NodeKind) -> Vec<Node> {
    nodes.into_iter().filter(|node| node.kind == kind).collect()
}

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let empty = lab.snapshot()?;
    for workload in lab.workloads() {
        for (which, mode, what) in [
            (Which::Dirs, 0o500, "with directories that may not be written to (0500)"),
            (Which::Files, 0o400, "with files that may not be written to (0400)"),
            (Which::Above, 0o500, "with the directories above that may not be written to (0500)"),
        ] {
            lab.restore(&empty)?;
            let Some(baseline) = Baseline::record(lab, workload, &case.session)? else { continue };
            let modes = nodes(lab, which)?;
            for node in &modes {
                lab.set_mode(&node.path, mode)?;
            }
            let ended = lab.aside(|lab| Ok(Ended::of(&lab.ask_for(&baseline.request)?)))?;
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
            let by = Interruption::new(InterruptionKind::Unwritable, what);
            baseline.judge(lab, ended, &by)?;
        }
    }
    Ok(())
}
