//! A server without the right certificate is told nothing.

use super::support::{ask_over_tls, cookie, url_over_tls};
use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Certificate, Check, Lab, Need, Page, Principal, Scenario, Sweep, Violation,
    unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "clients::certificate",
    sentence: "No request is sent to a server whose certificate is for another name, has ended, or is by an authority that the client was not told to trust.",
    fix: "leave the checks of certificates on, name and time included, whatever makes tests easier (RFC 9525)",
    severity: Severity::High,
    cwe: &["CWE-295", "CWE-297", "CWE-298"],
    owasp: &[],
    needs: &[Need::Op(Operation::Fetch)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// Certificates that are wrong, each with what is wrong with it.
const WRONG: [(Certificate, &str, &str); 3] = [
    (
        Certificate::UnknownAuthority,
        "unknown-authority",
        "is by an authority that it was not told to trust",
    ),
    (Certificate::OtherName, "other-name", "is for another name"),
    (Certificate::Expired, "expired", "has ended"),
];

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut client = lab.client()?;
    let host = "app.test";
    let page = Page::new(host, "/").over_tls().set(cookie(&client, 0, "Path=/; Secure"));
    client.publish(vec![page]);
    ask_over_tls(&mut client, host, "/")?;
    for (certificate, cause, what) in WRONG {
        client.present(certificate);
        let fetched = client.get(&url_over_tls(host, "/wrong"))?;
        client.lab().count_step("a request over TLS to a server with a wrong certificate");
        if let Some(request) = fetched.received.iter().find(|request| request.tls) {
            let sentence = format!("a request is sent to a server whose certificate {what}");
            let after = format!("with a certificate that {what}");
            client.report(request, Violation::new(cause, &sentence), &after);
        }
    }
    Ok(())
}
