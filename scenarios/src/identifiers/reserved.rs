//! Ids that mean something to somebody: to a shell, to SQL, to a file system, to the store itself.

use interloper_driver::Operation;
use interloper_engine::record::{Evidence, PathChange, Severity};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, NodeKind, Principal, Scenario, Shape,
    StoryGuards, Sweep, Violation, unit,
};

use super::strange::{Layout, never_saved, not_its_session, save, shown};
use crate::support::try_load;
use crate::vectors::{Vector, all, ids};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "identifiers::reserved",
    sentence: "An id that is a pattern, an option, a device, a control character, nothing at all or the name of one of the store's own files is one session or refused: it reaches no other session and no file elsewhere.",
    fix: "name files after a hash of the id and keep the store's own files elsewhere, pass ids as parameters and never as patterns, or answer invalid",
    severity: Severity::High,
    cwe: &["CWE-706", "CWE-138", "CWE-155"],
    owasp: &["ASVS 5.0 5.3.2"],
    needs: &[Need::Files, Need::ManyIds, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.send_as_they_are(all("reserved"));
    lab.send_as_they_are(all("plain"));
    let layout = Layout::of_plain_ids(lab, &case.session)?;
    if !matches!(lab.load("alpha")?, Loaded::Present(_)) {
        return Err(Abort::Ineffective("what was saved did not load".into()));
    }
    let mut own = own_names(lab)?;
    lab.send_as_they_are(own.clone());
    // A name under which the session loads is its id in the store's own words, and no other id.
    let mut is_its = Vec::new();
    for name in &own {
        is_its.push(slots_under(lab, name)?.is_some_and(|slots| slots.contains(&0)));
    }
    let mut is_its = is_its.into_iter();
    own.retain(|_| is_its.next() != Some(true));
    lab.finish_store()?;
    let sound = lab.snapshot()?;
    let listed = ids("reserved").chain(ids("plain")).map(Vector::text);
    // Each has secrets of its own, so that nobody's are taken for another's.
    for (id, slot) in listed.chain(own).zip((1..100).cycle()) {
        let causes = lab.violation_count();
        if lab.if_reported(|lab| try_id(lab, &id, slot, &case.session, &layout))? {
            lab.count_step("id kept");
        }
        if lab.violation_count() > causes {
            lab.restore(&sound)?;
        }
    }
    Ok(())
}

/// Returns the names of what the store made, and their parts before the last dot.
fn own_names(lab: &mut Lab<'_>) -> CaseResult<Vec<String>> {
    // A file named after an id is a session of that id.
    let alpha = lab.formed_id("alpha");
    let mut names = Vec::new();
    for node in lab.made()? {
        let part = |part: Option<&std::ffi::OsStr>| Some(part?.to_str()?.to_owned());
        names.extend(part(node.path.file_name()));
        names.extend(part(node.path.file_stem()));
    }
    names.sort_unstable();
    names.dedup();
    names.retain(|name| *name != alpha);
    Ok(names)
}

/// Uses an id as anybody would; whether the store took it.
fn try_id(
    lab: &mut Lab<'_>,
    id: &str,
    slot: u16,
    shape: &Shape,
    layout: &Layout,
) -> CaseResult<bool> {
    let what = shown(id);
    if slots_under(lab, id)?.is_some_and(|slots| slots.contains(&0)) {
        let fact = never_saved(&what, &shown("alpha"));
        let sentence = "an id that was never saved loads another one's session";
        lab.report(Violation::new("others-session", sentence).evidence(fact));
        return Ok(true);
    }
    let before = lab.tree()?;
    let taken = save(lab, id, slot, shape)?;
    if taken {
        if slots_under(lab, id)?.is_some_and(|slots| !slots.contains(&slot)) {
            let fact = Evidence::answer(format!("load({what})"), "something else")
                .after(format!("after save({what}) answered ok"));
            let sentence = "an id was taken, and what was saved under it does not load";
            let violation = Violation::new("not-what-was-saved", sentence);
            lab.report(violation.severity(Severity::Medium).evidence(fact));
        }
        let after = lab.tree()?;
        for node in after.new_since(&before) {
            if node.kind != NodeKind::Dir && !layout.has(&node.path) {
                let (by, path) = (format!("save({what})"), lab.display_path(&node.path));
                let fact = Evidence::changed(by, PathChange::Made, path);
                let sentence = "an id made the store write outside its directory";
                lab.report(Violation::new("outside", sentence).evidence(fact));
            }
        }
    }
    neighbour(lab, &format!("save({what})"))?;
    if lab.hello().can_do(Operation::Delete) {
        match lab.delete(id) {
            Ok(_) => neighbour(lab, &format!("delete({what})"))?,
            Err(Abort::Driver(_)) => lab.restart()?,
            Err(stop) => return Err(stop),
        }
    }
    Ok(taken)
}

/// Returns the slots whose secrets load under an id: none if it is absent, `None` if the store answers with an error.
fn slots_under(lab: &mut Lab<'_>, id: &str) -> CaseResult<Option<Vec<u16>>> {
    Ok(match try_load(lab, id)? {
        Ok(Loaded::Absent) => Some(Vec::new()),
        Ok(Loaded::Present(session)) => Some(lab.slots_of(&session)),
        Ok(Loaded::Failed(_)) | Err(_) => None,
    })
}

fn neighbour(lab: &mut Lab<'_>, after: &str) -> CaseResult<()> {
    if slots_under(lab, "alpha")?.is_none_or(|slots| !slots.contains(&0)) {
        let fact = not_its_session(after, &shown("alpha"));
        let sentence = "an id changed or removed another one's session";
        lab.report(Violation::new("neighbour", sentence).evidence(fact));
    }
    Ok(())
}
