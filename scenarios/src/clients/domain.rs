//! A cookie with a domain goes to hosts below it alone.

use super::support::{ask, control, cookie, report, sent};
use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Page, Principal, Scenario, Sweep, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "clients::domain",
    sentence: "A cookie with a Domain is sent to that host and those below it, and to none whose name ends or begins with the same letters.",
    fix: "compare host names label by label: the same name, or one that ends with a dot and the domain (RFC 6265, section 5.1.3)",
    severity: Severity::High,
    cwe: &["CWE-201"],
    owasp: &[],
    needs: &[Need::Op(Operation::Fetch)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// The hosts that must not get a cookie of `app.test`'s, with how they are related to it.
const OTHERS: [(&str, &str); 3] = [
    ("notapp.test", "same-ending"),
    ("app.test.evil.test", "same-beginning"),
    ("evil.test", "other-host"),
];

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut client = lab.client()?;
    // A domain that is the host itself, one above it, and one that is written with a dot.
    for (slot, host, domain) in
        [(0, "app.test", "app.test"), (1, "a.app.test", "app.test"), (2, "b.app.test", ".app.test")]
    {
        let field = cookie(&client, slot, &format!("Path=/; Domain={domain}"));
        client.publish(vec![Page::new(host, "/").set(field)]);
        ask(&mut client, host, "/")?;
        client.publish(Vec::new());
        control(&mut client, host, "/", slot)?;
        for (other, cause) in OTHERS {
            let fetched = ask(&mut client, other, "/")?;
            if let Some(request) = sent(&client, &fetched, other, slot) {
                let sentence = "a cookie for one domain is sent to a host outside of it";
                let after = format!("after {host} set it for the domain {domain}");
                report(&mut client, request, cause, sentence, &after);
            }
        }
    }
    Ok(())
}
