//! The store chooses the ids that it gives.

use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Loaded, Need, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "identifiers::requested_not_adopted",
    sentence: "A new session never gets the id that its client asked for, whatever that looks like, and a session that is there changes its id when it is to: who chooses an id knows it (session fixation).",
    fix: "ignore the id of a request when a session is made, and draw a new one; take an id from outside only to look up a session that exists",
    severity: Severity::High,
    cwe: &["CWE-384"],
    owasp: &["ASVS 5.0 7.2.4", "WSTG-SESS-03"],
    needs: &[Need::Op(Operation::Create), Need::Op(Operation::Load)],
    sweep: Sweep::One,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, case: &Case<()>) -> CaseResult<()> {
    let given = match lab.create(None, 0, &case.session)? {
        Ok(id) => id,
        Err(failure) => {
            return Err(Abort::Ineffective(format!("create was answered with {failure}")));
        }
    };
    // One that is no id of this store's, one that looks like its own, and one that is somebody's.
    let mut requests = vec![("a word", lab.formed_id("wanted")), (LIVE, given.clone())];
    requests.extend(look_alike(&given).map(|id| ("one that looks like the store's own", id)));
    if lab.hello().can_do(Operation::Delete)
        && let Ok(gone) = lab.create(None, 1, &case.session)?
        && lab.delete(&gone)?.is_ok()
    {
        requests.push(("one that was deleted", gone));
    }
    for ((kind, requested), slot) in requests.into_iter().zip(2..) {
        let Ok(id) = lab.create(Some(&requested), slot, &case.session)? else { continue };
        if id == requested && kind == LIVE {
            in_live_session(lab, &id)?;
            continue;
        }
        if id == requested {
            let sentence = "a new session got the id that was asked for";
            let fact = format!("the id asked for was {kind}");
            lab.report(Violation::new("adopted", sentence).evidence(fact));
            continue;
        }
        let Loaded::Present(session) = lab.load(&requested)? else { continue };
        if lab.slots_of(&session).contains(&slot) {
            let sentence = "a new session got an id of its own, and loads under the one that was asked for too";
            let fact = format!("the id asked for was {kind}");
            lab.report(Violation::new("adopted-too", sentence).evidence(fact));
        }
    }
    Ok(())
}

/// Kind of an id whose session is there.
const LIVE: &str = "one of another session";

/// Reports a client that asked for the id of a live session, and is in that session: so does any framework, and the client knew the id.
/// Fixation is to keep that id when the session gets another owner: where the store rotates, this is tried.
fn in_live_session(lab: &mut Lab<'_>, id: &str) -> CaseResult<()> {
    if !lab.hello().can_do(Operation::Rotate) {
        let sentence =
            "a request with the id of a live session is in that session; change the id at login";
        let fact = "the store has no rotate, which would change it";
        let violation = Violation::new("joins-live-session", sentence).severity(Severity::Info);
        lab.report(violation.evidence(fact));
        return Ok(());
    }
    if lab.rotate(id)?.is_ok_and(|new| new == id) {
        let sentence = "a session keeps the id that its client asked for when its id is to change";
        let fact = "create answered the id asked for, and rotate answered it again";
        lab.report(Violation::new("kept-at-login", sentence).evidence(fact));
    }
    Ok(())
}

/// Returns an id of the same form: one character is another of its kind.
fn look_alike(id: &str) -> Option<String> {
    let (at, from) = id.char_indices().rfind(|(_, c)| c.is_ascii_alphanumeric())?;
    let to = match from {
        '1' => '2',
        '0'..='9' => '1',
        'a' => 'b',
        'a'..='z' => 'a',
        'A' => 'B',
        _ => 'A',
    };
    Some(format!("{}{to}{}", &id[..at], &id[at + from.len_utf8()..]))
}

#[cfg(test)]
mod tests {
    use super::look_alike;

    #[test]
    fn another_id_of_the_same_form() {
        assert_eq!(look_alike("sess_0af="), Some("sess_0aa=".into()));
        assert_eq!(look_alike("11"), Some("12".into()));
        assert_eq!(look_alike("é-"), None);
    }
}
