//! Nobody in clear takes the place of a Secure cookie.

use super::support::{DAY, ask, ask_over_tls, keep_secure, sent};
use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Page, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "clients::secure_overwritten",
    sentence: "An answer over plain http does not replace a cookie with Secure that https has set.",
    fix: "refuse a cookie that plain http sets if a Secure one of that name is there (RFC 6265bis, section 5.7, step 14)",
    severity: Severity::Medium,
    cwe: &["CWE-345", "CWE-384"],
    owasp: &[],
    needs: &[Need::Op(Operation::Fetch)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut client = lab.client()?;
    let host = "app.test";
    let (own, planted) = (0, 1);
    keep_secure(&mut client, host, None)?;
    // The same name, host and path.
    let set = format!("session{own}={}; Max-Age={DAY}; Path=/", client.secret(planted));
    client.publish(vec![Page::new(host, "/").set(set)]);
    ask(&mut client, host, "/")?;
    client.publish(Vec::new());
    let next = ask_over_tls(&mut client, host, "/next")?;
    if let Some(request) = sent(&client, &next, host, planted) {
        let sentence =
            "a Secure cookie is replaced by one that plain http sets, and that is sent over https";
        client.report(
            request,
            Violation::new("replaced", sentence),
            "after plain http set a cookie of the same name",
        );
    }
    Ok(())
}
