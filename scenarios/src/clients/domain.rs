//! A cookie with a domain goes to hosts below it alone.

use super::support::{ask, control, cookie, sent};
use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Need, Page, Principal, Scenario, Sweep, Violation, unit,
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

/// The hosts that set a cookie, each with the domain: the host itself, one above it, and one that is written with a dot.
const SET: [(&str, &str); 3] =
    [("app.test", "app.test"), ("a.app.test", "app.test"), ("b.app.test", ".app.test")];

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut client = lab.client()?;
    let mut taken = 0;
    for (n, (host, domain)) in (0..).zip(SET) {
        let (own, wide) = (2 * n, 2 * n + 1);
        client.begin_part();
        let page = Page::new(host, "/").set(cookie(&client, own, "Path=/"));
        let field = cookie(&client, wide, &format!("Path=/; Domain={domain}"));
        client.publish(vec![page.set(field)]);
        ask(&mut client, host, "/")?;
        client.publish(Vec::new());
        let next = control(&mut client, host, "/", own)?;
        // A client may take no cookie for a domain, or none of this form, and has none to send then.
        if sent(&client, &next, host, wide).is_none() {
            continue;
        }
        taken += 1;
        for (other, cause) in OTHERS {
            let fetched = ask(&mut client, other, "/")?;
            if let Some(request) = sent(&client, &fetched, other, wide) {
                let sentence = "a cookie for one domain is sent to a host outside of it";
                let after = format!("after {host} set it for the domain {domain}");
                client.report(request, Violation::new(cause, sentence), &after);
            }
        }
    }
    match taken {
        0 => Err(Abort::Unsupported("its jar takes no cookie for a domain".into())),
        _ => Ok(()),
    }
}
