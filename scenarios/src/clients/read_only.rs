//! A read-only run leaves the session as it is.

use std::path::PathBuf;

use super::support::{ask, control, cookie, sent, url};
use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Fetch, Lab, Need, Page, Principal, Scenario, Sweep, Violation,
    unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "clients::read_only",
    sentence: "A run that is to leave the session as it is sends it, and changes no byte of a file, whatever the answers set.",
    fix: "open the session's file for reading alone, and save nothing at the end",
    severity: Severity::Medium,
    cwe: &["CWE-471"],
    owasp: &[],
    needs: &[Need::Op(Operation::Fetch)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut client = lab.client()?;
    let host = "app.test";
    client.publish(vec![Page::new(host, "/").set(cookie(&client, 0, "Path=/"))]);
    ask(&mut client, host, "/")?;
    client.publish(Vec::new());
    control(&mut client, host, "/", 0)?;
    client.publish(vec![Page::new(host, "/").set(cookie(&client, 1, "Path=/"))]);
    client.lab().restart()?;
    let before = client.lab().snapshot()?;
    let own: Vec<PathBuf> =
        client.lab().files_with_secrets(0)?.into_iter().map(|node| node.path).collect();
    let fetched =
        client.fetch(Fetch { url: url(host, "/"), read_only: true, ..Fetch::default() })?;
    client.lab().restart()?;
    if sent(&client, &fetched, host, 0).is_none() {
        return Err(Abort::Ineffective("the read-only request is without the session".into()));
    }
    let changed = client.lab().snapshot()?.changed_since(&before);
    client.publish(Vec::new());
    let next = ask(&mut client, host, "/")?;
    let kept = sent(&client, &next, host, 1).is_some();
    if !changed.is_empty() {
        // A file without a secret in clear may hold the session all the same: then each may be its own.
        let is_session = kept || own.is_empty() || changed.iter().any(|path| own.contains(path));
        let (cause, severity, sentence) = match is_session {
            true => (
                "written",
                Severity::Medium,
                "a run that was to leave the session as it is changed it",
            ),
            false => (
                "elsewhere",
                Severity::Low,
                "a run that was to leave the session as it is changed other files",
            ),
        };
        let changed: Vec<String> =
            changed.iter().map(|path| client.lab().display_path(path)).collect();
        let fact = format!("after the read-only request: {} changed", changed.join(", "));
        let violation = Violation::new(cause, sentence).severity(severity);
        client.lab().report(violation.evidence(fact));
        return Ok(());
    }
    // An ordinary run does keep what the answer sets: otherwise nothing was shown.
    client.publish(vec![Page::new(host, "/").set(cookie(&client, 1, "Path=/"))]);
    ask(&mut client, host, "/")?;
    control(&mut client, host, "/", 1)?;
    Ok(())
}
