//! End of a login in another browser, by the user in this one.

use interloper_engine::record::Severity;
use interloper_engine::{Abort, Actor, App, CaseResult, Jar, Lab, Violation};

/// A way in which a user ends the other logins.
pub(super) struct End {
    /// The word in causes: `alive-after-revocation`.
    pub(super) word: &'static str,
    /// Clause about the user's act, for sentences: `the user ended all sessions`.
    pub(super) done: &'static str,
    /// Act in the second browser.
    pub(super) act: fn(&mut App<'_, '_>) -> CaseResult<()>,
}

/// Logs the victim in twice, ends the logins from the second browser, and sends the cookies of the first.
pub(super) fn check(lab: &mut Lab<'_>, end: &End) -> CaseResult<()> {
    let mut app = lab.app()?;
    app.control()?;
    app.log_in(Actor::Victim)?;
    let stolen = app.browser(Actor::Victim);
    app.give_browser(Actor::Victim, Jar::default());
    app.log_in(Actor::Victim)?;
    if !app.who_with(Actor::Attacker, &stolen)?.is(Actor::Victim) {
        let why = "a second login ended the first: there are no other sessions to end";
        return Err(Abort::Ineffective(why.into()));
    }
    (end.act)(&mut app)?;
    let after = app.who_with(Actor::Attacker, &stolen)?;
    let End { word, done, .. } = end;
    let fact = after.evidence(Actor::Victim, &format!("after {done}, in another browser"));
    if after.is(Actor::Victim) {
        let sentence = format!("the cookies of another browser are still logged in after {done}");
        app.lab().report(Violation::new(format!("alive-after-{word}"), sentence).evidence(fact));
    } else if after.has(Actor::Victim) {
        let sentence =
            format!("the cookies of another browser still show what the user kept after {done}");
        let violation = Violation::new(format!("data-after-{word}"), sentence);
        app.lab().report(violation.severity(Severity::Low).evidence(fact));
    }
    Ok(())
}
