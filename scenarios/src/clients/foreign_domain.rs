//! No host sets a cookie for a domain that it is not in.

use super::support::{ask, control, cookie, sent};
use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Page, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "clients::foreign_domain",
    sentence: "A cookie that a host sets for a domain that it is not in is not kept for that domain.",
    fix: "refuse a cookie whose Domain is neither the host nor above it (RFC 6265, section 5.3, step 6)",
    severity: Severity::Medium,
    cwe: &["CWE-346", "CWE-384"],
    owasp: &[],
    needs: &[Need::Op(Operation::Fetch)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// The hosts that set a cookie, each with a domain that is not theirs and how that is related to them.
const SET: [(&str, &str, &str); 5] = [
    ("evil.test", "app.test", "other-host"),
    ("notapp.test", "app.test", "same-ending"),
    ("app.test.evil.test", "app.test", "same-beginning"),
    ("b.app.test", "a.app.test", "sibling"),
    ("app.test", "a.app.test", "subdomain"),
];

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut client = lab.client()?;
    for (n, (host, domain, cause)) in (0..).zip(SET) {
        client.begin_part();
        let (own, foreign) = (2 * n, 2 * n + 1);
        let page = Page::new(host, "/").set(cookie(&client, own, "Path=/")).set(cookie(
            &client,
            foreign,
            &format!("Path=/; Domain={domain}"),
        ));
        client.publish(vec![page]);
        ask(&mut client, host, "/")?;
        client.publish(Vec::new());
        control(&mut client, host, "/", own)?;
        let fetched = ask(&mut client, domain, "/")?;
        if let Some(request) = sent(&client, &fetched, domain, foreign) {
            let sentence = "a host gets a cookie that another host set for it";
            let after = format!("after {host} set it for the domain {domain}");
            client.report(request, Violation::new(cause, sentence), &after);
        }
    }
    Ok(())
}
