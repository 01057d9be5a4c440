//! A cookie that the user gives for one request does not follow a redirect to another host.

use super::support::{arrived, ask, sent, url};
use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Fetch, Lab, Need, Page, Principal, Scenario, Sweep, Violation,
    unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "clients::given_cookie",
    sentence: "A cookie that the user gives with a request goes to the host of that request: not to the host that it redirects to, nor to any host in a later request.",
    fix: "keep a cookie that is given by hand for the host of the request, or leave it out after a redirect",
    severity: Severity::High,
    cwe: &["CWE-201"],
    owasp: &[],
    needs: &[Need::Op(Operation::Fetch)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Targets of a redirect.
const TO: [(&str, &str); 2] = [("evil.test", "other-host"), ("a.app.test", "subdomain")];

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut client = lab.client()?;
    let host = "app.test";
    for (slot, (other, cause)) in (0..).zip(TO) {
        client.begin_part();
        client.publish(vec![Page::new(host, "/go").to(url(other, "/"))]);
        let cookie = format!("given{slot}={}", client.secret(slot));
        let fetch = Fetch { url: url(host, "/go"), cookie: Some(cookie), ..Fetch::default() };
        let fetched = client.fetch(fetch)?;
        arrived(&fetched, host)?;
        if sent(&client, &fetched, host, slot).is_none() {
            let why = "the request is without the cookie that was given for it";
            return Err(Abort::Ineffective(why.into()));
        }
        arrived(&fetched, other)?;
        if let Some(request) = sent(&client, &fetched, other, slot) {
            let sentence = "a cookie that was given for one host follows a redirect to another";
            let after = format!("after {host} redirected to {other}");
            client.report(request, Violation::new(cause, sentence), &after);
        }
        client.publish(Vec::new());
        let later = ask(&mut client, "notapp.test", "/")?;
        if let Some(request) = sent(&client, &later, "notapp.test", slot) {
            let sentence =
                "a cookie that was given for one host is sent to another by a later request";
            client.report(
                request,
                Violation::new("kept-for-all", sentence),
                &format!("after it was given for {host}"),
            );
        }
    }
    Ok(())
}
