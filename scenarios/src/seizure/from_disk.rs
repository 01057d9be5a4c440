//! What others can read on disk logs nobody in.

use interloper_engine::record::{Action, AttemptKind, Severity};
use interloper_engine::{
    Access, Actor, Case, CaseResult, Check, Jar, Lab, Need, NodeAccess, NodeKind, Principal,
    Scenario, StoredCookie, StoryGuards, Sweep, Violation, unit,
};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::tokens;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "seizure::from_disk",
    sentence: "Nothing that another user of the machine can read in the application's files or in their names logs a browser in.",
    fix: "make the directory of sessions with mode 0700 and its files with 0600, and keep a hash of the id in place of it",
    severity: Severity::High,
    cwe: &["CWE-538", "CWE-276", "CWE-522"],
    owasp: &["ASVS 5.0 14.2.4", "WSTG-SESS-01"],
    needs: &[Need::Application],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut app = lab.app()?;
    app.control()?;
    app.log_in(Actor::Victim)?;
    app.log_in(Actor::Attacker)?;
    let names = app.authenticating(Actor::Attacker)?;
    let own = app.browser(Actor::Attacker);
    let nodes = app.lab().made()?;
    let probed = app.lab().probe(&nodes)?;
    let seized = seize(app.lab(), &probed)?;
    for cookie in own.cookies().iter().filter(|cookie| names.contains(&cookie.name)) {
        let texts: Vec<&[u8]> = seized.iter().map(|one| one.text.as_slice()).collect();
        for (n, value) in tokens::candidates(&texts, &cookie.value) {
            let mut jar = Jar::default();
            jar.plant(StoredCookie { value, ..cookie.clone() });
            let seen = app.keep_if(
                |app| app.who_with(Actor::Attacker, &jar),
                |seen| seen.has(Actor::Victim),
            )?;
            app.lab().count_attempt(AttemptKind::Payload, "a text from disk as a cookie");
            if !seen.has(Actor::Victim) {
                continue;
            }
            let Seized { who, path, how, .. } = &seized[n];
            let sentence = "{who} found the session of a user in the application's files, and is logged in with it";
            let fact = app.lab().probe_evidence(*who, *how, path, None);
            let after = format!("with a text that the {who} read there as the cookie");
            let violation = Violation::new("session-on-disk", sentence).by([*who]);
            let violation = violation.evidence(fact).evidence(seen.evidence(Actor::Victim, &after));
            app.lab().report(violation);
        }
    }
    Ok(())
}

/// A text that somebody else got.
struct Seized {
    who: Principal,
    path: PathBuf,
    how: Action,
    text: Vec<u8>,
}

/// Returns what the others could read: the contents of files, and the names in directories.
fn seize(lab: &Lab<'_>, probed: &[NodeAccess]) -> CaseResult<Vec<Seized>> {
    let mut seized = Vec::new();
    for one in probed.iter().filter(|one| one.node.kind == NodeKind::File) {
        for who in one.who(Access::READ) {
            let (path, how) = (one.node.path.clone(), Action::Read);
            let text = lab.read(&path)?;
            seized.push(Seized { who, path, how, text });
        }
    }
    for (who, path, names) in Lab::names_listed(probed) {
        for name in names {
            let text = name.as_bytes().to_vec();
            seized.push(Seized { who, path: path.clone(), how: Action::List, text });
        }
    }
    Ok(seized)
}
