//! A cookie without a domain goes back to its host alone.

use super::support::{ask, control, cookie, sent};
use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Page, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "clients::host_only",
    sentence: "A cookie without a Domain is sent to the host that set it, and to no other: no subdomain, parent, sibling, and no host with a similar name.",
    fix: "keep with each cookie that it had no Domain, through save and load, and compare whole host names (RFC 6265, sections 5.3 and 5.4)",
    severity: Severity::High,
    cwe: &["CWE-201"],
    owasp: &[],
    needs: &[Need::Op(Operation::Fetch)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// The hosts that set a cookie, with those that must not get it and how these are related to it.
const HOSTS: [(&str, &[(&str, &str)]); 3] = [
    (
        "app.test",
        &[
            ("a.app.test", "subdomain"),
            ("evil.test", "other-host"),
            ("notapp.test", "similar-name"),
            ("app.test.evil.test", "similar-name"),
        ],
    ),
    (
        "a.app.test",
        &[("app.test", "parent"), ("b.app.test", "sibling"), ("evil.test", "other-host")],
    ),
    ("127.0.2.11", &[("app.test", "other-host")]),
];

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut client = lab.client()?;
    let mut pages = Vec::new();
    for (slot, (host, _)) in (0..).zip(HOSTS) {
        pages.push(Page::new(host, "/").set(cookie(&client, slot, "Path=/")));
    }
    for (slot, (host, others)) in (0..).zip(HOSTS) {
        client.begin_part();
        client.publish(pages.clone());
        ask(&mut client, host, "/")?;
        // The others set nothing: a cookie of the same name would stand in for this one.
        client.publish(Vec::new());
        control(&mut client, host, "/", slot)?;
        for (other, cause) in others {
            let fetched = ask(&mut client, other, "/")?;
            if let Some(request) = sent(&client, &fetched, other, slot) {
                let sentence = "a cookie that was set without a Domain is sent to another host";
                let after = format!("after {host} set it");
                client.report(request, Violation::new(*cause, sentence), &after);
            }
        }
    }
    Ok(())
}
