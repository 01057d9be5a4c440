//! A cookie that the server removes is gone.

use super::support::{ask, control, cookie, sent};
use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Case, CaseResult, Check, Lab, Need, Page, Principal, Scenario, Sweep, Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "clients::deleted",
    sentence: "A cookie that the server has removed is not sent by the next process, and its value is in no file.",
    fix: "take a cookie whose end is in the past out of the jar, and write the jar without it (RFC 6265, section 5.3)",
    severity: Severity::Medium,
    cwe: &["CWE-613"],
    owasp: &["ASVS 5.0 7.4.1"],
    needs: &[Need::Op(Operation::Fetch)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// The ways in which servers remove a cookie.
const REMOVALS: [(&str, &str); 4] = [
    ("Max-Age=0", "max-age"),
    ("Expires=Thu, 01 Jan 1970 00:00:00 GMT", "expires"),
    ("Max-Age=-1", "negative"),
    ("Max-Age=0; Expires=Fri, 01 Jan 2100 00:00:00 GMT", "max-age-first"),
];

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut client = lab.client()?;
    let host = "app.test";
    for (slot, (removal, cause)) in (0..).zip(REMOVALS) {
        client.begin_part();
        client.publish(vec![Page::new(host, "/").set(cookie(&client, slot, "Path=/"))]);
        ask(&mut client, host, "/")?;
        client.publish(Vec::new());
        control(&mut client, host, "/", slot)?;
        let field = format!("session{slot}=gone; {removal}; Path=/");
        client.publish(vec![Page::new(host, "/logout").set(field)]);
        ask(&mut client, host, "/logout")?;
        client.publish(Vec::new());
        let after = format!("after the server removed it with {removal}");
        let fetched = ask(&mut client, host, "/")?;
        if let Some(request) = sent(&client, &fetched, host, slot) {
            let sentence = "a cookie that the server removed is sent again";
            client.report(request, Violation::new(cause, sentence), &after);
            continue;
        }
        client.lab().restart()?;
        let residue = client.lab().residue()?;
        if let Some(found) = residue.iter().find(|residue| residue.slot() == slot) {
            let sentence = "the value of a cookie that the server removed is still in a file";
            let path = client.lab().display_path(&found.path);
            let violation = Violation::new("in-file", sentence).severity(Severity::Low);
            client.lab().report(violation.evidence(format!("{after}, its value is in {path}")));
        }
    }
    Ok(())
}
