//! Saving under ids that no well-meaning caller uses.

use std::path::PathBuf;

use interloper_engine::{Abort, CaseResult, Lab, Loaded, NodeKind, Shape, Violation};

use crate::support::try_load;

/// Saves under an id; whether the store took it. A store that dies or hangs over an id is reported.
pub(super) fn save(lab: &mut Lab<'_>, id: &str, slot: u16, shape: &Shape) -> CaseResult<bool> {
    match lab.save(id, slot, shape) {
        Ok(reply) => Ok(reply.is_ok()),
        Err(Abort::Driver(seen)) => {
            let sentence = format!("{} over an id", seen.sentence());
            let fact = format!("id {}: {}", shown(id), seen.clause());
            lab.report(Violation::by_driver("", &seen, sentence).evidence(fact));
            lab.restart()?;
            Ok(false)
        }
        Err(stop) => Err(stop),
    }
}

/// Saves under two ids, and reports where the second took the place of the first; whether the store took both, and gave the first back.
pub(super) fn two_ids(
    lab: &mut Lab<'_>,
    first: &str,
    second: &str,
    shape: &Shape,
) -> CaseResult<bool> {
    if !save(lab, first, 2, shape)? || !save(lab, second, 3, shape)? {
        return Ok(false);
    }
    let Ok(Loaded::Present(session)) = try_load(lab, first)? else { return Ok(false) };
    if lab.slots_of(&session).contains(&3) {
        one_place(lab, second, first);
    }
    Ok(true)
}

/// Reports that two ids are one session.
pub(super) fn one_place(lab: &mut Lab<'_>, saved: &str, found: &str) {
    let fact = format!("saved under {}, and found under {}", shown(saved), shown(found));
    let sentence = "two ids share one session: saving under one changed the other";
    lab.report(Violation::new("two-ids-one-place", sentence).evidence(fact));
}

/// Returns the directories in which a plain id's files are: where every id's files belong.
pub(super) fn homes_of_plain_ids(lab: &mut Lab<'_>, shape: &Shape) -> CaseResult<Vec<PathBuf>> {
    lab.must_save("alpha", 0, shape)?;
    let mut homes: Vec<PathBuf> = lab
        .made()?
        .iter()
        .filter(|node| node.kind == NodeKind::File)
        .filter_map(|node| node.path.parent().map(PathBuf::from))
        .collect();
    homes.dedup();
    Ok(homes)
}

/// Returns an id for a message: short, and with nothing in it that a terminal obeys.
pub(super) fn shown(id: &str) -> String {
    let start: String = id.chars().take(40).collect();
    if start.len() == id.len() {
        return format!("{id:?}");
    }
    format!("{start:?}… ({} bytes)", id.len())
}
