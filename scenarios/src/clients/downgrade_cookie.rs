//! A Secure cookie of https stays with https.

use super::support::{NOT_FOLLOWED, ask, keep_secure, url};
use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Lab, Need, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "clients::downgrade_cookie",
    sentence: "A cookie with Secure that was set over https is not sent over plain http, neither after a redirect nor by the next process.",
    fix: "keep Secure with the cookie, through save and load, and choose the cookies of each request by its own scheme (RFC 6265, section 5.4)",
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
    let first = keep_secure(&mut client, host, Some(url(host, "/after")))?;
    let next = ask(&mut client, host, "/after")?;
    for (fetched, cause, when) in [
        (&first, "after-redirect", "after a redirect from https"),
        (&next, "after-load", "by the next process"),
    ] {
        let mut in_clear = fetched.received.iter().filter(|request| !request.tls);
        if let Some(request) = in_clear.find(|request| client.has(request, 0)) {
            let sentence = format!("a Secure cookie of https is sent over plain http {when}");
            client.report(
                request,
                Violation::new(cause, &sentence),
                "after https set it with Secure",
            );
        }
    }
    // What would have been sent after a redirect was not seen; what the next process sends was.
    let led = first.received.iter().any(|request| !request.tls);
    if !led && client.lab().violation_count() == 0 {
        return Err(Abort::Ineffective(NOT_FOLLOWED.into()));
    }
    Ok(())
}
