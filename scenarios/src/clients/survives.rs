//! Saving and loading changes nothing about where a cookie is sent.

use super::support::{NOT_FOLLOWED, ask, cookie, sent, url};
use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Client, Fetched, Lab, Need, Page, Principal, Scenario, Sweep,
    Violation, unit,
};

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "clients::survives",
    sentence: "After a save and a load, each cookie is sent to the same addresses as by the process that got it.",
    fix: "save every attribute of a cookie that decides where it is sent, the absence of a Domain among them, and load it as it was",
    severity: Severity::Medium,
    cwe: &["CWE-201", "CWE-471"],
    owasp: &[],
    needs: &[Need::Op(Operation::Fetch)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// The attributes of the cookies, each with a word for it.
const COOKIES: [(&str, &str); 7] = [
    ("Path=/", "plain"),
    ("Path=/; HttpOnly", "http-only"),
    ("Path=/; Domain=app.test", "domain"),
    ("Path=/after", "path"),
    ("Path=/; SameSite=Strict", "same-site"),
    ("Path=/; Secure", "secure"),
    ("Path=/; Expires=Fri, 01 Jan 2100 00:00:00 GMT", "expires"),
];

/// The addresses that are asked for, in one process and then in one each.
const ADDRESSES: [(&str, &str); 4] = [
    ("app.test", "/after"),
    ("app.test", "/before"),
    ("a.app.test", "/after"),
    ("evil.test", "/after"),
];

/// Has one process led to every address by redirects, from a page on.
fn lead(client: &mut Client<'_, '_>, first: Page) -> CaseResult<Fetched> {
    let mut pages = vec![first.to(url(ADDRESSES[0].0, ADDRESSES[0].1))];
    for pair in ADDRESSES.windows(2) {
        let [(host, path), (next, after)] = pair else { continue };
        pages.push(Page::new(host, path).to(url(next, after)));
    }
    client.publish(pages);
    let led = ask(client, "app.test", "/")?;
    for (host, path) in ADDRESSES {
        if !led.at(host).any(|request| request.path() == path) {
            return Err(Abort::Ineffective(NOT_FOLLOWED.into()));
        }
    }
    client.publish(Vec::new());
    Ok(led)
}

/// Returns the slots of the cookies.
fn slots() -> impl Iterator<Item = u16> {
    (0..).zip(COOKIES).map(|(slot, _)| slot)
}

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut client = lab.client()?;
    let mut first = Page::new("app.test", "/");
    for (slot, (attributes, _)) in (0..).zip(COOKIES) {
        first = first.set(cookie(&client, slot, attributes));
    }
    let mut led = lead(&mut client, first)?;
    // A client may take cookies at the end of the redirects alone. Then the process that loads them first is compared with those after it.
    if !led.received.iter().any(|request| slots().any(|slot| client.has(request, slot))) {
        led = lead(&mut client, Page::new("app.test", "/"))?;
    }
    let mut effective = false;
    for (host, path) in ADDRESSES {
        let alone = ask(&mut client, host, path)?;
        for (slot, (attributes, word)) in (0..).zip(COOKIES) {
            let mut before = led.at(host).filter(|request| request.path() == path);
            let before = before.any(|request| client.has(request, slot));
            let after = sent(&client, &alone, host, slot);
            effective |= before && after.is_some();
            let sentence = match (before, after.is_some()) {
                // A client may keep a session for each host: elsewhere than where it was set, a cookie need not be known.
                (true, false) if host == "app.test" => {
                    "a cookie is not sent any more after a save and a load"
                }
                (false, true) => "a cookie is sent to more addresses after a save and a load",
                _ => continue,
            };
            let Some(request) = after.or_else(|| alone.at(host).next()) else { continue };
            let (cause, severity) = match before {
                true => (format!("lost-{word}"), Severity::Low),
                false => (format!("gained-{word}"), Severity::Medium),
            };
            let violation = Violation::new(cause, sentence).severity(severity);
            let after = format!("after it was set with {attributes}");
            client.report(request, violation, &after);
        }
    }
    match effective || client.lab().violation_count() > 0 {
        true => Ok(()),
        false => Err(Abort::Ineffective("no cookie is sent, before or after".into())),
    }
}
