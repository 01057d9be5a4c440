//! A purge with a session among the others that cannot be read.

use std::path::PathBuf;

use interloper_driver::{Keeps, Operation, Session};
use interloper_engine::record::{Evidence, Severity};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, NodeKind, Principal, Scenario, Shape,
    StoryGuards, Sweep, Tree, Violation, unit,
};

use crate::support::{answer, answered, missing, try_load};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "deletion::purge_beside_damage",
    sentence: "A session that is damaged or unreadable keeps no other from being purged: a purge removes every byte of the others whose time is over, and leaves those whose time is not.",
    fix: "go on with the next session where one cannot be read, and tell of it afterwards",
    severity: Severity::Medium,
    cwe: &["CWE-703", "CWE-755", "CWE-459"],
    owasp: &[],
    needs: &[
        Need::Files,
        Need::ManyIds,
        Need::Keeps(Keeps::Expires),
        Need::Op(Operation::Save),
        Need::Op(Operation::Load),
        Need::Op(Operation::Purge),
    ],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// An hour, in seconds.
const HOUR: i64 = 3600;
/// Sessions whose time is over; whatever order a store goes in, one of them is behind another.
const EXPIRED: [&str; 4] = ["over-1", "over-2", "over-3", "over-4"];
/// The slot of the first of them.
const FIRST: u16 = 1;

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    lab.must_save("alpha", 0, &case.session)?;
    let Loaded::Present(living) = lab.load("alpha")? else {
        return Err(Abort::Ineffective("\"alpha\" does not load before the purge".into()));
    };
    let mut files = Vec::new();
    for (id, slot) in EXPIRED.into_iter().zip(FIRST..) {
        files.push(file_of(lab, id, slot, &case.session)?);
    }
    let start = lab.snapshot()?;
    if let Some(answer) = purge(lab)? {
        return Err(Abort::Ineffective(format!("purge was answered with {answer}")));
    }
    if !remaining(lab, &[], None)?.is_empty() {
        let why = "needs a purge that removes what has expired (see deletion::purge)";
        return Err(Abort::Unsupported(why.into()));
    }
    // Of what is encrypted no secret is found, but its file.
    let tree = lab.tree()?;
    let goes = |file: &PathBuf| (!tree.nodes.contains_key(file)).then(|| file.clone());
    let going: Vec<Option<PathBuf>> = files.iter().map(goes).collect();
    for (n, file) in files.iter().enumerate() {
        for what in ["damaged", "unreadable"] {
            lab.restore(&start)?;
            match what {
                "damaged" => lab.overwrite(file, b"\x00\xff{{{[[[ no session \n")?,
                _ => lab.set_mode(file, 0)?,
            }
            let damage = format!("the file of {:?} is {what}", EXPIRED[n]);
            lab.if_reported(|lab| purge_beside(lab, damage, (n, &going), &living))?;
        }
    }
    Ok(())
}

/// Purges with the file of one of the expired sessions damaged; reports what it left of the others, and what it took of the living one.
fn purge_beside(
    lab: &mut Lab<'_>,
    damage: String,
    (n, going): (usize, &[Option<PathBuf>]),
    living: &Session,
) -> CaseResult<()> {
    lab.record_damage(damage.clone());
    let failed = purge(lab)?;
    let said = failed.map_or("answered ok".into(), |why| format!("answered {why}"));
    for id in remaining(lab, going, Some(n))? {
        let outcome = format!("purge {said}, and {id:?} is still there");
        let fact = Evidence::Damage { what: damage.clone(), outcome };
        let sentence = "a session that cannot be read keeps others from being purged";
        lab.report(Violation::new("left", sentence).evidence(fact));
    }
    let loaded = try_load(lab, "alpha")?;
    let well = matches!(&loaded, Ok(Loaded::Present(now)) if missing(living, now).is_empty());
    if let (false, Ok(loaded)) = (well, loaded) {
        let fact = answer(format!("{damage}; after the purge"), "alpha", &loaded);
        let sentence = "a purge took away a session whose time is not over";
        lab.report(Violation::new("living", sentence).severity(Severity::High).evidence(fact));
    }
    lab.count_step("purge beside damage");
    Ok(())
}

/// Saves a session whose time is over, and gives the one file that it is in alone.
fn file_of(lab: &mut Lab<'_>, id: &str, slot: u16, shape: &Shape) -> CaseResult<PathBuf> {
    lab.finish_store()?;
    let before = lab.tree()?;
    lab.save_for(id, slot, shape, -HOUR)?
        .map_err(|failure| Abort::Ineffective(format!("save was answered with {failure}")))?;
    lab.finish_store()?;
    let after = lab.tree()?;
    let mut new = after.new_since(&before).filter(|node| node.kind == NodeKind::File);
    match (new.next(), new.next()) {
        (Some(file), None) => Ok(file.path.clone()),
        _ => Err(Abort::Unsupported(
            "needs a store that keeps each session in a file of its own".into(),
        )),
    }
}

/// Purges; in words, what came instead of ok.
fn purge(lab: &mut Lab<'_>) -> CaseResult<Option<String>> {
    let failed = answered(lab, |lab| lab.purge())?;
    lab.finish_store()?;
    Ok(failed)
}

/// Returns the expired sessions, but for the one with that number, of which a secret is left, or the file where that should have gone.
fn remaining(
    lab: &Lab<'_>,
    going: &[Option<PathBuf>],
    but: Option<usize>,
) -> CaseResult<Vec<&'static str>> {
    let (left, tree) = (lab.residue()?, lab.tree()?);
    let ids = EXPIRED.into_iter().enumerate().filter(|(n, _)| Some(*n) != but);
    let has = |n: usize| {
        let secret = left.iter().any(|one| usize::from(one.slot()) == n + usize::from(FIRST));
        secret || going.get(n).is_some_and(|file| is_in(&tree, file.as_ref()))
    };
    Ok(ids.filter(|(n, _)| has(*n)).map(|(_, id)| id).collect())
}

fn is_in(tree: &Tree, file: Option<&PathBuf>) -> bool {
    file.is_some_and(|file| tree.nodes.contains_key(file))
}
