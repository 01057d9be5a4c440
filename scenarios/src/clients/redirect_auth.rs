//! A password does not follow a redirect to another host or port.

use super::support::{NOT_FOLLOWED, arrived, url};
use interloper_driver::{Operation, op::Credentials};
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Fetch, Lab, Need, OTHER_PORT, Page, Principal, SITE_PORT,
    Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "clients::redirect_auth",
    sentence: "A password that the user gives for one host does not follow a redirect to another host or port.",
    fix: "send Authorization again after a redirect only if scheme, host and port are the same",
    severity: Severity::High,
    cwe: &["CWE-522"],
    owasp: &[],
    needs: &[Need::Op(Operation::Fetch)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Targets of a redirect, what each is as a cause and in words, and how bad it is if the password follows.
const TO: [(&str, u16, &str, &str, Severity); 3] = [
    ("evil.test", SITE_PORT, "other-host", "another host", Severity::High),
    ("a.app.test", SITE_PORT, "subdomain", "a subdomain", Severity::High),
    // Another port is another server, of anybody's who has an account on that host.
    ("app.test", OTHER_PORT, "other-port", "another port of the same host", Severity::Medium),
];

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut client = lab.client()?;
    let host = "app.test";
    for (slot, (other, port, cause, place, severity)) in (0..).zip(TO) {
        client.begin_part();
        client.publish(vec![Page::new(host, "/go").to(format!("http://{other}:{port}/end"))]);
        let auth = Credentials { user: "victim".into(), password: client.secret(slot) };
        let fetch = Fetch { url: url(host, "/go"), auth: Some(auth), ..Fetch::default() };
        let fetched = client.fetch(fetch)?;
        arrived(&fetched, host)?;
        let mut asked = fetched.received.iter().filter(|one| one.path() == "/go");
        if !asked.any(|request| client.has(request, slot)) {
            let why = "the request is without the password that was given for it";
            return Err(Abort::Ineffective(why.into()));
        }
        let mut ends = fetched.at(other).filter(|one| one.port == port && one.path() == "/end");
        let Some(request) = ends.next() else {
            return Err(Abort::Ineffective(NOT_FOLLOWED.into()));
        };
        if client.has(request, slot) {
            let sentence =
                format!("a password that was given for one server follows a redirect to {place}");
            let after = format!("after {host}:{SITE_PORT} redirected to {other}:{port}");
            let violation = Violation::new(cause, sentence).severity(severity);
            client.report(request, violation, &after);
        }
    }
    Ok(())
}
