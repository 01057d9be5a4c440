//! A password that a session keeps goes to its host alone.

use super::support::{arrived, ask, sent, url};
use interloper_driver::{Operation, op::Credentials};
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Fetch, Lab, Need, OTHER_PORT, Page, Principal, SITE_PORT,
    Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "clients::bound_to_host",
    sentence: "A password that a session keeps is sent to the host that it was given for, and to no other host or port: not by a later request, and not after a redirect.",
    fix: "keep scheme, host and port with the credentials, and send them there alone",
    severity: Severity::High,
    cwe: &["CWE-522"],
    owasp: &[],
    needs: &[Need::Op(Operation::Fetch)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut client = lab.client()?;
    let (host, other) = ("app.test", "evil.test");
    let auth = Credentials { user: "victim".into(), password: client.secret(0) };
    let fetch = Fetch { url: url(host, "/"), auth: Some(auth), ..Fetch::default() };
    let first = client.fetch(fetch)?;
    arrived(&first, host)?;
    if sent(&client, &first, host, 0).is_none() {
        let why = "the request is without the password that was given for it";
        return Err(Abort::Ineffective(why.into()));
    }
    let next = ask(&mut client, host, "/")?;
    if sent(&client, &next, host, 0).is_none() {
        return Err(Abort::Unsupported("its session keeps no password".into()));
    }
    let elsewhere = ask(&mut client, other, "/")?;
    if let Some(request) = sent(&client, &elsewhere, other, 0) {
        let sentence = "a password that a session keeps for one host is sent to another";
        client.report(
            request,
            Violation::new("any-host", sentence),
            &format!("after it was given for {host}"),
        );
    }
    let beside = client.get(&format!("http://{host}:{OTHER_PORT}/"))?;
    arrived(&beside, host)?;
    if let Some(request) = sent(&client, &beside, host, 0) {
        // Another port is another server, of anybody's who has an account on that host.
        let sentence = "a password that a session keeps for one server is sent to another port";
        let after = format!("after it was given for port {SITE_PORT}");
        let violation = Violation::new("other-port", sentence).severity(Severity::Medium);
        client.report(request, violation, &after);
    }
    client.publish(vec![Page::new(host, "/go").to(url(other, "/end"))]);
    let gone = ask(&mut client, host, "/go")?;
    arrived(&gone, other)?;
    if let Some(request) = sent(&client, &gone, other, 0) {
        let sentence = "a password that a session keeps follows a redirect to another host";
        client.report(
            request,
            Violation::new("redirect", sentence),
            &format!("after {host} redirected to {other}"),
        );
    }
    Ok(())
}
