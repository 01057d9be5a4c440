//! A read-only run leaves the session as it is.

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
    let (tree, before) = (client.lab().tree()?, client.lab().snapshot()?);
    let fetched =
        client.fetch(Fetch { url: url(host, "/"), read_only: true, ..Fetch::default() })?;
    client.lab().restart()?;
    if sent(&client, &fetched, host, 0).is_none() {
        return Err(Abort::Ineffective("the read-only request is without the session".into()));
    }
    if !client.lab().snapshot()?.same_as(&before) {
        let now = client.lab().tree()?;
        let changed: Vec<String> =
            now.changed_since(&tree).map(|node| client.lab().display_path(&node.path)).collect();
        let sentence = "a run that was to leave the session as it is changed files";
        let fact = format!("after the read-only request: {} changed", changed.join(", "));
        client.lab().report(Violation::new("written", sentence).evidence(fact));
        return Ok(());
    }
    // An ordinary run does keep what the answer sets: otherwise nothing was shown.
    ask(&mut client, host, "/")?;
    control(&mut client, host, "/", 1)
}
