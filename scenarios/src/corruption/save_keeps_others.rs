//! A save over a damaged file does not begin a new one.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, Node, Principal, Scenario, StoryGuards,
    Sweep, Violation, unit,
};

use super::judge::{DamageFixture, damaged};
use crate::support::try_load;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "corruption::save_keeps_others",
    sentence: "A save is not answered with ok where the file that all sessions share is damaged, if it throws away those that are still in it.",
    fix: "refuse to save over what cannot be read, or move it aside whole before a new file is begun",
    severity: Severity::Medium,
    cwe: &["CWE-755", "CWE-459"],
    owasp: &["ASVS 5.0 16.5.3"],
    needs: &[Need::Files, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// The sessions that are there before, with their slots.
const THERE: [(&str, u16); 2] = [("alpha", 0), ("beta", 1)];

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let fixture = DamageFixture::new(lab, &case.session)?;
    if fixture.is_apart() {
        let needs = "needs a store that keeps several sessions in one file";
        return Err(Abort::Unsupported(needs.into()));
    }
    let mut shows_some = false;
    for file in &fixture.files {
        // What cannot be seen there is not missed afterwards.
        if !shows_all(lab, file)? {
            continue;
        }
        shows_some = true;
        for (what, bytes, lost) in damages(&lab.read(&file.path)?, &lab.display_path(&file.path)) {
            lab.restore(&fixture.snapshot)?;
            lab.keep_if(
                |lab| {
                    lab.overwrite(&file.path, &bytes)?;
                    lab.record_damage(what.clone());
                    throws_away(lab, case, &what, lost)
                },
                |threw_away| *threw_away,
            )?;
        }
        lab.restore(&fixture.snapshot)?;
    }
    if !shows_some {
        let needs = "needs a store whose file shows what is in it: none compressed or encrypted";
        return Err(Abort::Unsupported(needs.into()));
    }
    Ok(())
}

/// Returns whether a file shows the secrets of all sessions that are there before.
fn shows_all(lab: &Lab<'_>, file: &Node) -> CaseResult<bool> {
    for (_, slot) in THERE {
        if !lab.files_with_secrets(slot)?.iter().any(|node| node.path == file.path) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Returns damage, with what a file holds then, and how many sessions it may have cost by itself.
fn damages(whole: &[u8], path: &str) -> [(String, Vec<u8>, usize); 4] {
    let (_, most) = whole.split_at(whole.len().min(1));
    let most_of_all = &whole[..whole.len().saturating_sub(1)];
    [
        (format!("text put before {path}"), [b"#!text\n", whole].concat(), 0),
        (format!("the first byte of {path} overwritten"), [b"\0", most].concat(), 1),
        (format!("the last byte of {path} cut off"), most_of_all.to_vec(), 1),
        (format!("zeros put behind {path}"), [whole, &[0; 16]].concat(), 0),
    ]
}

/// Saves another session over damage that may have cost so many by itself: whether that threw away more of those that were there.
fn throws_away(lab: &mut Lab<'_>, case: &Case<()>, what: &str, may: usize) -> CaseResult<bool> {
    match lab.save("gamma", 2, &case.session) {
        Ok(Ok(())) => {}
        Ok(Err(failure)) => {
            lab.count_step(&format!("a save over damage: {}", failure.kind));
            return Ok(false);
        }
        // That a load of damage kills it is told by the other scenarios.
        Err(Abort::Driver(seen)) => {
            lab.count_step(&format!("a save over damage: {}", seen.word()));
            lab.restart()?;
            return Ok(false);
        }
        Err(other) => return Err(other),
    }
    lab.finish_store()?;
    lab.count_step("a save over damage: ok");
    let mut lost = Vec::new();
    for (id, slot) in THERE {
        // In another file, too: moved aside is not lost.
        let kept = !lab.files_with_secrets(slot)?.is_empty();
        if !kept && !matches!(try_load(lab, id)?, Ok(Loaded::Present(_))) {
            lost.push(id);
        }
    }
    if lost.len() <= may {
        return Ok(false);
    }
    let sentence = "a save over a damaged file threw away the sessions that were still in it";
    let fact = format!(
        "a save was answered with ok, and no file has the secrets of {} any more",
        lost.join(" and ")
    );
    lab.report(Violation::new("begins-anew", sentence).evidence(damaged(what, &fact)));
    Ok(true)
}
