//! A session's file is good for its own id only.

use interloper_driver::{Operation, Promise};
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, Check, Flow, Lab, Loaded, Need, Principal, Scenario, Stop, Sweep, Violation, nothing,
};

use super::written::save_and_see;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "encryption::not_swappable",
    sentence: "Where the files of two encrypted sessions are exchanged, neither id loads the other's session.",
    fix: "make the id, or the name that is made of it, part of what is authenticated: the associated data of the encryption",
    severity: Severity::High,
    cwe: &["CWE-345", "CWE-354"],
    owasp: &["ASVS 5.0 11.3.3"],
    needs: &[
        Need::Promises(Promise::Encrypted),
        Need::Files,
        Need::ManyIds,
        Need::Op(Operation::Save),
        Need::Op(Operation::Load),
    ],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { extra: nothing, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> Flow<()> {
    lab.must_save("alpha", 0, &case.session)?;
    lab.must_save("beta", 1, &case.session)?;
    // Again, now that everything else is there: what is written is the session alone.
    let alpha = save_and_see(lab, "alpha", 0, &case.session)?;
    let beta = save_and_see(lab, "beta", 1, &case.session)?;
    let (Some((of_alpha, first)), Some((of_beta, second))) =
        (alpha.iter().next(), beta.iter().next())
    else {
        return Err(Stop::Refused("no file was found that a save wrote".into()));
    };
    if alpha.len() != 1 || beta.len() != 1 || of_alpha == of_beta {
        return Err(Stop::Unsupported("needs a file for each session".into()));
    }
    lab.overwrite(of_alpha, second)?;
    lab.overwrite(of_beta, first)?;
    let did = format!("exchange {} and {}", lab.short(of_alpha), lab.short(of_beta));
    lab.note(did, "");
    for (id, theirs) in [("alpha", 1), ("beta", 0)] {
        let loaded = match lab.load(id) {
            Err(Stop::Driver(_)) => {
                lab.restart()?;
                continue;
            }
            other => other?,
        };
        let Loaded::Present(session) = loaded else { continue };
        let text = serde_json::to_string(&session).unwrap_or_default();
        if lab.slots_in(&text).contains(&theirs) {
            let sentence = "an encrypted session that was put under another id is loaded there";
            let fact = format!("after the exchange, load({id:?}) answered the other's session");
            lab.violate(Violation::new("others-session", sentence).evidence(fact));
        }
    }
    Ok(())
}
