//! Cookies do not follow a redirect to another host.

use super::support::{arrived, ask, control, cookie, sent, url};
use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Need, Page, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "clients::redirect_cookie",
    sentence: "When a host redirects to another one, neither gets the cookies of the other: not those that were kept, nor those that the redirect sets.",
    fix: "choose the cookies anew for each request of a redirect, by its own host, and set none as a header field of the first request",
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
    for (n, (other, cause)) in (0..).zip(TO) {
        let (kept, set, theirs) = (3 * n, 3 * n + 1, 3 * n + 2);
        client.begin_part();
        client.publish(vec![Page::new(host, "/").set(cookie(&client, kept, "Path=/"))]);
        ask(&mut client, host, "/")?;
        client.publish(Vec::new());
        control(&mut client, host, "/", kept)?;
        let go = Page::new(host, "/go").set(cookie(&client, set, "Path=/")).to(url(other, "/"));
        let end = Page::new(other, "/").set(cookie(&client, theirs, "Path=/"));
        client.publish(vec![go, end]);
        let fetched = ask(&mut client, host, "/go")?;
        arrived(&fetched, other)?;
        if sent(&client, &fetched, host, kept).is_none() {
            let why = "the request that was redirected had no cookie";
            return Err(Abort::Ineffective(why.into()));
        }
        for (slot, whose) in [(kept, "that was kept"), (set, "that the redirect set")] {
            if let Some(request) = sent(&client, &fetched, other, slot) {
                let sentence = "a cookie of one host follows a redirect to another";
                let after =
                    format!("after {host} redirected to {other}; the cookie is the one {whose}");
                client.report(request, Violation::new(cause, sentence), &after);
            }
        }
        client.publish(Vec::new());
        let back = ask(&mut client, host, "/")?;
        if let Some(request) = sent(&client, &back, host, theirs) {
            let sentence =
                "a cookie that the target of a redirect set is sent to the host that redirected";
            client.report(
                request,
                Violation::new("set-by-target", sentence),
                &format!("after {other} set it"),
            );
        }
    }
    Ok(())
}
