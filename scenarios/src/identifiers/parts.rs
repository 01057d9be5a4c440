//! Ids that were never saved, and are a part of a saved one, a pattern that matches it, or look like it.

use interloper_driver::Operation;
use interloper_engine::record::{Evidence, Severity};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, Principal, Scenario, Shape, StoryGuards,
    Sweep, Violation, unit,
};

use super::strange::{not_its_session, save, shown};
use crate::support::try_load;
use crate::vectors::pairs;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "identifiers::parts",
    sentence: "An id that was never saved reaches no session, be it a part of a saved id, a pattern that matches one, or nearly the same: it loads none, deletes none, and gives none another id.",
    fix: "look an id up as a whole and byte for byte: in SQL with = and a parameter, never LIKE; in a directory by name, never by glob or prefix",
    severity: Severity::High,
    cwe: &["CWE-706", "CWE-155", "CWE-185", "CWE-639"],
    owasp: &["ASVS 5.0 7.4.1", "ASVS 5.0 8.2.2"],
    needs: &[Need::ManyIds, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// A session that was saved, with neighbours beside it.
struct Saved {
    id: String,
    slot: u16,
}

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let pairs = of_the_stores_form(lab);
    let saved = save_all(lab, &pairs, &case.session)?;
    let of = |id: &str| saved.iter().find(|saved| saved.id == id);
    for (id, never) in &pairs {
        let Some(one) = of(id) else { continue };
        lab.if_reported(|lab| reaches_nothing(lab, one, never, &saved, &case.session))?;
        lab.count_step("id tried");
    }
    // What was done to one may have taken a neighbour that is no part of it.
    all_are_there(lab, &saved, "every other id was tried")?;
    if lab.hello().can_do(Operation::Delete) {
        delete_each(lab, &pairs, &saved, &case.session)?;
    }
    Ok(())
}

/// Returns each id to save with one that is never saved. Where the store is sent ids of a form of its own, these are made of those.
fn of_the_stores_form(lab: &mut Lab<'_>) -> Vec<(String, String)> {
    let mut formed = Vec::new();
    let mut saved = Vec::new();
    for (id, never) in pairs("part") {
        let sent = lab.formed_id(&id);
        let never = if sent == id { never } else { alike(&id, &never, &sent) };
        formed.push((id, never));
        saved.push(sent);
    }
    // In a form without letters, another case of an id is the id itself.
    formed.retain(|(_, never)| !saved.contains(never));
    lab.send_as_they_are(formed.iter().map(|(_, never)| never.clone()));
    formed
}

/// Returns what is to `sent` as `never` is to `id`.
fn alike(id: &str, never: &str, sent: &str) -> String {
    if never == id.to_uppercase() {
        return sent.to_uppercase();
    }
    if never.contains(id) {
        return never.replace(id, sent);
    }
    let same = id.chars().zip(never.chars()).take_while(|(one, other)| one == other).count();
    let rest: String = never.chars().skip(same).collect();
    let count = sent.chars().count();
    // All but the last character, or as much of it as that leaves.
    let most = count.saturating_sub(1);
    let part = if same + 1 == id.chars().count() { most } else { same.min(most) };
    sent.chars().take(part).chain(rest.chars()).collect()
}

/// Saves a session under each of the ids; those that are kept.
fn save_all(
    lab: &mut Lab<'_>,
    pairs: &[(String, String)],
    shape: &Shape,
) -> CaseResult<Vec<Saved>> {
    let mut saved: Vec<Saved> = Vec::new();
    for (id, _) in pairs {
        let slot = saved.len() as u16 + 1;
        if saved.iter().all(|one| one.id != *id) && save(lab, id, slot, shape)? {
            saved.push(Saved { id: id.clone(), slot });
        }
    }
    let mut kept = Vec::new();
    for one in saved {
        if is_there(lab, &one)? {
            kept.push(one);
        }
    }
    match kept.len() {
        0 | 1 => Err(Abort::Ineffective("fewer than two of the sessions were kept".into())),
        _ => Ok(kept),
    }
}

/// Uses an id that was never saved, and reports what it reached.
fn reaches_nothing(
    lab: &mut Lab<'_>,
    one: &Saved,
    never: &str,
    saved: &[Saved],
    shape: &Shape,
) -> CaseResult<()> {
    loads_nothing(lab, never, saved, "which was never saved")?;
    if lab.hello().can_do(Operation::Rotate)
        && let Some(Ok(new)) = unless_dead(lab, |lab| lab.rotate(never))?
    {
        loads_nothing(lab, &new, saved, "which rotate gave for one that was never saved")?;
        repair(lab, one, &format!("rotate({})", shown(never)), shape)?;
    }
    if lab.hello().can_do(Operation::Delete) {
        unless_dead(lab, |lab| lab.delete(never))?;
        repair(lab, one, &format!("delete({})", shown(never)), shape)?;
    }
    Ok(())
}

