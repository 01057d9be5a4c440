//! The files of two sessions change places.

use interloper_driver::{Operation, Promise};
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, Check, Flow, Lab, Loaded, Need, NodeKind, Principal, Scenario, Stop, Sweep, Violation,
    nothing,
};

use crate::support::try_load;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "corruption::swapped",
    sentence: "Where the files of two sessions have changed places, neither is answered for the other.",
    fix: "bind the contents to the id: put the id under the signature, or into the associated data of the encryption",
    severity: Severity::Low,
    cwe: &["CWE-345", "CWE-639"],
    owasp: &["ASVS 5.0 16.5.3"],
    needs: &[Need::Files, Need::ManyIds, Need::Op(Operation::Save), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { extra: nothing, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> Flow<()> {
    // What the store makes once is there before.
    lab.must_save("first", 9, &case.session)?;
    lab.finish_store()?;
    let mut files = Vec::new();
    for (id, slot) in [("alpha", 0), ("beta", 1)] {
        let before = lab.tree()?;
        lab.must_save(id, slot, &case.session)?;
        lab.finish_store()?;
        let after = lab.tree()?;
        let made = after.new_since(&before).filter(|node| node.kind == NodeKind::File);
        files.push(made.map(|node| node.path.clone()).collect::<Vec<_>>());
    }
    if files[0].len() != 1 || files[1].len() != 1 {
        return Err(Stop::Unsupported("needs a store that keeps each session in one file".into()));
    }
    let (alpha, beta) = (&files[0][0], &files[1][0]);
    let contents = [lab.read(alpha)?, lab.read(beta)?];
    lab.overwrite(alpha, &contents[1])?;
    lab.overwrite(beta, &contents[0])?;
    lab.note(format!("{} and {} change places", lab.short(alpha), lab.short(beta)), "");
    for (id, own) in [("alpha", 0), ("beta", 1)] {
        let Ok(Loaded::Present(session)) = try_load(lab, id)? else { continue };
        let slots = lab.slots_in(&serde_json::to_string(&session).unwrap_or_default());
        if slots.iter().any(|slot| *slot != own) {
            // Who may write to the files can do so anyway, where nothing was promised.
            let promised = lab.hello().promises.contains(&Promise::Encrypted);
            let severity = if promised { Severity::High } else { Severity::Low };
            let fact = format!("load({id:?}) answered the other session");
            let sentence = "a session was answered with what was saved as another";
            lab.violate(Violation::new("others-data", sentence).severity(severity).evidence(fact));
        }
    }
    Ok(())
}
