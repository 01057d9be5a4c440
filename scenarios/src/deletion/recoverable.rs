//! A deleted session cannot be asked for.

use interloper_driver::Operation;
use interloper_engine::record::{AttemptKind, Evidence, Severity};
use interloper_engine::{
    Abort, Ask, Case, CaseResult, Check, Door, Lab, Need, Principal, Scenario, Sweep, Violation,
    unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "deletion::recoverable",
    sentence: "After a delete, the server gives no secret that was ever saved under that id to whoever may ask it: not by an undelete, an older version or a log.",
    fix: "delete every version and destroy it (Vault: kv metadata delete; Secrets Manager: ForceDeleteWithoutRecovery), and keep no log of commands with values",
    severity: Severity::Medium,
    cwe: &["CWE-459", "CWE-212"],
    owasp: &["ASVS 5.0 14.2.7", "ASVS 5.0 7.4.1"],
    needs: &[Need::Processes, Need::Op(Operation::Save), Need::Op(Operation::Delete)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// The slots of what is saved first, and of what replaces it.
const SLOTS: [u16; 2] = [0, 1];

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let questions = lab.questions_of_the_owner();
    if questions.is_empty() {
        return Err(Abort::Unsupported("hello names no door, so there is nobody to ask".into()));
    }
    for slot in SLOTS {
        lab.must_save("alpha", slot, &case.session)?;
    }
    lab.expect_variations("questions that are answered before the delete");
    // A question that is not answered while the session is there is answered with nothing afterwards, whatever is kept.
    let mut able = Vec::new();
    for (door, ask) in questions {
        let asked = lab.ask_door(lab.runs(), &door, &ask)?;
        match asked.secrets.is_empty() {
            true => lab.count_untried(&format!(
                "{} gives no secret before the delete ({:?})",
                lab.display_door(&door),
                asked.words
            )),
            false => able.push((door, ask)),
        }
    }
    lab.delete("alpha")?
        .map_err(|failure| Abort::Ineffective(format!("delete was answered with {failure}")))?;
    for (door, ask) in able {
        let asked = lab.ask_door(lab.runs(), &door, &ask)?;
        for secret in &asked.secrets {
            report(lab, &door, &ask, &secret.clause());
        }
        let what = if asked.secrets.is_empty() { "none was given" } else { "a secret was given" };
        lab.count_attempt(AttemptKind::Variation, what);
    }
    Ok(())
}

fn report(lab: &mut Lab<'_>, door: &Door, ask: &Ask, secret: &str) {
    let with = match ask {
        Ask::Bytes(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
        Ask::Program(program) => program.join(" "),
    };
    let fact = Evidence::Asked {
        after: "after the delete".into(),
        principal: lab.runs().to_string(),
        door: lab.display_door(door),
        with,
        secret: secret.to_owned(),
    };
    let sentence = "the server still gives a deleted session to whoever may ask it";
    lab.report(Violation::new("kept-by-the-server", sentence).evidence(fact));
}