fn loads_nothing(lab: &mut Lab<'_>, id: &str, saved: &[Saved], which: &str) -> CaseResult<()> {
    let Ok(Loaded::Present(session)) = try_load(lab, id)? else { return Ok(()) };
    let slots = lab.slots_of(&session);
    if let Some(theirs) = saved.iter().find(|saved| slots.contains(&saved.slot)) {
        let id = shown(id);
        let fact = Evidence::OthersSession { id, which: which.into(), saved: shown(&theirs.id) };
        let sentence = "an id that was never saved loads another one's session";
        lab.report(Violation::new("others-session", sentence).evidence(fact));
    }
    Ok(())
}

/// Reports that a session is gone, and saves it again for what follows.
fn repair(lab: &mut Lab<'_>, one: &Saved, after: &str, shape: &Shape) -> CaseResult<()> {
    if !is_there(lab, one)? {
        gone(lab, one, after);
        save(lab, &one.id, one.slot, shape)?;
    }
    Ok(())
}

fn all_are_there(lab: &mut Lab<'_>, saved: &[Saved], after: &str) -> CaseResult<()> {
    for one in saved {
        if !is_there(lab, one)? {
            gone(lab, one, after);
        }
    }
    Ok(())
}

fn gone(lab: &mut Lab<'_>, one: &Saved, after: &str) {
    let fact = not_its_session(after, &shown(&one.id));
    let sentence = "an id changed or removed another one's session";
    lab.report(Violation::new("neighbour", sentence).evidence(fact));
}

/// Deletes one after the other, each twice: the second time there is nothing that could be meant but a neighbour.
fn delete_each(
    lab: &mut Lab<'_>,
    pairs: &[(String, String)],
    saved: &[Saved],
    shape: &Shape,
) -> CaseResult<()> {
    for one in saved {
        lab.if_reported(|lab| delete_twice(lab, one, pairs, saved, shape))?;
    }
    Ok(())
}

fn delete_twice(
    lab: &mut Lab<'_>,
    one: &Saved,
    pairs: &[(String, String)],
    saved: &[Saved],
    shape: &Shape,
) -> CaseResult<()> {
    let first = unless_dead(lab, |lab| lab.delete(&one.id))?;
    if !matches!(first, Some(Ok(()))) {
        return Ok(());
    }
    unless_dead(lab, |lab| lab.delete(&one.id))?;
    let others = saved.iter().filter(|other| other.id != one.id);
    for other in others {
        repair(lab, other, &format!("delete({}), twice", shown(&one.id)), shape)?;
    }
    for (_, never) in pairs.iter().filter(|(id, _)| *id == one.id) {
        loads_nothing(lab, never, saved, "which was never saved")?;
    }
    save(lab, &one.id, one.slot, shape)?;
    lab.count_step("id deleted twice");
    Ok(())
}

fn is_there(lab: &mut Lab<'_>, one: &Saved) -> CaseResult<bool> {
    let loaded = try_load(lab, &one.id)?;
    Ok(matches!(loaded, Ok(Loaded::Present(session)) if lab.slots_of(&session).contains(&one.slot)))
}

/// Asks; `None` if the driver did not answer, which is `identifiers::reserved`'s subject.
fn unless_dead<T>(
    lab: &mut Lab<'_>,
    ask: impl FnOnce(&mut Lab<'_>) -> CaseResult<T>,
) -> CaseResult<Option<T>> {
    match ask(lab) {
        Ok(answer) => Ok(Some(answer)),
        Err(Abort::Driver(_)) => {
            lab.restart()?;
            Ok(None)
        }
        Err(stop) => Err(stop),
    }
}

#[cfg(test)]
mod tests {
    use super::alike;

    #[test]
    fn what_is_like_an_id_is_made_of_the_one_that_is_sent() {
        let of = |never| alike("alphabet", never, "0123456789abcdef");
        assert_eq!(of("ALPHABET"), "0123456789ABCDEF");
        assert_eq!(of("alphabet\n"), "0123456789abcdef\n");
        assert_eq!(of("alphabe_"), "0123456789abcde_");
        assert_eq!(of("alph%"), "0123%");
        assert_eq!(of("%"), "%");
        // A part of a longer one may be as long as the one that is sent.
        assert_eq!(alike("alphabetical", "alphabet", "01234567"), "0123456");
    }
}
