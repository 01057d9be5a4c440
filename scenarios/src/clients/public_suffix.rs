//! No host sets a cookie for a public suffix.

use super::support::{ask, control, cookie, sent};
use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Page, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "clients::public_suffix",
    sentence: "A cookie whose Domain is a public suffix, such as co.uk, is not sent to the other hosts below it.",
    fix: "refuse a cookie whose Domain is on the list of public suffixes, or keep it for its host alone (RFC 6265, section 5.3, step 5)",
    severity: Severity::Medium,
    cwe: &["CWE-201", "CWE-346"],
    owasp: &[],
    needs: &[Need::Op(Operation::Fetch)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Hosts that set a cookie, the suffix that they set it for, another host below that, and the cause.
const SUFFIXES: [(&str, &str, &str, &str, Severity); 3] = [
    ("app.test", "test", "evil.test", "top-level", Severity::High),
    ("shop.co.uk", "co.uk", "other.co.uk", "registry", Severity::Medium),
    // Below these, whoever runs the domain gives names to others: the second part of the list.
    ("one.github.io", "github.io", "two.github.io", "private", Severity::Low),
];

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut client = lab.client()?;
    for (n, (host, suffix, other, cause, severity)) in (0..).zip(SUFFIXES) {
        client.begin_part();
        let (own, wide) = (2 * n, 2 * n + 1);
        let page = Page::new(host, "/").set(cookie(&client, own, "Path=/")).set(cookie(
            &client,
            wide,
            &format!("Path=/; Domain={suffix}"),
        ));
        client.publish(vec![page]);
        ask(&mut client, host, "/")?;
        client.publish(Vec::new());
        control(&mut client, host, "/", own)?;
        let fetched = ask(&mut client, other, "/")?;
        if let Some(request) = sent(&client, &fetched, other, wide) {
            let sentence =
                "a cookie that was set for a public suffix is sent to another site below it";
            let violation = Violation::new(cause, sentence).severity(severity);
            client.report(request, violation, &format!("after {host} set it for {suffix}"));
        }
    }
    Ok(())
}
