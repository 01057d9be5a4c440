//! A cookie that has expired is not sent.

use super::support::{ask, control, sent};
use interloper_driver::Operation;
use interloper_engine::record::Severity;
use interloper_engine::{
    Abort, Case, CaseResult, Check, Client, Lab, Need, Page, Principal, Scenario, StoryGuards,
    Sweep, Violation, unit,
};
use interloper_formats::cookie::print_date;

/// See the sentence.
pub static SCENARIO: Scenario = Scenario {
    id: "clients::expired",
    sentence: "A cookie that has expired since it was saved is not sent by a process that loads it.",
    fix: "keep the end of each cookie in the file, as a time and not as a duration, and leave out what has expired at each request",
    severity: Severity::Medium,
    cwe: &["CWE-613"],
    owasp: &[],
    needs: &[Need::Op(Operation::Fetch)],
    sweep: Sweep::Plain,
    run_as: Principal::Owner,
    property: &Check { input: unit, check },
};

/// The time that passes, in seconds: between the ends of the two cookies.
const PASSES: i64 = 7200;

/// Returns whether what moves its clock reaches the client's cookies: a library that is loaded apart may see the old time.
///
/// A server that is as far ahead sets a cookie whose end is past by then, and one whose end is long past. A client that takes the first alone
/// looks at ends, and at another clock.
fn knows_the_time(client: &mut Client<'_, '_>, host: &'static str) -> CaseResult<bool> {
    let (since, long_ago) = (2, 3);
    let until = client.lab().now() - PASSES / 2;
    let of = |client: &Client<'_, '_>, slot, end| {
        format!("session{slot}={}; Path=/; Expires={}", client.secret(slot), print_date(end))
    };
    let page = Page::new(host, "/").set(of(client, since, until)).set(of(client, long_ago, 1));
    client.publish(vec![page]);
    // The dates are of this run: a replay has others.
    let next = client.aside(|client| {
        ask(client, host, "/")?;
        client.publish(Vec::new());
        ask(client, host, "/")
    })?;
    let takes = |slot| sent(client, &next, host, slot).is_some();
    Ok(!takes(since) || takes(long_ago))
}

fn check(lab: &mut Lab<'_>, _: &Case<()>) -> CaseResult<()> {
    let mut client = lab.client()?;
    let host = "app.test";
    let (short, long) = (0, 1);
    let of = |slot, age| format!("session{slot}={}; Path=/; Max-Age={age}", client.secret(slot));
    let page = Page::new(host, "/").set(of(short, PASSES / 2)).set(of(long, 2 * PASSES));
    client.publish(vec![page]);
    ask(&mut client, host, "/")?;
    client.publish(Vec::new());
    control(&mut client, host, "/", short)?;
    client
        .lab()
        .advance_clock(PASSES)?
        .map_err(|failure| Abort::Ineffective(format!("its clock does not move: {failure}")))?;
    let fetched = ask(&mut client, host, "/")?;
    if sent(&client, &fetched, host, long).is_none() {
        let why = "the cookie that has not expired is not sent either";
        return Err(Abort::Ineffective(why.into()));
    }
    if let Some(request) = sent(&client, &fetched, host, short) {
        if !knows_the_time(&mut client, host)? {
            let why = "its clock does not move where it looks at the ends of cookies";
            return Err(Abort::Ineffective(why.into()));
        }
        let after = format!("{PASSES} s after it was set for {} s", PASSES / 2);
        let sentence = "a cookie that has expired is sent";
        client.report(request, Violation::new("expired", sentence), &after);
    }
    Ok(())
}
