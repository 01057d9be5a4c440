//! One user's sessions do not push another's out.

use interloper_driver::Operation;
use interloper_engine::record::{AnswerEvent, Severity};
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, Principal, Profile, Scenario, Sent, Sweep,
    Violation, unit,
};

use crate::support::answer;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "honesty::capacity",
    sentence: "Many sessions, saved one after another, push none out that was saved before: where there is no room, the new one is refused.",
    fix: "answer an error when the store is full; do not drop sessions that are neither deleted nor over",
    severity: Severity::Medium,
    cwe: &["CWE-770", "CWE-410"],
    owasp: &[],
    needs: &[Need::ManyIds, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let many = match lab.plan().profile {
        Profile::Quick => 300,
        Profile::Full => 3_000,
        Profile::Nightly => 30_000,
    };
    lab.must_save("alpha", 0, &case.session)?;
    let checkpoint = lab.checkpoint();
    if !matches!(lab.load("alpha")?, Loaded::Present(_)) {
        return Err(Abort::Ineffective("what was saved did not load".into()));
    }
    let mut saved = 0;
    for n in 0..many {
        match lab.save(&format!("other-{n}"), 1, &case.session)? {
            Ok(()) => saved += 1,
            // It says that it is full: that is right.
            Err(_) => break,
        }
    }
    if saved == 0 {
        return Err(Abort::Ineffective("it keeps no second session".into()));
    }
    lab.rollback(checkpoint);
    let call = format!("save({:?}, …), {saved} sessions", "other-…");
    lab.push(Sent::new("save", call).answered(AnswerEvent::Ok));
    lab.restart()?;
    for (id, which) in [("alpha".to_owned(), "the first"), (format!("other-{}", saved / 2), "one")]
    {
        let loaded = lab.load(&id)?;
        if !matches!(loaded, Loaded::Present(_)) {
            let fact = answer(format!("after {saved} others"), &id, &loaded);
            let sentence = format!("{which} of many sessions was pushed out by later ones");
            lab.report(Violation::new("evicted", sentence).evidence(fact));
        }
    }
    lab.add_note(format!("{saved} sessions beside it"));
    Ok(())
}
