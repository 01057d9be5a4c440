//! A password for https does not go out in clear.

use super::support::{NOT_FOLLOWED, arrived_over_tls, url, url_over_tls};
use interloper_driver::{Operation, op::Credentials};
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Fetch, Lab, Need, Page, Principal, Scenario, Sweep, Violation,
    unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "clients::downgrade_auth",
    sentence: "A password that the user gives for https does not follow a redirect to plain http at the same host.",
    fix: "send Authorization again after a redirect only if scheme, host and port are the same",
    severity: Severity::High,
    cwe: &["CWE-319", "CWE-522"],
    owasp: &[],
    needs: &[Need::Op(Operation::Fetch)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut client = lab.client()?;
    let host = "app.test";
    client.publish(vec![Page::new(host, "/go").over_tls().to(url(host, "/end"))]);
    let auth = Credentials { user: "victim".into(), password: client.secret(0) };
    let fetch = Fetch { url: url_over_tls(host, "/go"), auth: Some(auth), ..Fetch::default() };
    let fetched = client.fetch(fetch)?;
    arrived_over_tls(&fetched, host)?;
    if !fetched.at(host).any(|request| request.tls && client.has(request, 0)) {
        let why = "the request is without the password that was given for it";
        return Err(Abort::Ineffective(why.into()));
    }
    let mut in_clear = fetched.at(host).filter(|request| !request.tls).peekable();
    if in_clear.peek().is_none() {
        return Err(Abort::Ineffective(NOT_FOLLOWED.into()));
    }
    if let Some(request) = in_clear.find(|request| client.has(request, 0)) {
        let sentence =
            "a password that was given for https is sent over plain http after a redirect";
        client.report(
            request,
            Violation::new("in-clear", sentence),
            "after https redirected to plain http",
        );
    }
    Ok(())
}
