//! Saving under ids that no well-meaning caller uses.

use std::path::PathBuf;

use interloper_engine::record::Severity;
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

/// Saves under two ids, and reports where one of them took the place of the other, or was taken and is not kept; whether the store took both,
/// and gave both back.
pub(super) fn two_ids(
    lab: &mut Lab<'_>,
    first: &str,
    second: &str,
    shape: &Shape,
) -> CaseResult<bool> {
    if !save(lab, first, 2, shape)? || !save(lab, second, 3, shape)? {
        return Ok(false);
    }
    let mut kept = true;
    for (id, other, slot, others) in [(first, second, 2, 3), (second, first, 3, 2)] {
        let loaded = try_load(lab, id)?;
        let slots = match &loaded {
            Ok(Loaded::Present(session)) => lab.slots_of(session),
            _ => Vec::new(),
        };
        if slots.contains(&others) {
            one_place(lab, other, id);
        } else if !slots.contains(&slot) {
            kept = false;
            let answer = loaded.map_or_else(|seen| seen.clause().to_owned(), |one| one.word());
            let fact = format!("saved with ok under {}; load is answered with {answer}", shown(id));
            let sentence = "an id was taken, and what was saved under it does not load";
            let violation = Violation::new("not-what-was-saved", sentence);
            lab.report(violation.severity(Severity::Medium).evidence(fact));
        }
    }
    Ok(kept)
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
