//! A cookie with a path goes to what is below that path alone.

use super::support::{ask, control, cookie, sent};
use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Page, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "clients::path",
    sentence: "A cookie with the path /app is sent with requests for /app and below, and with none for /application or /.",
    fix: "compare paths piece by piece: the same, or one that goes on with a slash after the cookie's (RFC 6265, section 5.1.4)",
    severity: Severity::Low,
    cwe: &["CWE-201"],
    owasp: &[],
    needs: &[Need::Op(Operation::Fetch)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// The paths that a cookie for /app must not be sent to, with how they are related to it.
const OTHERS: [(&str, &str); 4] = [
    ("/application", "same-beginning"),
    ("/app2/x", "same-beginning"),
    ("/", "above"),
    ("/APP", "other-case"),
];

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut client = lab.client()?;
    let host = "app.test";
    // With the attribute, and with the path that follows from the address without it (section 5.1.4).
    for (slot, attribute) in [(0, "Path=/app"), (1, "SameSite=Lax")] {
        client.begin_part();
        let field = cookie(&client, slot, attribute);
        client.publish(vec![Page::new(host, "/app/login").set(field)]);
        ask(&mut client, host, "/app/login")?;
        client.publish(Vec::new());
        control(&mut client, host, "/app/x", slot)?;
        for (path, cause) in OTHERS {
            let fetched = ask(&mut client, host, path)?;
            if let Some(request) = sent(&client, &fetched, host, slot) {
                let cause = if slot == 0 { cause } else { "default-path" };
                let sentence = "a cookie for one path is sent to another";
                let after = format!("after /app/login set it with {attribute}");
                client.report(request, Violation::new(cause, sentence), &after);
            }
        }
    }
    Ok(())
}
