//! A Secure cookie is not sent in clear.

use super::support::{NOT_FOLLOWED, ask, cookie, sent};
use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Need, Page, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "clients::secure",
    sentence: "A cookie with Secure is not sent over plain http, by the process that got it or by the next one.",
    fix: "keep Secure with the cookie, through save and load, and send it over https alone (RFC 6265, section 5.4)",
    severity: Severity::High,
    cwe: &["CWE-319"],
    owasp: &[],
    needs: &[Need::Op(Operation::Fetch)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut client = lab.client()?;
    let host = "app.test";
    let (secure, plain) = (0, 1);
    // A client that takes no Secure cookie over plain http has none to send, which is right too (RFC 6265bis, section 5.7, step 8).
    let page = Page::new(host, "/")
        .set(cookie(&client, secure, "Path=/; Secure"))
        .set(cookie(&client, plain, "Path=/"))
        .to("/after");
    client.publish(vec![page]);
    let first = ask(&mut client, host, "/")?;
    let led = first.at(host).any(|request| request.path() == "/after");
    client.publish(Vec::new());
    let next = ask(&mut client, host, "/after")?;
    if sent(&client, &next, host, plain).is_none() {
        let why = "the next request is without the cookie that was set beside the Secure one";
        return Err(Abort::Ineffective(why.into()));
    }
    for (fetched, cause, who) in [
        (&first, "in-clear", "the process that got it"),
        (&next, "in-clear-after-load", "the next process"),
    ] {
        if let Some(request) = sent(&client, fetched, host, secure) {
            let sentence = format!("a Secure cookie is sent over plain http by {who}");
            client.report(
                request,
                Violation::new(cause, &sentence),
                "after it was set with Secure",
            );
        }
    }
    // What the first process would have sent was not seen; what the next one sends was.
    if !led && client.lab().violation_count() == 0 {
        return Err(Abort::Ineffective(NOT_FOLLOWED.into()));
    }
    Ok(())
}
